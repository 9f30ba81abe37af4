import { toProblem } from '@super-data/base/errors'
import type { JsonValue } from '@super-data/contract'
import type { DatasetLease } from '@super-data/datasets'
import {
  type Analysis,
  analyse,
  compile,
  format,
  JqFailure,
  JqForbidden,
  type JqPool,
  type Position,
  parse,
  parseDefinition,
  strangerPolicy,
} from '@super-data/jq'
import type {
  ParseContext,
  ParsedQuery,
  PinnedFunction,
  QueryEngine,
  ResultShape,
  RunOutcome,
  RunRequest,
} from './engine.ts'
import { ParameterUnknown } from './errors.ts'
import { compileJqTemplate } from './templates/jq-template.ts'
import { type Template, TemplatePlace } from './templates/template.ts'

/** The jq engine behind the common contract: text → whole program → a child of the pool. */
export class JqQueryEngine implements QueryEngine {
  readonly name = 'jq'
  readonly #pool: JqPool

  /** Borrows the pool. */
  constructor(pool: JqPool) {
    this.#pool = pool
  }

  async parse(text: string, context: ParseContext): Promise<ParsedQuery> {
    const template = compileJqTemplate(text)
    const ast = parse(template.text)
    const facts = analyse(ast)
    const forbidden = facts.forbidden[0]
    if (forbidden) throw new JqForbidden(forbidden.construct, forbidden.position)
    requireFree(template, facts)
    requireParameters(facts, context.parameters)
    const functions = await context.functions.resolve(facts.functions)
    if (context.source !== undefined) context.lease(context.source).release()
    const known = functions.map(definitionOf)
    const parameters = [...new Set(facts.variables.map(variable => variable.name))]
    const definitions = functions.map(each => each.definition)
    compile(template.text, { definitions, variables: parameters, policy: strangerPolicy })
    return {
      engine: 'jq',
      program: [...known.map(each => each.text), format(ast)].join('\n'),
      text: template.text,
      parameters,
      functions,
      sources: context.source === undefined ? [] : [context.source],
      mode: context.mode,
      effect: 'read',
      pure: facts.pure && known.every(each => each.pure),
      hints: facts.hints,
    }
  }

  async run(query: ParsedQuery, request: RunRequest): Promise<RunOutcome> {
    let shape: ResultShape = 'outputs'
    const call = this.#pool.run(
      {
        program: query.text,
        definitions: query.functions.map(each => each.definition),
        variables: jsonTexts(query.parameters, request.params),
        input: await inputOf(request.leases[0], request.signal),
        mode: query.mode,
        caller: request.caller,
        limits: { timeMs: request.limits.timeMs, bytes: request.limits.resultBytes },
        policy: 'stranger',
      },
      {
        signal: request.signal,
        onItems: frame => {
          shape = frame.shape
          return request.sink.items(frame.lines).then(more => (more ? undefined : false))
        },
      },
    )
    const done = await call.catch(failure => {
      throw placed(failure, query.functions)
    })
    return { shape: done.shape ?? shape, outputs: done.outputs, complete: done.stopped === false }
  }
}

/** A `${name}` that the text binds itself, as in `. as ${name}`, would not be the parameter. */
function requireFree(template: Template, facts: Analysis): void {
  const free = new Set(facts.variables.map(variable => variable.position.offset))
  const bound = template.places.find(place => !free.has(place.offset))
  if (bound) throw new TemplatePlace(bound.name, 'a place that binds the name itself', bound.offset)
}

function requireParameters(facts: Analysis, parameters: readonly string[] | undefined): void {
  const unknown = parameters && facts.variables.find(variable => !parameters.includes(variable.name))
  if (unknown) throw new ParameterUnknown(unknown.name, parameters, unknown.position)
}

interface KnownDefinition {
  /** In its canonical form. */
  readonly text: string
  readonly pure: boolean
}

/** Of the many that use a function, each asks: its definition is looked at once. */
const knownDefinitions = new Map<string, KnownDefinition>()
const knownDefinitionsMax = 5_000

function definitionOf({ hash, definition }: PinnedFunction): KnownDefinition {
  const present = knownDefinitions.get(hash)
  if (present) return present
  const parsed = parseDefinition(definition)
  const known = { text: format(parsed), pure: analyse(parsed).pure }
  if (knownDefinitions.size >= knownDefinitionsMax) knownDefinitions.clear()
  knownDefinitions.set(hash, known)
  return known
}

/** The same failure, saying where in whose text: a function's own, or that of the question. */
function placed(failure: unknown, functions: readonly PinnedFunction[]): unknown {
  if (!(failure instanceof JqFailure) || failure.code !== 'JQ_RUNTIME') return failure
  const { position, definition, ...details } = failure.details
  if (position === undefined) return failure
  const { line, column } = position as Position
  const fn = typeof definition === 'number' ? functions[definition] : undefined
  const inside = fn ? { function: `${fn.name}/${fn.arity}`, version: fn.version } : {}
  const where = fn ? `in function ${fn.name}/${fn.arity} (version ${fn.version})` : 'in the text of the query'
  const items = failure.message.startsWith('Cannot index array with') ? ' An array is gone through with `.[]`.' : ''
  const hint = `It failed at line ${line}, column ${column} ${where}.${items}`
  return new JqFailure({ ...toProblem(failure), hint, details: { ...details, position, ...inside } }, failure)
}

function jsonTexts(names: readonly string[], params: Readonly<Record<string, JsonValue>>): Record<string, string> {
  return Object.fromEntries(names.map(name => [name, JSON.stringify(params[name] ?? null)]))
}

async function inputOf(lease: DatasetLease | undefined, signal: AbortSignal) {
  if (!lease) return { kind: 'none' } as const
  const { file, format, gzip, sizeBytes } = await lease.json(signal)
  return { kind: 'file', file, format, gzip, version: lease.dataset.version, sizeBytes } as const
}
