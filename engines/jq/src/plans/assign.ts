import {
  type Env,
  type Many,
  type One,
  type Path,
  type PathCell,
  rethrow,
  type Signal,
  stop,
} from '../compile/machine.ts'
import {
  type Context,
  type Linear,
  Plan,
  type Removed,
  type Replace,
  type Replacement,
  removed,
  type Update,
  untouched,
} from '../compile/plan.ts'
import type { Runtime } from '../compile/runtime.ts'
import { deletePaths, getPath, type Owned, setPath } from '../value/access.ts'
import { fail, preview } from '../value/raised.ts'
import { isTruthy, type Value } from '../value/value.ts'
import { linearOf } from './linear.ts'
import { addInto, type Operation } from './operators.ts'

/** How many keys are copied in the time of one step. */
const keysPerStep = 8

/** The keys from the root to a value. */
export function pathKeys(path: Path, value: Value, runtime: Runtime): Value[] {
  if (path === undefined) return fail(`Invalid path expression with result ${preview(value)}`)
  if (path !== null && path.length >= keysPerStep) runtime.spend(Math.trunc(path.length / keysPerStep))
  const keys = new Array<Value>(path === null ? 0 : path.length)
  for (let cell: PathCell | null = path; cell !== null; cell = cell.parent) keys[cell.length - 1] = cell.key
  return keys
}

/** Code that replaces whatever a path expression finds, through paths or, where possible, directly. */
export function updater(
  target: Plan,
  context: Context,
): (value: Value, env: Env, replace: Replace, owned: Owned | undefined) => Value {
  const direct = context.update(target)
  if (direct) return (value, env, replace, owned) => whole(direct(value, env, replace, owned), value)
  const paths = context.paths(target)
  const { runtime } = context
  return (root, env, replace, owned) => {
    const mine = owned ?? new Set<object>()
    const gone: Value[] = []
    let result = root
    rethrow(
      paths(null, root, env, (path, value) => {
        const keys = pathKeys(path, value, runtime)
        runtime.spend(keys.length)
        const old = getPath(result, keys)
        // Whoever replaces it may keep it, so nothing made so far is ours alone any more.
        if (typeof old === 'object' && old !== null && mine.has(old)) mine.clear()
        const item = replace(old)
        if (item === removed) gone.push(keys)
        else if (item !== untouched) result = setPath(result, keys, item, mine)
        return undefined
      }),
    )
    return gone.length === 0 ? result : deletePaths(result, gone)
  }
}

/** What becomes of the whole input. */
function whole(replacement: Replacement, input: Value): Value {
  if (replacement === untouched) return input
  return replacement === removed ? null : replacement
}

/** `target = value`: the right side sees the input of the whole, each of its outputs gives one result. */
export class SetPlan extends Plan {
  readonly #target: Plan
  readonly #value: Plan
  constructor(target: Plan, value: Plan) {
    super()
    this.#target = target
    this.#value = value
  }

  single(context: Context): boolean {
    return context.isSingle(this.#value)
  }

  override one(context: Context): One {
    const update = updater(this.#target, context)
    const value = context.one(this.#value)
    return (input, env) => {
      const item = value(input, env)
      return update(input, env, () => item, undefined)
    }
  }

  many(context: Context): Many {
    const update = updater(this.#target, context)
    const value = context.many(this.#value)
    return (input, env, emit) => value(input, env, item => emit(update(input, env, () => item, undefined)))
  }

  override linear(context: Context): Linear {
    const update = updater(this.#target, context)
    const value = context.one(this.#value)
    const shares = this.#value.sharesInput()
    return (input, env, owned) => {
      const item = value(input, env)
      if (shares && typeof item === 'object' && item !== null) owned.clear()
      return update(input, env, () => item, owned)
    }
  }
}

/** `target |= change`: the first output of `change` replaces what was found; without one it is deleted. */
export class ModifyPlan extends Plan {
  readonly #target: Plan
  readonly #change: Plan
  constructor(target: Plan, change: Plan) {
    super()
    this.#target = target
    this.#change = change
  }

  single(): boolean {
    return true
  }

  override one(context: Context): One {
    const update = updater(this.#target, context)
    const change = firstOutput(this.#change, context)
    return (input, env) => update(input, env, old => change(old, env), undefined)
  }

  many(context: Context): Many {
    const one = context.one(this)
    return (input, env, emit) => emit(one(input, env))
  }

  override linear(context: Context): Linear | undefined {
    if (!context.isSingle(this.#change)) return undefined
    const update = updater(this.#target, context)
    const change = linearOf(this.#change, context)
    return (input, env, owned) => update(input, env, old => change(old, env, owned), owned)
  }

  override update(_context: Context): Update | undefined {
    return undefined
  }
}

/** The first output, or `removed` when there is none. */
function firstOutput(plan: Plan, context: Context): (input: Value, env: Env) => Value | Removed {
  if (context.isSingle(plan)) return context.one(plan)
  const many = context.many(plan)
  return (input, env) => {
    let first: Value | Removed = removed
    const signal: Signal = many(input, env, value => {
      first = value
      return stop
    })
    if (signal !== stop || first === removed) rethrow(signal)
    return first
  }
}

/** `target += value` and its siblings, `//=` among them. */
export class OperatePlan extends Plan {
  readonly #target: Plan
  readonly #value: Plan
  readonly #operation: Operation
  /** The operation is a sum, which can be made in place. */
  readonly #adds: boolean
  constructor(target: Plan, value: Plan, operation: Operation, adds: boolean) {
    super()
    this.#target = target
    this.#value = value
    this.#operation = operation
    this.#adds = adds
  }

  single(context: Context): boolean {
    return context.isSingle(this.#value)
  }

  override one(context: Context): One {
    const update = updater(this.#target, context)
    const value = context.one(this.#value)
    const operation = this.#operation
    return (input, env) => {
      const item = value(input, env)
      return update(input, env, old => operation(old, item), undefined)
    }
  }

  many(context: Context): Many {
    const update = updater(this.#target, context)
    const value = context.many(this.#value)
    const operation = this.#operation
    return (input, env, emit) =>
      value(input, env, item => emit(update(input, env, old => operation(old, item), undefined)))
  }

  override linear(context: Context): Linear {
    const update = updater(this.#target, context)
    const value = context.one(this.#value)
    const operation = this.#operation
    const shares = this.#value.sharesInput()
    const adds = this.#adds
    return (input, env, owned) => {
      const item = value(input, env)
      if (shares && typeof item === 'object' && item !== null) owned.clear()
      return update(input, env, old => (adds ? addInto(old, item, owned) : operation(old, item)), owned)
    }
  }
}

export function alternative(old: Value, value: Value): Value {
  return isTruthy(old) ? old : value
}
