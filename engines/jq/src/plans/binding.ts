import { Cell, type Env, type Many, type One, outer, type Paths, type Signal } from '../compile/machine.ts'
import { type Context, Plan } from '../compile/plan.ts'
import { getAt, getField, getIndex } from '../value/access.ts'
import { describe, fail, Raised } from '../value/raised.ts'
import type { Value } from '../value/value.ts'

/** A destructuring pattern with resolved names. Each variable becomes one cell, in the order the text has them. */
export type PatternPlan =
  | { readonly kind: 'variable' }
  | { readonly kind: 'array'; readonly elements: readonly PatternPlan[] }
  | { readonly kind: 'object'; readonly entries: readonly PatternEntryPlan[] }

export interface PatternEntryPlan {
  readonly key: Plan
  /** The key is a `$name`, which is bound to what stands at the key. */
  readonly binds: boolean
  readonly pattern: PatternPlan | undefined
}

type Match = (value: Value, input: Value, env: Env, next: (env: Env) => Signal) => Signal

function matcher(pattern: PatternPlan, context: Context): Match {
  switch (pattern.kind) {
    case 'variable':
      return (value, _input, env, next) => next(new Cell(value, env))
    case 'array':
      return arrayMatcher(pattern.elements, context)
    case 'object':
      return objectMatcher(pattern.entries, context)
  }
}

function arrayMatcher(elements: readonly PatternPlan[], context: Context): Match {
  return elements.reduceRight<Match>(
    (rest, element, at) => {
      const match = matcher(element, context)
      return (value, input, env, next) =>
        match(getIndex(value, at), input, env, inner => rest(value, input, inner, next))
    },
    (_value, _input, env, next) => next(env),
  )
}

function objectMatcher(entries: readonly PatternEntryPlan[], context: Context): Match {
  return entries.reduceRight<Match>(
    (rest, { key, binds, pattern }) => {
      const keys = context.many(key)
      const match = pattern && matcher(pattern, context)
      return (value, input, env, next) =>
        keys(input, env, name => {
          const item = typeof name === 'string' ? getField(value, name) : badKey(value, name)
          const base = binds ? new Cell(item, env) : env
          if (!match) return rest(value, input, base, next)
          return match(item, input, base, inner => rest(value, input, inner, next))
        })
    },
    (_value, _input, env, next) => next(env),
  )
}

function badKey(value: Value, key: Value): Value {
  if (value !== null) getAt(value, key)
  return fail(`Cannot index ${value === null ? 'null' : 'object'} with ${describe(key)}`)
}

/** Binds the variables of one pattern, or of the first alternative that works out. */
export interface BindingPlan {
  readonly alternatives: readonly AlternativeBinding[]
}

export interface AlternativeBinding {
  readonly pattern: PatternPlan
  /** Which of this pattern's cells (counted from its last) each variable of the whole takes; −1 for none of them. */
  readonly order: readonly number[]
}

/** Runs `body` with every way the patterns bind. Errors in the body make the next alternative try. */
export function binder(
  binding: BindingPlan,
  context: Context,
): (value: Value, input: Value, env: Env, body: (env: Env) => Signal) => Signal {
  const [only] = binding.alternatives
  if (binding.alternatives.length === 1) {
    const match = matcher(only!.pattern, context)
    return (value, input, env, body) => match(value, input, env, body)
  }
  const { runtime } = context
  const matches = binding.alternatives.map(({ pattern, order }) => ({ match: matcher(pattern, context), order }))
  return (value, input, env, body) => {
    for (let at = 0; ; at++) {
      const { match, order } = matches[at]!
      const { depth } = runtime
      try {
        return match(value, input, env, inner => body(rearrange(inner, env, order)))
      } catch (error) {
        if (at === matches.length - 1 || !(error instanceof Raised)) throw error
        runtime.depth = depth
      }
    }
  }
}

/** The same cells for every alternative, whichever of the variables it binds. */
function rearrange(bound: Env, env: Env, order: readonly number[]): Env {
  let result = env
  for (const hops of order) result = new Cell(hops < 0 ? null : (outer(bound, hops)!.value as Value), result)
  return result
}

/** `source as patterns | body` */
export class AsPlan extends Plan {
  readonly #source: Plan
  readonly #binding: BindingPlan
  readonly #body: Plan
  constructor(source: Plan, binding: BindingPlan, body: Plan) {
    super()
    this.#source = source
    this.#binding = binding
    this.#body = body
  }

  #simple(): boolean {
    const { alternatives } = this.#binding
    return alternatives.length === 1 && alternatives[0]!.pattern.kind === 'variable'
  }

  single(context: Context): boolean {
    return this.#simple() && context.isSingle(this.#source) && context.isSingle(this.#body)
  }

  override one(context: Context, tail = false): One {
    const source = context.one(this.#source)
    const body = context.one(this.#body, tail)
    return (input, env) => body(input, new Cell(source(input, env), env))
  }

  many(context: Context, tail = false): Many {
    if (this.#simple() && context.isSingle(this.#source)) {
      const source = context.one(this.#source)
      const body = context.many(this.#body, tail)
      return (input, env, emit) => body(input, new Cell(source(input, env), env), emit)
    }
    const source = context.many(this.#source)
    const body = context.many(this.#body)
    if (this.#simple()) {
      return (input, env, emit) => source(input, env, value => body(input, new Cell(value, env), emit))
    }
    const bind = binder(this.#binding, context)
    return (input, env, emit) => source(input, env, value => bind(value, input, env, inner => body(input, inner, emit)))
  }

  override paths(context: Context): Paths {
    const source = context.many(this.#source)
    const body = context.paths(this.#body)
    const bind = binder(this.#binding, context)
    return (path, value, env, emit) =>
      source(value, env, item => bind(item, value, env, inner => body(path, value, inner, emit)))
  }
}
