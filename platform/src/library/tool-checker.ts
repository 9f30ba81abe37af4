import type { ToolDefinition } from '@super-data/contract'
import type { Question } from '../queries/asking.ts'
import type { FunctionResolver, ParsedQuery, PinnedFunction } from '../queries/engine.ts'
import type { Questions } from '../queries/questions.ts'
import { pickSource, withDatasetParameter } from './dataset-parameter.ts'
import { ToolInvalid } from './errors.ts'
import { seenOutput } from './output-schema.ts'
import { Parameters } from './parameters.ts'
import { requireEndedComments, requireVisible } from './visible-text.ts'

/** A definition that was checked, with the functions it pins. */
export interface CheckedDefinition {
  readonly definition: ToolDefinition
  /** Each after what it uses. */
  readonly functions: readonly PinnedFunction[]
}

/** A tool that is ready to be called. */
export interface CompiledTool {
  readonly definition: ToolDefinition
  readonly parameters: Parameters
  readonly hash: string
  /** What its test cases answered. */
  readonly output: ReturnType<typeof seenOutput>
  /** The query over one of its datasets; understood once a dataset, then kept. */
  query(source: string | undefined): Promise<ParsedQuery>
  /** The dataset that a call with these parameters reads. */
  sourceFor(params: Readonly<Record<string, unknown>>): string | undefined
}

/** Checks definitions before they are saved, and compiles saved ones. */
export class ToolChecker {
  readonly #questions: Questions

  constructor(questions: Questions) {
    this.#questions = questions
  }

  /**
   * Proves that a definition could run: parameters are a schema, the text parses, functions exist and are pinned.
   *
   * @throws ToolInvalid · ParameterSchemaInvalid · DatasetMissing · the engine's own errors, with positions.
   */
  async check(
    project: { id: string; name: string },
    raw: ToolDefinition,
    options: { functions: FunctionResolver; signal: AbortSignal; sourcesMustExist: boolean },
  ): Promise<CheckedDefinition> {
    requireOneSource(raw)
    requireVisible('the tool', [raw.description, raw.text, JSON.stringify(raw.parameters)])
    if (raw.engine === 'jq') requireEndedComments(raw.text)
    if (options.sourcesMustExist) await this.#questions.checkSources(project.name, datasetsOf(raw))
    const definition = withDatasetParameter(raw)
    const parameters = new Parameters(definition.parameters)
    parameters.requireUsable()
    const query = await this.#questions.parse(project.name, questionOf(definition, databaseOf(definition)), {
      functions: options.functions,
      parameters: parameters.names,
      dataMayBeMissing: !options.sourcesMustExist,
      signal: options.signal,
    })
    // The only database there is now is the one it was made for, also when there are more.
    const source = query.database === undefined ? {} : { source: query.database }
    return { definition: { ...definition, ...source, parameters: parameters.schema }, functions: query.functions }
  }

  /** Makes a saved version callable, with exactly the functions it pinned. @throws ParameterSchemaInvalid */
  compile(project: string, saved: CheckedDefinition & { readonly hash: string }): CompiledTool {
    const { definition, functions, hash } = saved
    const parameters = new Parameters(definition.parameters)
    const queries = new Map<string | undefined, Promise<ParsedQuery>>()
    // What is kept serves every caller: no single one may cancel it.
    const parse = (source: string | undefined) =>
      this.#questions.parse(project, questionOf(definition, source), {
        functions: { resolve: async () => functions },
        parameters: parameters.names,
        signal: new AbortController().signal,
      })
    return {
      definition,
      parameters,
      hash,
      output: seenOutput(definition),
      query: source => remember(queries, source, () => parse(source)),
      sourceFor: params => pickSource(definition, params),
    }
  }
}

function requireOneSource({ engine, source, sources }: ToolDefinition): void {
  if (engine === 'postgres' && sources.length > 0)
    throw new ToolInvalid('a tool over PostgreSQL reads one source', 'Give `source`.')
  if (source === undefined || sources.length === 0) return
  throw new ToolInvalid('give either source or sources', 'Use `sources` when the caller picks one of several datasets.')
}

function datasetsOf({ engine, source, sources }: ToolDefinition): string[] {
  if (engine === 'postgres') return []
  return source === undefined ? sources : [source]
}

/** What is read in place of datasets. */
function databaseOf({ engine, source }: ToolDefinition): string | undefined {
  return engine === 'postgres' ? source : undefined
}

/** While saving, its datasets need not be there yet. */
function questionOf({ engine, text, mode }: ToolDefinition, source: string | undefined): Question {
  return { engine, source, text, mode }
}

/** Keeps what succeeds; what fails (a dataset that is not there yet) is tried again next time. */
function remember<Key, Value>(kept: Map<Key, Promise<Value>>, key: Key, make: () => Promise<Value>): Promise<Value> {
  const present = kept.get(key)
  if (present) return present
  const made = make()
  kept.set(key, made)
  made.catch(() => kept.delete(key))
  return made
}
