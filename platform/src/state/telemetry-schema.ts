import type { SqlStep } from '@super-data/metadata'
import type { SchemaModule } from 'kysely'
import { oneOf, zeroOrOne } from './column-check.ts'

export function runTable(schema: SchemaModule) {
  return [
    schema
      .createTable('runs')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('project', 'text', column => column.notNull())
      .addColumn('user_id', 'text', column => column.notNull())
      .addColumn('user_name', 'text', column => column.notNull())
      .addColumn('engine', 'text', column => column.notNull())
      .addColumn('source', 'text')
      .addColumn('text', 'text', column => column.notNull())
      .addColumn('mode', 'text', column => column.notNull())
      .addColumn('params', 'text')
      .addColumn('tool', 'text')
      .addColumn('tool_hash', 'text')
      .addColumn('outcome', 'text', column => column.notNull())
      .addColumn('code', 'text')
      .addColumn('elapsed_ms', 'double precision', column => column.notNull())
      .addColumn('count', 'bigint')
      .addColumn('bytes', 'bigint')
      .addCheckConstraint('runs_engine', oneOf('engine', ['jq', 'sql']))
      .addCheckConstraint('runs_mode', oneOf('mode', ['document', 'records']))
      .addCheckConstraint('runs_outcome', oneOf('outcome', ['ok', 'failed', 'cancelled'])),
    schema.createIndex('runs_project').on('runs').columns(['project', 'id']),
    schema.createIndex('runs_tool').on('runs').columns(['project', 'tool', 'id']),
    schema.createIndex('runs_at').on('runs').column('at'),
  ]
}

/** Runs again, of any engine and with what the result cache did; and what stays known of a tool when its runs are gone. */
export function useTables(schema: SchemaModule, sql: SqlStep) {
  return [
    sql`drop index runs_project`,
    sql`drop index runs_tool`,
    sql`drop index runs_at`,
    schema.alterTable('runs').renameTo('runs_before'),
    schema
      .createTable('runs')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('project', 'text', column => column.notNull())
      .addColumn('user_id', 'text', column => column.notNull())
      .addColumn('user_name', 'text', column => column.notNull())
      .addColumn('engine', 'text', column => column.notNull())
      .addColumn('source', 'text')
      .addColumn('text', 'text', column => column.notNull())
      .addColumn('mode', 'text', column => column.notNull())
      .addColumn('params', 'text')
      .addColumn('tool', 'text')
      .addColumn('tool_hash', 'text')
      .addColumn('outcome', 'text', column => column.notNull())
      .addColumn('code', 'text')
      .addColumn('elapsed_ms', 'double precision', column => column.notNull())
      .addColumn('count', 'bigint')
      .addColumn('bytes', 'bigint')
      .addColumn('cached', 'integer', column => column.notNull().defaultTo(0))
      .addCheckConstraint('runs_mode', oneOf('mode', ['document', 'records']))
      .addCheckConstraint('runs_outcome', oneOf('outcome', ['ok', 'failed', 'cancelled']))
      .addCheckConstraint('runs_cached', zeroOrOne('cached')),
    sql`insert into runs (id, at, project, user_id, user_name, engine, source, text, mode, params, tool, tool_hash,
      outcome, code, elapsed_ms, count, bytes) select id, at, project, user_id, user_name, engine, source, text, mode,
      params, tool, tool_hash, outcome, code, elapsed_ms, count, bytes from runs_before`,
    schema.dropTable('runs_before'),
    schema.createIndex('runs_project').on('runs').columns(['project', 'id']),
    schema.createIndex('runs_period').on('runs').columns(['project', 'at']),
    schema.createIndex('runs_tool').on('runs').columns(['project', 'tool', 'id']),
    schema.createIndex('runs_at').on('runs').column('at'),
    schema
      .createTable('tool_use')
      .addColumn('project', 'text', column => column.notNull())
      .addColumn('tool', 'text', column => column.notNull())
      .addColumn('calls', 'bigint', column => column.notNull())
      .addColumn('first_at', 'bigint', column => column.notNull())
      .addColumn('last_at', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('tool_use_pk', ['project', 'tool']),
    sql`insert into tool_use select project, tool, count(*), min(at), max(at) from runs where tool is not null
      group by project, tool`,
  ]
}
