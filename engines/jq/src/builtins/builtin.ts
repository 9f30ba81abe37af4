import { type Env, type Many, type One, PathCell, type Paths, type Signal } from '../compile/machine.ts'
import { type Context, Plan, type Update, valuesAsPaths } from '../compile/plan.ts'
import type { Runtime } from '../compile/runtime.ts'
import { productOf } from '../plans/product.ts'
import type { Value } from '../value/value.ts'

/** A builtin that computes a value from values. Its last argument varies slowest, as in jq's own. */
export type Apply = (runtime: Runtime, input: Value, a: Value, b: Value, c: Value) => Value

/** A builtin whose work grows with the text or list it gets, or the text it makes: that counts as steps. */
export function charged(apply: Apply): Apply {
  return (runtime, input, a, b, c) => {
    if (typeof input === 'string') runtime.spendChars(input.length)
    else if (Array.isArray(input)) runtime.spend(input.length)
    const result = apply(runtime, input, a, b, c)
    if (typeof result === 'string') runtime.spendChars(result.length)
    return result
  }
}

/** Every builtin of a family that computes a value from values, charged. */
export function chargedFamily(family: Family): Family {
  const entries = Object.entries(family).map(([name, each]) => [
    name,
    typeof each === 'function' ? charged(each) : each,
  ])
  return Object.fromEntries(entries)
}

/** A builtin that decides itself how its arguments run. */
export interface Form {
  /** Whether it has exactly one output; left out: it has when there is `one` but no `many`. */
  readonly single?: (args: readonly Plan[], context: Context) => boolean
  readonly one?: (args: readonly Plan[], context: Context) => One
  readonly many?: (args: readonly Plan[], context: Context) => Many
  /** What it finds inside path expressions; left out: its outputs are made, not found. */
  readonly paths?: (args: readonly Plan[], context: Context) => Paths
  readonly update?: (args: readonly Plan[], context: Context) => Update | undefined
}

/** Builtins by name and arity, as in `map/1`. */
export type Family = Readonly<Record<string, Apply | Form>>

export function planOf(builtin: Apply | Form, args: readonly Plan[]): Plan {
  return typeof builtin === 'function' ? new ApplyPlan(builtin, args) : new FormPlan(builtin, args)
}

class ApplyPlan extends Plan {
  readonly #apply: Apply
  readonly #args: readonly Plan[]
  constructor(apply: Apply, args: readonly Plan[]) {
    super()
    this.#apply = apply
    this.#args = args
  }

  single(context: Context): boolean {
    return this.#args.every(arg => context.isSingle(arg))
  }

  override one(context: Context): One {
    const { runtime } = context
    const apply = this.#apply
    const [a, b, c] = this.#args.map(arg => context.one(arg))
    if (!a) return input => apply(runtime, input, null, null, null)
    if (!b) return (input, env) => apply(runtime, input, a(input, env), null, null)
    if (!c) {
      return (input, env) => {
        const last = b(input, env)
        return apply(runtime, input, a(input, env), last, null)
      }
    }
    return (input, env) => {
      const last = c(input, env)
      const middle = b(input, env)
      return apply(runtime, input, a(input, env), middle, last)
    }
  }

  many(context: Context): Many {
    const { runtime } = context
    const apply = this.#apply
    const product = productOf([...this.#args].reverse(), context)
    return (input, env, emit) =>
      product(input, env, values => {
        const [a = null, b = null, c = null] = values.reverse()
        return emit(apply(runtime, input, a, b, c))
      })
  }
}

class FormPlan extends Plan {
  readonly #form: Form
  readonly #args: readonly Plan[]
  constructor(form: Form, args: readonly Plan[]) {
    super()
    this.#form = form
    this.#args = args
  }

  single(context: Context): boolean {
    const { single, one, many } = this.#form
    if (single) return single(this.#args, context)
    return one !== undefined && many === undefined
  }

  override one(context: Context): One {
    return this.#form.one!(this.#args, context)
  }

  many(context: Context): Many {
    const { many, one } = this.#form
    if (many) return many(this.#args, context)
    const single = one!(this.#args, context)
    return (input, env, emit) => emit(single(input, env))
  }

  override paths(context: Context): Paths {
    return this.#form.paths?.(this.#args, context) ?? valuesAsPaths(context.many(this))
  }

  override update(context: Context): Update | undefined {
    return this.#form.update?.(this.#args, context)
  }
}

/** Code that calls `use` with each combination of argument values, the first argument varying slowest. */
export function eachArgument(
  args: readonly Plan[],
  context: Context,
): (input: Value, env: Env, use: (values: Value[]) => Signal) => Signal {
  return productOf(args, context)
}

/** The path of something below a path. */
export function below(path: PathCell | null, keys: readonly Value[]): PathCell | null {
  let cell = path
  for (const key of keys) cell = new PathCell(cell, key)
  return cell
}
