import type { PostgresFigures, PostgresSourceFigures } from '@super-data/platform'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** What the PostgreSQL sources do. Labels are names of the operator's and words of ours. @returns how to stop */
export function showPostgres(postgres: PostgresFigures, registry: Registry): () => void {
  showPools(postgres, registry)
  return countStatements(postgres, registry)
}

function showPools(postgres: PostgresFigures, registry: Registry): void {
  const show = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    each: (source: PostgresSourceFigures, set: (labels: Record<Label, string>, value: number) => void) => void,
  ) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset()
        for (const source of postgres.figures) each(source, (labels, value) => this.set(labels, value))
      },
    })
  const pool = ['source', 'pool'] as const
  show('super_data_postgres_connections', 'Connections that are open.', pool, ({ source, pools }, set) => {
    for (const { pool, open } of pools) set({ source, pool }, open)
  })
  show('super_data_postgres_connections_used', 'Connections in use now.', pool, ({ source, pools }, set) => {
    for (const { pool, used } of pools) set({ source, pool }, used)
  })
  show('super_data_postgres_waiting', 'Calls that wait for a connection.', pool, ({ source, pools }, set) => {
    for (const { pool, waiting } of pools) set({ source, pool }, waiting)
  })
  show('super_data_postgres_sessions', 'Transaction sessions that are open.', ['source'], ({ source, sessions }, set) =>
    set({ source }, sessions),
  )
}

function countStatements(postgres: PostgresFigures, registry: Registry): () => void {
  const registers = [registry]
  const statements = new Counter({
    name: 'super_data_postgres_statements_total',
    help: 'Statements of callers that ran, by what came of them.',
    labelNames: ['source', 'kind', 'outcome'],
    registers,
  })
  const seconds = new Histogram({
    name: 'super_data_postgres_statement_seconds',
    help: 'How long statements of callers ran, rows taken included.',
    labelNames: ['source', 'kind'],
    buckets: secondsBuckets,
    registers,
  })
  return postgres.onStatement((source, { kind, outcome, elapsedMs }) => {
    statements.inc({ source, kind, outcome })
    seconds.observe({ source, kind }, elapsedMs / 1_000)
  })
}
