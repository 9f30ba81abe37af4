import { type SchemaModule, sql } from 'kysely'
import { oneOf } from './column-check.ts'

/** The tables every governed file has: audit, outbox, idempotency. */
export function governedTables(schema: SchemaModule) {
  return [...auditTable(schema), ...outboxTable(schema), ...idempotencyTable(schema)]
}

function auditTable(schema: SchemaModule) {
  return [
    schema
      .createTable('audit')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('user_id', 'text')
      .addColumn('user_name', 'text')
      .addColumn('operation', 'text', column => column.notNull())
      .addColumn('project', 'text')
      .addColumn('target', 'text')
      .addColumn('outcome', 'text', column => column.notNull())
      .addColumn('code', 'text')
      .addColumn('request_id', 'text', column => column.notNull())
      .addColumn('door', 'text', column => column.notNull())
      .addCheckConstraint('audit_outcome', oneOf('outcome', ['ok', 'refused', 'failed']))
      .addCheckConstraint('audit_door', oneOf('door', ['http', 'mcp', 'cli'])),
    schema.createIndex('audit_user').on('audit').columns(['user_name', 'id']),
    schema.createIndex('audit_operation').on('audit').columns(['operation', 'id']),
  ]
}

/** Each line of the audit gets its place and a hash over itself and the line before; lines from before have neither. */
export function auditChain(schema: SchemaModule) {
  return [
    schema.alterTable('audit').addColumn('position', 'integer'),
    schema.alterTable('audit').addColumn('chain', 'text'),
    schema.createIndex('audit_position').on('audit').column('position').unique(),
  ]
}

function outboxTable(schema: SchemaModule) {
  return [
    schema
      .createTable('outbox')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('type', 'text', column => column.notNull())
      .addColumn('project', 'text', column => column.notNull())
      .addColumn('subject', 'text', column => column.notNull())
      .addColumn('by_user', 'text')
      .addColumn('key', 'text', column => column.unique()),
    schema.createIndex('outbox_at').on('outbox').column('at'),
  ]
}

function idempotencyTable(schema: SchemaModule) {
  return [
    schema
      .createTable('idempotency')
      .addColumn('principal', 'text', column => column.notNull())
      .addColumn('key', 'text', column => column.notNull())
      .addColumn('operation', 'text', column => column.notNull())
      .addColumn('input_hash', 'text', column => column.notNull())
      .addColumn('output', 'text')
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('idempotency_pk', ['principal', 'key'])
      .addCheckConstraint('idempotency_key_length', sql`length(key) between 1 and 200`),
    schema.createIndex('idempotency_created').on('idempotency').column('created_at'),
  ]
}
