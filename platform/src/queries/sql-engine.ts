import type { DatasetLease } from '@super-data/datasets'
import type { SqlPool, TableFile } from '@super-data/tables'
import type { ParseContext, ParsedQuery, QueryEngine, RunOutcome, RunRequest } from './engine.ts'
import { ParameterUnknown } from './errors.ts'
import { compileSqlTemplate } from './templates/sql-template.ts'

/** The DuckDB engine behind the common contract. Its datasets are the tables that the text names. */
export class SqlQueryEngine implements QueryEngine {
  readonly name = 'sql'
  readonly #pool: SqlPool

  /** Borrows the pool. */
  constructor(pool: SqlPool) {
    this.#pool = pool
  }

  async parse(text: string, context: ParseContext): Promise<ParsedQuery> {
    const program = compileSqlTemplate(text).text
    const leases = context.datasets.map(name => context.lease(name))
    try {
      const parsed = await this.#pool.parse(program, { tables: leases.map(tableFile), signal: context.signal })
      requireParameters(parsed.parameters, context.parameters)
      return {
        engine: 'sql',
        program,
        text: program,
        parameters: parsed.parameters,
        functions: [],
        sources: parsed.tables,
        mode: 'document',
        effect: 'read',
        pure: !volatile.test(program),
        hints: [],
      }
    } finally {
      for (const lease of leases) lease.release()
    }
  }

  async run(query: ParsedQuery, request: RunRequest): Promise<RunOutcome> {
    const done = await this.#pool.run(
      {
        text: query.program,
        parameters: Object.fromEntries(query.parameters.map(name => [name, request.params[name] ?? null])),
        tables: request.leases.map(tableFile),
        limits: { timeMs: request.limits.timeMs, bytes: request.limits.resultBytes },
      },
      {
        signal: request.signal,
        onColumns: columns => request.sink.columns(columns),
        onRows: lines => request.sink.items(lines).then(more => (more ? undefined : false)),
      },
    )
    return { shape: 'rows', complete: done.truncated === false }
  }
}

function requireParameters(used: readonly string[], parameters: readonly string[] | undefined): void {
  const unknown = parameters && used.find(name => !parameters.includes(name))
  if (unknown) throw new ParameterUnknown(unknown, parameters)
}

/** Words whose answer depends on more than the data; a false alarm (a column of that name) only costs caching. */
const volatile =
  /\b(random|uuid(v\d)?|gen_random_uuid|now|today|ago|age|(get_)?current_\w+|localtime(stamp)?|transaction_timestamp|txid_current|setseed|nextval|currval|stats|sample|tablesample)\b/i

/** How the SQL engine is told of a dataset. */
export function tableFile(lease: DatasetLease): TableFile {
  const { dataset, file, format, gzip } = lease
  return {
    name: dataset.name,
    file,
    format,
    gzip,
    version: dataset.version,
    sizeBytes: dataset.sizeBytes,
    ...(dataset.shape === undefined ? {} : { shape: dataset.shape }),
    ...(lease.separator === undefined ? {} : { separator: lease.separator }),
  }
}
