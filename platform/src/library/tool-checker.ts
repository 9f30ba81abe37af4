import type { ToolDefinition } from '@super-data/contract'
import type { FunctionResolver, ParsedQuery, PinnedFunction } from '../queries/engine.ts'
import type { Questions } from '../queries/questions.ts'
import { ToolInvalid } from './errors.ts'
import type { Functions } from './functions.ts'
import { Parameters } from './parameters.ts'
import type { CheckedDefinition } from './tools.ts'

/** The name of the parameter by which a caller picks one of several datasets. */
export const datasetParameter = 'dataset'

/** A tool that is ready to be called. */
export interface CompiledTool {
  readonly definition: ToolDefinition
  readonly parameters: Parameters
  readonly hash: string
  /** The query over one of its datasets; understood once a dataset, then kept. */
  query(source: string | undefined): Promise<ParsedQuery>
  /** The dataset that a call with these parameters reads. */
  sourceFor(params: Readonly<Record<string, unknown>>): string | undefined
}

/** Checks definitions before they are saved, and compiles saved ones. */
export class ToolChecker {
  readonly #questions: Questions
  readonly #functions: Functions

  constructor(questions: Questions, functions: Functions) {
    this.#questions = questions
    this.#functions = functions
  }

  /**
   * Proves that a definition could run: parameters are a schema, the text parses, functions exist and are pinned.
   *
   * @throws ToolInvalid · ParameterSchemaInvalid · the engine's own errors, with positions.
   */
  async check(
    project: { id: string; name: string },
    raw: ToolDefinition,
    options: { functions?: FunctionResolver; signal: AbortSignal; sourcesMustExist: boolean },
  ): Promise<CheckedDefinition> {
    if (raw.source !== undefined && raw.sources.length > 0) {
      throw new ToolInvalid(
        'give either source or sources',
        'Use `sources` when the caller picks one of several datasets.',
      )
    }
    if (options.sourcesMustExist) await this.#questions.checkSources(project.name, sourcesOf(raw))
    const definition = withDatasetParameter(raw)
    const parameters = new Parameters(definition.parameters)
    const query = await this.#questions.parse(project.name, questionOf(definition, undefined), {
      functions: options.functions ?? this.#functions.resolver(project.id),
      parameters: parameters.names,
      signal: options.signal,
    })
    return { definition: { ...definition, parameters: parameters.schema }, functions: query.functions }
  }

  /** Makes a saved version callable, with exactly the functions it pinned. */
  compile(
    project: string,
    definition: ToolDefinition,
    functions: readonly PinnedFunction[],
    hash: string,
  ): CompiledTool {
    const parameters = new Parameters(definition.parameters)
    const queries = new Map<string | undefined, Promise<ParsedQuery>>()
    // What is kept serves every caller: no single one may cancel it.
    const parse = (source: string | undefined) =>
      this.#questions.parse(project, questionOf(definition, source), {
        functions: pinned(functions),
        parameters: parameters.names,
        signal: new AbortController().signal,
      })
    return {
      definition,
      parameters,
      hash,
      query: source => remember(queries, source, () => parse(source)),
      sourceFor: params => definition.source ?? pickSource(definition, params),
    }
  }
}

const sourcesOf = (definition: ToolDefinition) => [
  ...(definition.source ? [definition.source] : []),
  ...definition.sources,
]

/** Keeps what succeeds; what fails (a dataset that is not there yet) is tried again next time. */
function remember<Key, Value>(kept: Map<Key, Promise<Value>>, key: Key, make: () => Promise<Value>): Promise<Value> {
  const present = kept.get(key)
  if (present) return present
  const made = make()
  kept.set(key, made)
  made.catch(() => kept.delete(key))
  return made
}

function pickSource(definition: ToolDefinition, params: Readonly<Record<string, unknown>>): string | undefined {
  if (definition.sources.length <= 1) return definition.sources[0]
  return params[datasetParameter] as string
}

/** The question a definition asks; while saving, its datasets need not be there yet. */
function questionOf(definition: ToolDefinition, source: string | undefined) {
  return { engine: definition.engine, source, text: definition.text, mode: definition.mode }
}

/** A tool over several datasets gets the parameter by which the caller picks one. */
function withDatasetParameter(definition: ToolDefinition): ToolDefinition {
  if (definition.engine !== 'jq' || definition.sources.length <= 1) return definition
  const properties = (definition.parameters['properties'] ?? {}) as Record<string, never>
  const required = (definition.parameters['required'] ?? []) as string[]
  if (datasetParameter in properties) {
    const clash = JSON.stringify(properties[datasetParameter]) !== JSON.stringify(choice(definition))
    if (clash) throw new ToolInvalid(`the parameter ${datasetParameter} is kept for choosing one of the sources`)
    return definition
  }
  return {
    ...definition,
    parameters: {
      ...definition.parameters,
      properties: { ...properties, [datasetParameter]: choice(definition) },
      required: [...required, datasetParameter],
    },
  }
}

const choice = (definition: ToolDefinition) => ({
  type: 'string',
  enum: definition.sources,
  description: 'Which dataset to read.',
})

/** A resolver that knows only what was pinned. */
function pinned(functions: readonly PinnedFunction[]): FunctionResolver {
  return { resolve: async () => functions }
}
