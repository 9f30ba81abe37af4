import type { SqlStep } from '@super-data/metadata'
import { type SchemaModule, sql } from 'kysely'
import { oneOf, zeroOrOne } from './column-check.ts'

/** People, projects and who belongs where. */
export function peopleTables(schema: SchemaModule) {
  return [...userTables(schema), ...projectTables(schema), ...localTables(schema)]
}

function userTables(schema: SchemaModule) {
  return [
    schema
      .createTable('users')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('wanted_name', 'text', column => column.notNull())
      .addColumn('email', 'text')
      .addColumn('issuer', 'text')
      .addColumn('subject', 'text')
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addColumn('stamp', 'text', column => column.notNull())
      .addColumn('name', 'text', column => column.notNull().defaultTo(''))
      .addColumn('role', 'text', column => column.notNull().defaultTo('user'))
      .addColumn('state', 'text', column => column.notNull().defaultTo('disabled'))
      .addCheckConstraint('users_role', oneOf('role', ['owner', 'admin', 'user']))
      .addCheckConstraint('users_state', oneOf('state', ['invited', 'active', 'disabled']))
      .addCheckConstraint('users_token', sql`(issuer is null) = (subject is null)`),
    schema
      .createIndex('users_name')
      .on('users')
      .expression(sql`lower(name)`)
      .unique()
      .where(sql.ref('name'), '<>', sql.lit('')),
    schema.createIndex('users_token').on('users').columns(['issuer', 'subject']),
    schema.createIndex('users_stamp').on('users').column('stamp'),
    schema
      .createTable('user_changes')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('user_id', 'text', column => column.notNull().references('users.id'))
      .addColumn('role', 'text', column => column.notNull())
      .addColumn('state', 'text', column => column.notNull())
      .addColumn('changed_by', 'text')
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('stamp', 'text', column => column.notNull())
      .addCheckConstraint('user_changes_role', oneOf('role', ['owner', 'admin', 'user']))
      .addCheckConstraint('user_changes_state', oneOf('state', ['invited', 'active', 'disabled'])),
    schema.createIndex('user_changes_user').on('user_changes').columns(['user_id', 'stamp']),
    schema.createIndex('user_changes_stamp').on('user_changes').column('stamp'),
  ]
}

function projectTables(schema: SchemaModule) {
  return [
    schema
      .createTable('projects')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('name', 'text', column => column.notNull().unique())
      .addColumn('description', 'text', column => column.notNull())
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addColumn('stamp', 'text', column => column.notNull())
      .addCheckConstraint('projects_name', sql`name = lower(name)`),
    schema.createIndex('projects_stamp').on('projects').column('stamp'),
    schema
      .createTable('member_changes')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('project_id', 'text', column => column.notNull().references('projects.id'))
      .addColumn('user_id', 'text', column => column.notNull().references('users.id'))
      .addColumn('role', 'text')
      .addColumn('changed_by', 'text')
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('stamp', 'text', column => column.notNull())
      .addCheckConstraint('member_changes_role', oneOf('role', ['admin', 'editor', 'viewer'])),
    schema.createIndex('member_changes_project').on('member_changes').columns(['project_id', 'stamp']),
    schema.createIndex('member_changes_stamp').on('member_changes').column('stamp'),
    schema
      .createTable('memberships')
      .addColumn('project_id', 'text', column => column.notNull().references('projects.id'))
      .addColumn('user_id', 'text', column => column.notNull().references('users.id'))
      .addColumn('role', 'text', column => column.notNull())
      .addColumn('since', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('memberships_pk', ['project_id', 'user_id'])
      .addCheckConstraint('memberships_role', oneOf('role', ['admin', 'editor', 'viewer'])),
    schema.createIndex('memberships_user').on('memberships').column('user_id'),
  ]
}

function localTables(schema: SchemaModule) {
  return [
    schema
      .createTable('markers')
      .addColumn('name', 'text', column => column.primaryKey())
      .addColumn('at', 'bigint', column => column.notNull()),
    schema
      .createTable('last_stamp')
      .addColumn('one', 'integer', column => column.primaryKey())
      .addColumn('stamp', 'text', column => column.notNull())
      .addCheckConstraint('last_stamp_one', sql`one = 1`),
  ]
}

/** Functions and tools: what is named, and what became of it. */
export function ownerTables(schema: SchemaModule) {
  return [
    schema
      .createTable('functions')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('project_id', 'text', column => column.notNull().references('projects.id'))
      .addColumn('name', 'text', column => column.notNull())
      .addColumn('arity', 'integer', column => column.notNull())
      .addColumn('created_by', 'text', column => column.notNull().references('users.id'))
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addColumn('stamp', 'text', column => column.notNull())
      .addColumn('version', 'integer', column => column.notNull().defaultTo(0))
      .addColumn('approved_version', 'integer')
      .addColumn('disabled_at', 'bigint')
      .addUniqueConstraint('functions_name', ['project_id', 'name', 'arity'])
      .addCheckConstraint('functions_arity', sql`arity >= 0`),
    schema.createIndex('functions_stamp').on('functions').column('stamp'),
    schema
      .createTable('tools')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('project_id', 'text', column => column.notNull().references('projects.id'))
      .addColumn('name', 'text', column => column.notNull())
      .addColumn('origin', 'text', column => column.notNull())
      .addColumn('created_by', 'text', column => column.notNull().references('users.id'))
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addColumn('stamp', 'text', column => column.notNull())
      .addColumn('version', 'integer', column => column.notNull().defaultTo(0))
      .addColumn('approved_version', 'integer')
      .addColumn('disabled_at', 'bigint')
      .addUniqueConstraint('tools_name', ['project_id', 'name'])
      .addCheckConstraint('tools_name_case', sql`name = lower(name)`)
      .addCheckConstraint('tools_origin', oneOf('origin', ['yaml', 'learned', 'manual'])),
    schema.createIndex('tools_stamp').on('tools').column('stamp'),
    schema
      .createTable('disablings')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('owner_id', 'text', column => column.notNull())
      .addColumn('disabled', 'integer', column => column.notNull())
      .addColumn('comment', 'text', column => column.notNull())
      .addColumn('changed_by', 'text', column => column.notNull().references('users.id'))
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('stamp', 'text', column => column.notNull())
      .addCheckConstraint('disablings_disabled', zeroOrOne('disabled')),
    schema.createIndex('disablings_owner').on('disablings').columns(['owner_id', 'stamp']),
    schema.createIndex('disablings_stamp').on('disablings').column('stamp'),
  ]
}

export const versionStates = ['draft', 'pending', 'approved', 'rejected', 'expired', 'conflict'] as const

/** Versions of functions and tools alike, and their review. */
export function reviewTables(schema: SchemaModule) {
  return [...versionTable(schema), ...submissionTables(schema), ...voteTables(schema)]
}

function versionTable(schema: SchemaModule) {
  return [
    schema
      .createTable('versions')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('kind', 'text', column => column.notNull())
      .addColumn('owner_id', 'text', column => column.notNull())
      .addColumn('definition', 'text', column => column.notNull())
      .addColumn('description', 'text', column => column.notNull())
      .addColumn('pins', 'text', column => column.notNull())
      .addColumn('hash', 'text', column => column.notNull())
      .addColumn('follows', 'text')
      .addColumn('created_by', 'text', column => column.notNull().references('users.id'))
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addColumn('stamp', 'text', column => column.notNull())
      .addColumn('version', 'integer', column => column.notNull().defaultTo(0))
      .addColumn('state', 'text', column => column.notNull().defaultTo('draft'))
      .addColumn('submission_id', 'text')
      .addColumn('decided_at', 'bigint')
      .addCheckConstraint('versions_kind', oneOf('kind', ['function', 'tool']))
      .addCheckConstraint('versions_state', oneOf('state', versionStates)),
    schema.createIndex('versions_owner').on('versions').columns(['owner_id', 'version']),
    schema.createIndex('versions_hash').on('versions').columns(['owner_id', 'hash']),
    schema.createIndex('versions_stamp').on('versions').column('stamp'),
    // Looked through for deadlines that passed; few rows are ever pending at once.
    schema
      .createIndex('versions_pending')
      .on('versions')
      .column('owner_id')
      .where(sql.ref('state'), '=', sql.lit('pending')),
  ]
}

function submissionTables(schema: SchemaModule) {
  return [
    schema
      .createTable('submissions')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('version_id', 'text', column => column.notNull().references('versions.id'))
      .addColumn('hash', 'text', column => column.notNull())
      .addColumn('review', 'text')
      .addColumn('votes_needed', 'integer', column => column.notNull())
      .addColumn('policy', 'text', column => column.notNull())
      .addColumn('justification', 'text', column => column.notNull())
      .addColumn('checks', 'text', column => column.notNull())
      .addColumn('submitted_by', 'text', column => column.notNull().references('users.id'))
      .addColumn('submitted_at', 'bigint', column => column.notNull())
      .addColumn('expires_at', 'bigint', column => column.notNull())
      .addColumn('stamp', 'text', column => column.notNull())
      .addCheckConstraint('submissions_review', oneOf('review', ['none', 'import']))
      .addCheckConstraint('submissions_votes', sql`votes_needed >= 0`),
    schema.createIndex('submissions_version').on('submissions').columns(['version_id', 'stamp']),
    schema.createIndex('submissions_stamp').on('submissions').column('stamp'),
    schema
      .createTable('withdrawals')
      .addColumn('submission_id', 'text', column => column.primaryKey().references('submissions.id'))
      .addColumn('withdrawn_by', 'text', column => column.notNull().references('users.id'))
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('stamp', 'text', column => column.notNull()),
    schema.createIndex('withdrawals_stamp').on('withdrawals').column('stamp'),
  ]
}

function voteTables(schema: SchemaModule) {
  return [
    schema
      .createTable('votes')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('submission_id', 'text', column => column.notNull().references('submissions.id'))
      .addColumn('hash', 'text', column => column.notNull())
      .addColumn('user_id', 'text', column => column.notNull().references('users.id'))
      .addColumn('vote', 'text', column => column.notNull())
      .addColumn('comment', 'text', column => column.notNull())
      .addColumn('needs_confirmation', 'integer', column => column.notNull())
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('stamp', 'text', column => column.notNull())
      .addCheckConstraint('votes_vote', oneOf('vote', ['approve', 'reject']))
      .addCheckConstraint('votes_needs_confirmation', zeroOrOne('needs_confirmation')),
    schema.createIndex('votes_submission').on('votes').columns(['submission_id', 'stamp']),
    schema.createIndex('votes_user').on('votes').columns(['user_id', 'stamp']),
    schema.createIndex('votes_stamp').on('votes').column('stamp'),
    schema
      .createTable('vote_confirmations')
      .addColumn('vote_id', 'text', column => column.primaryKey().references('votes.id'))
      .addColumn('method', 'text', column => column.notNull())
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('stamp', 'text', column => column.notNull())
      .addCheckConstraint('vote_confirmations_method', oneOf('method', ['code', 'elicitation'])),
    schema.createIndex('vote_confirmations_stamp').on('vote_confirmations').column('stamp'),
  ]
}

/** Votes that counted before were told of when they were cast. */
export function countedVotes(schema: SchemaModule, step: SqlStep) {
  return [
    schema
      .alterTable('votes')
      .addColumn('counted', 'integer', column => column.notNull().defaultTo(0).check(zeroOrOne('counted'))),
    step`update votes set counted = 1
      where needs_confirmation = 0 or id in (select vote_id from vote_confirmations)`,
  ]
}

/** Votes of before are taken to have known. */
export function votesThatKnew(schema: SchemaModule) {
  return [schema.alterTable('votes').addColumn('disabling_known', 'text')]
}
