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
