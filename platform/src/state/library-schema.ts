import { type SchemaModule, sql } from 'kysely'
import { oneOf, zeroOrOne } from './column-check.ts'

/** People, projects and who belongs where. */
export function peopleTables(schema: SchemaModule) {
  return [
    schema
      .createTable('users')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('name', 'text', column => column.notNull())
      .addColumn('email', 'text')
      .addColumn('role', 'text', column => column.notNull())
      .addColumn('state', 'text', column => column.notNull())
      .addColumn('issuer', 'text')
      .addColumn('subject', 'text')
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addCheckConstraint('users_role', oneOf('role', ['owner', 'admin', 'user']))
      .addCheckConstraint('users_state', oneOf('state', ['invited', 'active', 'disabled']))
      .addCheckConstraint('users_token', sql`(issuer is null) = (subject is null)`),
    schema.createIndex('users_name').on('users').expression(sql`lower(name)`).unique(),
    schema
      .createIndex('users_token')
      .on('users')
      .columns(['issuer', 'subject'])
      .unique()
      .where(sql.ref('issuer'), 'is not', sql`null`),
    schema
      .createTable('projects')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('name', 'text', column => column.notNull().unique())
      .addColumn('description', 'text', column => column.notNull())
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addCheckConstraint('projects_name', sql`name = lower(name)`),
    schema
      .createTable('memberships')
      .addColumn('project_id', 'text', column => column.notNull().references('projects.id'))
      .addColumn('user_id', 'text', column => column.notNull().references('users.id'))
      .addColumn('role', 'text', column => column.notNull())
      .addColumn('since', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('memberships_pk', ['project_id', 'user_id'])
      .addCheckConstraint('memberships_role', oneOf('role', ['admin', 'editor', 'viewer'])),
    schema.createIndex('memberships_user').on('memberships').column('user_id'),
    schema
      .createTable('markers')
      .addColumn('name', 'text', column => column.primaryKey())
      .addColumn('at', 'bigint', column => column.notNull()),
  ]
}

export function functionTables(schema: SchemaModule) {
  return [
    schema
      .createTable('functions')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('project_id', 'text', column => column.notNull().references('projects.id'))
      .addColumn('name', 'text', column => column.notNull())
      .addColumn('arity', 'integer', column => column.notNull())
      .addColumn('version', 'integer', column => column.notNull())
      .addColumn('active', 'integer', column => column.notNull())
      .addColumn('created_by', 'text', column => column.notNull().references('users.id'))
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addUniqueConstraint('functions_name', ['project_id', 'name', 'arity'])
      .addCheckConstraint('functions_arity', sql`arity >= 0`)
      .addCheckConstraint('functions_version', sql`version >= 1`)
      .addCheckConstraint('functions_active', zeroOrOne('active')),
    schema
      .createTable('function_versions')
      .addColumn('function_id', 'text', column => column.notNull().references('functions.id'))
      .addColumn('version', 'integer', column => column.notNull())
      .addColumn('definition', 'text', column => column.notNull())
      .addColumn('description', 'text', column => column.notNull())
      .addColumn('hash', 'text', column => column.notNull())
      .addColumn('uses', 'text', column => column.notNull())
      .addColumn('created_by', 'text', column => column.notNull().references('users.id'))
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('function_versions_pk', ['function_id', 'version'])
      .addCheckConstraint('function_versions_version', sql`version >= 1`),
  ]
}

export function toolTables(schema: SchemaModule) {
  return [toolTable(schema), ...toolVersionTable(schema), ...voteTable(schema)]
}

function toolTable(schema: SchemaModule) {
  return schema
    .createTable('tools')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('project_id', 'text', column => column.notNull().references('projects.id'))
    .addColumn('name', 'text', column => column.notNull())
    .addColumn('version', 'integer', column => column.notNull())
    .addColumn('approved_version', 'integer')
    .addColumn('disabled_at', 'bigint')
    .addColumn('origin', 'text', column => column.notNull())
    .addColumn('created_by', 'text', column => column.notNull().references('users.id'))
    .addColumn('created_at', 'bigint', column => column.notNull())
    .addUniqueConstraint('tools_name', ['project_id', 'name'])
    .addCheckConstraint('tools_name_case', sql`name = lower(name)`)
    .addCheckConstraint('tools_origin', oneOf('origin', ['yaml', 'learned', 'manual']))
    .addCheckConstraint('tools_version', sql`version >= 1`)
    .addCheckConstraint('tools_approved', sql`approved_version is null or approved_version between 1 and version`)
}

function toolVersionTable(schema: SchemaModule) {
  return [
    schema
      .createTable('tool_versions')
      .addColumn('tool_id', 'text', column => column.notNull().references('tools.id'))
      .addColumn('version', 'integer', column => column.notNull())
      .addColumn('definition', 'text', column => column.notNull())
      .addColumn('functions', 'text', column => column.notNull())
      .addColumn('hash', 'text', column => column.notNull())
      .addColumn('state', 'text', column => column.notNull().defaultTo('draft'))
      .addColumn('justification', 'text', column => column.notNull())
      .addColumn('review', 'text')
      .addColumn('votes_needed', 'integer', column => column.notNull())
      .addColumn('submitted_at', 'bigint')
      .addColumn('expires_at', 'bigint')
      .addColumn('decided_at', 'bigint')
      .addColumn('created_by', 'text', column => column.notNull().references('users.id'))
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('tool_versions_pk', ['tool_id', 'version'])
      .addCheckConstraint(
        'tool_versions_state',
        oneOf('state', ['draft', 'pending', 'approved', 'rejected', 'expired']),
      )
      .addCheckConstraint('tool_versions_review', oneOf('review', ['none', 'votes', 'import']))
      .addCheckConstraint('tool_versions_votes', sql`votes_needed >= 0`),
    // Looked through for deadlines that passed; few rows are ever pending at once.
    schema
      .createIndex('tool_versions_pending')
      .on('tool_versions')
      .column('expires_at')
      .where(sql.ref('state'), '=', sql.lit('pending')),
  ]
}

function voteTable(schema: SchemaModule) {
  return [
    schema
      .createTable('votes')
      .addColumn('tool_id', 'text', column => column.notNull().references('tools.id'))
      .addColumn('hash', 'text', column => column.notNull())
      .addColumn('user_id', 'text', column => column.notNull().references('users.id'))
      .addColumn('vote', 'text', column => column.notNull())
      .addColumn('comment', 'text', column => column.notNull())
      .addColumn('at', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('votes_pk', ['tool_id', 'hash', 'user_id'])
      .addCheckConstraint('votes_vote', oneOf('vote', ['approve', 'reject'])),
    schema.createIndex('votes_user').on('votes').column('user_id'),
  ]
}
