import type { SchemaModule } from 'kysely'
import { oneOf } from './column-check.ts'

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
