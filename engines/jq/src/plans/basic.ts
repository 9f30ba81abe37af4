import { type Cell, type Many, type One, outer, type Paths } from '../compile/machine.ts'
import { type Context, type Linear, Plan, type Update } from '../compile/plan.ts'
import type { Value } from '../value/value.ts'
import { linearOf } from './linear.ts'

/** `.` */
export class IdentityPlan extends Plan {
  single(): boolean {
    return true
  }
  override one(): One {
    return input => input
  }
  many(): Many {
    return (input, _env, emit) => emit(input)
  }
  override paths(): Paths {
    return (path, value, _env, emit) => emit(path, value)
  }
  override update(): Update {
    return (value, _env, replace) => replace(value)
  }
  override fixedPath(): Value[] {
    return []
  }
  override linear(): Linear {
    return input => input
  }
}

/** Has one output, which comes from elsewhere than the input. */
abstract class ReferencePlan extends Plan {
  abstract override one(context: Context): One

  single(): boolean {
    return true
  }
  many(context: Context): Many {
    const one = context.one(this)
    return (input, env, emit) => emit(one(input, env))
  }
  override sharesInput(): boolean {
    return false
  }
}

/** A value written in the program, or folded from such values. */
export class LiteralPlan extends ReferencePlan {
  readonly value: Value
  constructor(value: Value) {
    super()
    this.value = value
  }
  override one(): One {
    const { value } = this
    return () => value
  }
  override many(): Many {
    const { value } = this
    return (_input, _env, emit) => emit(value)
  }
  override constant(): Value {
    return this.value
  }
}

/** `$name`, so many bindings away. */
export class VariablePlan extends ReferencePlan {
  readonly #hops: number
  constructor(hops: number) {
    super()
    this.#hops = hops
  }
  override one(): One {
    const hops = this.#hops
    if (hops === 0) return (_input, env) => env!.value as Value
    if (hops === 1) return (_input, env) => env!.parent!.value as Value
    if (hops === 2) return (_input, env) => env!.parent!.parent!.value as Value
    return (_input, env) => (outer(env, hops) as Cell).value as Value
  }
}

/** `$name` that the caller of the whole program binds, by its place among them. */
export class GlobalPlan extends ReferencePlan {
  readonly #at: number
  constructor(at: number) {
    super()
    this.#at = at
  }
  override one(context: Context): One {
    const at = this.#at
    const { variables } = context.runtime
    return () => variables[at]!
  }
}

/** `$ENV`: what the caller of the run calls its environment. */
export class EnvironmentPlan extends ReferencePlan {
  override one({ runtime }: Context): One {
    return () => runtime.env
  }
}

/** `left | right` */
export class PipePlan extends Plan {
  readonly left: Plan
  readonly right: Plan
  constructor(left: Plan, right: Plan) {
    super()
    this.left = left
    this.right = right
  }

  single(context: Context): boolean {
    return context.isSingle(this.left) && context.isSingle(this.right)
  }

  override one(context: Context, tail = false): One {
    const left = context.one(this.left)
    const right = context.one(this.right, tail)
    return (input, env) => right(left(input, env), env)
  }

  many(context: Context, tail = false): Many {
    if (context.isSingle(this.left)) {
      const left = context.one(this.left)
      const right = context.many(this.right, tail)
      return (input, env, emit) => right(left(input, env), env, emit)
    }
    const left = context.many(this.left)
    if (context.isSingle(this.right)) {
      const right = context.one(this.right)
      return (input, env, emit) => left(input, env, value => emit(right(value, env)))
    }
    const right = context.many(this.right)
    return (input, env, emit) => left(input, env, value => right(value, env, emit))
  }

  override paths(context: Context): Paths {
    const left = context.paths(this.left)
    const right = context.paths(this.right)
    return (path, value, env, emit) => left(path, value, env, (at, found) => right(at, found, env, emit))
  }

  override update(context: Context): Update | undefined {
    const left = context.update(this.left)
    const right = context.update(this.right)
    if (!left || !right) return undefined
    return (value, env, replace, owned) => left(value, env, old => right(old, env, replace, owned), owned)
  }

  override linear(context: Context): Linear | undefined {
    if (!context.linear(this.left) && !context.linear(this.right)) return undefined
    const left = linearOf(this.left, context)
    const right = linearOf(this.right, context)
    return (input, env, owned) => right(left(input, env, owned), env, owned)
  }

  override sharesInput(): boolean {
    return this.left.sharesInput()
  }
}

/** `left, right` */
export class CommaPlan extends Plan {
  readonly left: Plan
  readonly right: Plan
  constructor(left: Plan, right: Plan) {
    super()
    this.left = left
    this.right = right
  }
  single(): boolean {
    return false
  }
  many(context: Context, tail = false): Many {
    const left = context.many(this.left)
    const right = context.many(this.right, tail)
    return (input, env, emit) => {
      const signal = left(input, env, emit)
      return signal === undefined ? right(input, env, emit) : signal
    }
  }
  override paths(context: Context): Paths {
    const left = context.paths(this.left)
    const right = context.paths(this.right)
    return (path, value, env, emit) => {
      const signal = left(path, value, env, emit)
      return signal === undefined ? right(path, value, env, emit) : signal
    }
  }
  override sharesInput(): boolean {
    return this.left.sharesInput() || this.right.sharesInput()
  }
}
