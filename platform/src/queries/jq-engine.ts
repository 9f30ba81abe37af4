import type { JsonValue } from '@super-data/contract'
import type { DatasetLease } from '@super-data/datasets'
import {
  type Analysis,
  analyse,
  compile,
  format,
  JqForbidden,
  type JqPool,
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
    const program = [...functions.map(each => each.definition), format(ast)].join('\n')
    const parameters = [...new Set(facts.variables.map(variable => variable.name))]
    compile(program, { variables: parameters, policy: strangerPolicy })
    return {
      engine: 'jq',
      program,
      parameters,
      functions,
      sources: context.source === undefined ? [] : [context.source],
      mode: context.mode,
      effect: 'read',
      pure: facts.pure && functions.every(isPure),
      hints: facts.hints,
    }
  }

  async run(query: ParsedQuery, request: RunRequest): Promise<RunOutcome> {
    let shape: ResultShape = 'outputs'
    const done = await this.#pool.run(
      {
        program: query.program,
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

/** Of the many that use a function, each asks: its definition is looked at once. */
const purity = new Map<string, boolean>()
const purityMax = 5_000

function isPure({ hash, definition }: PinnedFunction): boolean {
  const known = purity.get(hash)
  if (known !== undefined) return known
  const { pure } = analyse(parseDefinition(definition))
  if (purity.size >= purityMax) purity.clear()
  purity.set(hash, pure)
  return pure
}

function jsonTexts(names: readonly string[], params: Readonly<Record<string, JsonValue>>): Record<string, string> {
  return Object.fromEntries(names.map(name => [name, JSON.stringify(params[name] ?? null)]))
}

async function inputOf(lease: DatasetLease | undefined, signal: AbortSignal) {
  if (!lease) return { kind: 'none' } as const
  const { file, format, gzip, sizeBytes } = await lease.json(signal)
  return { kind: 'file', file, format, gzip, version: lease.dataset.version, sizeBytes } as const
}
