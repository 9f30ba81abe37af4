import type { JsonValue } from '@super-data/contract'
import { PostgresParameterInvalid } from '@super-data/postgres'
import { numberParameters } from '../postgres/named-parameters.ts'
import type { PostgresSources } from '../postgres/sources.ts'
import type { ParseContext, ParsedQuery, QueryEngine, RunOutcome, RunRequest } from './engine.ts'
import { ParameterUnknown } from './errors.ts'
import { compileSqlTemplate } from './templates/sql-template.ts'

/** PostgreSQL behind the common contract: one reading statement on the reader's login of one source. */
export class PostgresQueryEngine implements QueryEngine {
  readonly name = 'postgres'
  readonly #sources: PostgresSources

  /** Borrows the sources. */
  constructor(sources: PostgresSources) {
    this.#sources = sources
  }

  async parse(text: string, context: ParseContext): Promise<ParsedQuery> {
    const program = compileSqlTemplate(text).text
    const numbered = numberParameters(program)
    if (numbered.hasNumbers)
      throw new PostgresParameterInvalid('parameters have names here, not numbers', { hint: 'Write $name for $1.' })
    requireParameters(numbered.names, context.parameters)
    const database = context.dataMayBeMissing ? context.source : await this.#check(numbered.text, context)
    return {
      engine: 'postgres',
      program,
      text: program,
      parameters: numbered.names,
      functions: [],
      sources: [],
      ...(database === undefined ? {} : { database }),
      mode: 'document',
      effect: 'read',
      // The data may be others a moment later.
      pure: false,
      hints: [],
    }
  }

  /** @returns the source, by its name. @throws what the source refuses */
  async #check(text: string, { project, source: wanted }: ParseContext): Promise<string> {
    const { source, name } = this.#sources.get(project, wanted, 'read')
    await source.check(text, 'read')
    return name
  }

  async run(query: ParsedQuery, request: RunRequest): Promise<RunOutcome> {
    const { source } = this.#sources.get(request.project, query.database, 'read')
    const { text, names } = numberParameters(query.program)
    const { complete } = await source.stream({
      text,
      params: names.map(name => request.params[name] ?? null),
      timeoutMs: request.limits.timeMs,
      signal: request.signal,
      onColumns: columns => request.sink.columns(columns),
      onRows: rows => request.sink.items(rows.map(row => JSON.stringify(row satisfies readonly JsonValue[]))),
    })
    return { shape: 'rows', complete }
  }
}

function requireParameters(used: readonly string[], parameters: readonly string[] | undefined): void {
  const unknown = parameters && used.find(name => !parameters.includes(name))
  if (unknown) throw new ParameterUnknown(unknown, parameters)
}
