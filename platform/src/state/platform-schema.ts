import { type SchemaModule, sql } from 'kysely'
import { oneOf, zeroOrOne } from './column-check.ts'

/** Keys and invitations, with their secrets as hashes. */
export function credentialTables(schema: SchemaModule) {
  return [...keyTable(schema), ...invitationTable(schema)]
}

function keyTable(schema: SchemaModule) {
  return [
    schema
      .createTable('keys')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('user_id', 'text', column => column.notNull())
      .addColumn('label', 'text', column => column.notNull())
      .addColumn('hash', 'text', column => column.notNull().unique())
      .addColumn('prefix', 'text', column => column.notNull())
      .addColumn('project', 'text', column => column.notNull())
      .addColumn('only_project', 'integer', column => column.notNull())
      .addColumn('need', 'text', column => column.notNull())
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addColumn('expires_at', 'bigint')
      .addColumn('last_used_at', 'bigint')
      .addColumn('revoked_at', 'bigint')
      .addCheckConstraint('keys_only_project', zeroOrOne('only_project'))
      .addCheckConstraint('keys_need', oneOf('need', ['read', 'write', 'admin']))
      .addCheckConstraint('keys_hash', sql`length(hash) = 64`),
    schema.createIndex('keys_user').on('keys').columns(['user_id', 'id']),
  ]
}

function invitationTable(schema: SchemaModule) {
  return [
    schema
      .createTable('invitations')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('user_id', 'text', column => column.notNull())
      .addColumn('hash', 'text', column => column.notNull().unique())
      .addColumn('project', 'text', column => column.notNull())
      .addColumn('project_role', 'text', column => column.notNull())
      .addColumn('expires_at', 'bigint', column => column.notNull())
      .addColumn('redeemed_at', 'bigint')
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addCheckConstraint('invitations_role', oneOf('project_role', ['admin', 'editor', 'viewer']))
      .addCheckConstraint('invitations_hash', sql`length(hash) = 64`),
    schema
      .createIndex('invitations_open')
      .on('invitations')
      .column('user_id')
      .where(sql.ref('redeemed_at'), 'is', sql`null`),
  ]
}

/** One row: what this installation is called among those that share a library. */
export function installationTable(schema: SchemaModule) {
  return [
    schema
      .createTable('installation')
      .addColumn('one', 'integer', column => column.primaryKey())
      .addColumn('node_id', 'text', column => column.notNull())
      .addCheckConstraint('installation_one', sql`one = 1`),
  ]
}

/** Codes that confirm votes, for as long as the votes wait. */
export function voteCodeTable(schema: SchemaModule) {
  return [
    schema
      .createTable('vote_codes')
      .addColumn('vote_id', 'text', column => column.primaryKey())
      .addColumn('code', 'text', column => column.notNull()),
  ]
}

export function datasetSchemaTable(schema: SchemaModule) {
  return [
    schema
      .createTable('dataset_schemas')
      .addColumn('project', 'text', column => column.notNull())
      .addColumn('dataset', 'text', column => column.notNull())
      .addColumn('version', 'integer', column => column.notNull())
      .addColumn('fields', 'text', column => column.notNull())
      .addColumn('at', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('dataset_schemas_pk', ['project', 'dataset', 'version']),
  ]
}

/** Webhooks with what they are to be sent, and how far people have read their inbox. */
export function notificationTables(schema: SchemaModule) {
  return [...webhookTables(schema), inboxTable(schema)]
}

function webhookTables(schema: SchemaModule) {
  return [
    schema
      .createTable('webhooks')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('project', 'text', column => column.notNull())
      .addColumn('url', 'text', column => column.notNull())
      .addColumn('types', 'text', column => column.notNull())
      .addColumn('secret', 'text', column => column.notNull())
      .addColumn('failures', 'integer', column => column.notNull())
      .addColumn('disabled_at', 'bigint')
      .addColumn('created_by', 'text', column => column.notNull())
      .addColumn('created_at', 'bigint', column => column.notNull()),
    schema.createIndex('webhooks_project').on('webhooks').columns(['project', 'id']),
    schema
      .createTable('webhook_deliveries')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('webhook_id', 'text', column => column.notNull().references('webhooks.id'))
      .addColumn('event', 'text', column => column.notNull())
      .addColumn('type', 'text', column => column.notNull())
      .addColumn('subject', 'text', column => column.notNull())
      .addColumn('body', 'text', column => column.notNull())
      .addColumn('state', 'text', column => column.notNull())
      .addColumn('attempts', 'integer', column => column.notNull())
      .addColumn('status', 'integer')
      .addColumn('problem', 'text')
      .addColumn('next_at', 'bigint')
      .addColumn('at', 'bigint', column => column.notNull())
      .addUniqueConstraint('webhook_deliveries_once', ['webhook_id', 'event'])
      .addCheckConstraint('webhook_deliveries_state', oneOf('state', ['waiting', 'delivered', 'dead'])),
    schema
      .createIndex('webhook_deliveries_due')
      .on('webhook_deliveries')
      .column('next_at')
      .where(sql.ref('state'), '=', sql.lit('waiting')),
    schema
      .createTable('webhook_positions')
      .addColumn('file', 'text', column => column.primaryKey())
      .addColumn('position', 'integer', column => column.notNull()),
  ]
}

function inboxTable(schema: SchemaModule) {
  return schema
    .createTable('inbox_marks')
    .addColumn('user_id', 'text', column => column.primaryKey())
    .addColumn('seen', 'text', column => column.notNull())
}

/** Suggestions that somebody has put away for everybody in a project. */
export function dismissalTable(schema: SchemaModule) {
  return [
    schema
      .createTable('learning_dismissals')
      .addColumn('project', 'text', column => column.notNull())
      .addColumn('suggestion', 'text', column => column.notNull())
      .addColumn('user_id', 'text', column => column.notNull())
      .addColumn('at', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('learning_dismissals_pk', ['project', 'suggestion']),
  ]
}

export function datasetMigrationTable(schema: SchemaModule) {
  return [
    schema
      .createTable('dataset_migrations')
      .addColumn('project', 'text', column => column.notNull())
      .addColumn('dataset', 'text', column => column.notNull())
      .addColumn('from_version', 'integer', column => column.notNull())
      .addColumn('to_version', 'integer', column => column.notNull())
      .addColumn('program', 'text', column => column.notNull())
      .addColumn('user_name', 'text', column => column.notNull())
      .addColumn('at', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('dataset_migrations_pk', ['project', 'dataset', 'from_version', 'to_version']),
  ]
}
