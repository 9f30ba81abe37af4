import { PlatformError } from '@super-data/base/errors'
import { nearest } from '@super-data/base/nearest'
import type { JsonValue } from '@super-data/contract'
import type { DatasetLease } from '@super-data/datasets'
import { analyse, format, JqForbidden, type JqPool, parse, strangerPolicy } from '@super-data/jq'
import { compileTemplate } from '../library/template.ts'
import type { ParseContext, ParsedQuery, QueryEngine, ResultShape, RunRequest } from './engine.ts'

/** A query uses a `$name` that is not one of its parameters. */
export class ParameterUnknown extends PlatformError {
  readonly code = 'PARAMETER_UNKNOWN'
  readonly kind = 'invalid'
  constructor(name: string, known: readonly string[], position: unknown) {
    const near = nearest(name, known)
    super(`$${name} is not a parameter`, {
      hint: near ? `Did you mean $${near}?` : `Parameters: ${known.map(each => `$${each}`).join(', ') || 'none'}.`,
      details: { position },
    })
  }
}

/** The jq engine behind the common contract: text → whole program → a child of the pool. */
export class JqQueryEngine implements QueryEngine {
  readonly name = 'jq'
  readonly #pool: JqPool

  /** Borrows the pool. */
  constructor(pool: JqPool) {
    this.#pool = pool
  }

  async parse(text: string, context: ParseContext): Promise<ParsedQuery> {
    const ast = parse(compileTemplate('jq', text))
    const facts = analyse(ast)
    const forbidden = facts.forbidden[0]
    if (forbidden) throw new JqForbidden(forbidden.construct, forbidden.position)
    const functions = await context.functions.resolve(facts.functions)
    const parameters = [...new Set(facts.variables.map(variable => variable.name))]
    checkParameters(facts.variables, context.parameters)
    if (context.source !== undefined) context.lease(context.source).release()
    return {
      engine: 'jq',
      program: [...functions.map(each => each.definition), format(ast)].join('\n'),
      parameters,
      functions,
      sources: context.source === undefined ? [] : [context.source],
      mode: context.mode,
      effect: 'read',
      pure: facts.pure,
      hints: facts.hints,
    }
  }

  async run(query: ParsedQuery, request: RunRequest): Promise<{ shape: ResultShape; outputs: number }> {
    let shape: ResultShape = 'outputs'
    const done = await this.#pool.run(
      {
        program: query.program,
        variables: jsonTexts(query.parameters, request.params),
        input: await inputOf(request.leases[0]),
        mode: query.mode,
        caller: request.caller,
        limits: { timeMs: request.limits.timeMs, bytes: request.limits.resultBytes },
        policy: 'stranger',
      },
      {
        signal: request.signal,
        onItems: frame => {
          shape = frame.shape
          return request.sink.items(frame.shape, frame.lines).then(more => (more ? undefined : false))
        },
      },
    )
    return { shape: done.shape ?? shape, outputs: done.outputs }
  }
}

/** What the engine refuses in programs of people it does not know; also checked before anything is saved. */
export const jqPolicy = strangerPolicy

function checkParameters(
  variables: readonly { name: string; position: unknown }[],
  parameters: readonly string[] | undefined,
): void {
  if (!parameters) return
  const unknown = variables.find(variable => !parameters.includes(variable.name))
  if (unknown) throw new ParameterUnknown(unknown.name, parameters, unknown.position)
}

function jsonTexts(names: readonly string[], params: Readonly<Record<string, JsonValue>>): Record<string, string> {
  return Object.fromEntries(names.map(name => [name, JSON.stringify(params[name] ?? null)]))
}

async function inputOf(lease: DatasetLease | undefined) {
  if (!lease) return { kind: 'none' } as const
  const { file, format, gzip, sizeBytes } = await lease.json()
  return { kind: 'file', file, format, gzip, version: lease.dataset.version, sizeBytes } as const
}
