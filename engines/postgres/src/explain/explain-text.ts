import { PlatformError } from '@super-data/base/errors'

export interface ExplainOptions {
  /** Runs the statement and measures it. */
  readonly analyze?: boolean
  readonly verbose?: boolean
  readonly costs?: boolean
  /** Planner settings that differ from their defaults. */
  readonly settings?: boolean
  readonly buffers?: boolean
  /** With `analyze`. */
  readonly wal?: boolean
  /** With `analyze`; default on. */
  readonly timing?: boolean
  readonly summary?: boolean
  /** A plan for any values of `$1` …, on every version; without `analyze`. The caller prepares the statement. */
  readonly genericPlan?: boolean
  /** Memory the planner used: from PostgreSQL 17. */
  readonly memory?: boolean
  /** What it costs to write the answer: from PostgreSQL 17, with `analyze`. */
  readonly serialize?: 'none' | 'text' | 'binary'
}

/** An option of EXPLAIN this server does not have, or that does not go with another. */
export class PostgresExplainOption extends PlatformError {
  readonly code = 'POSTGRES_EXPLAIN_OPTION'
  readonly kind = 'invalid'
  constructor(option: string, reason: string) {
    super(`the option ${option} ${reason}`, { details: { option } })
  }
}

const since: Readonly<Record<string, number>> = { memory: 17, serialize: 17 }
const needsAnalyze: readonly (keyof ExplainOptions)[] = ['wal', 'timing', 'serialize']
const flags: Readonly<Record<string, string>> = {
  analyze: 'ANALYZE',
  verbose: 'VERBOSE',
  costs: 'COSTS',
  settings: 'SETTINGS',
  buffers: 'BUFFERS',
  wal: 'WAL',
  timing: 'TIMING',
  summary: 'SUMMARY',
  memory: 'MEMORY',
}

/**
 * EXPLAIN of a statement that was checked, as JSON.
 *
 * @param serverVersion as `server_version_num`.
 * @throws PostgresExplainOption
 */
export function explainText(statement: string, options: ExplainOptions, serverVersion: number): string {
  checkOptions(options, Math.floor(serverVersion / 10_000))
  // HypoPG takes the mere word ANALYZE for a statement that runs, and hides its indexes: OFF is left out.
  const said = { ...options, analyze: options.analyze || undefined }
  const words = Object.entries(flags)
    .filter(([name]) => said[name as keyof ExplainOptions] !== undefined)
    .map(([name, word]) => `${word} ${options[name as keyof ExplainOptions] ? 'ON' : 'OFF'}`)
  if (options.serialize !== undefined) words.push(`SERIALIZE ${serialization(options.serialize)}`)
  return `EXPLAIN (${['FORMAT JSON', ...words].join(', ')}) ${statement}`
}

function checkOptions(options: ExplainOptions, major: number): void {
  for (const [name, first] of Object.entries(since)) {
    const wanted = options[name as keyof ExplainOptions]
    if (wanted && major < first) throw new PostgresExplainOption(name, `needs PostgreSQL ${first}; this is ${major}`)
  }
  const lone = options.analyze ? undefined : needsAnalyze.find(name => options[name])
  if (lone !== undefined) throw new PostgresExplainOption(lone, 'is measured: it needs analyze')
  if (options.analyze && options.genericPlan) throw new PostgresExplainOption('genericPlan', 'cannot be analyzed')
}

function serialization(wish: string): string {
  if (['none', 'text', 'binary'].includes(wish)) return wish.toUpperCase()
  throw new PostgresExplainOption('serialize', 'is none, text or binary')
}
