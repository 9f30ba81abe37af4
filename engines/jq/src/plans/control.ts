import { Cell, type Many, type One, outer, type Paths, type Signal } from '../compile/machine.ts'
import { type Context, type Linear, Plan, type Update } from '../compile/plan.ts'
import type { Runtime } from '../compile/runtime.ts'
import { Raised } from '../value/raised.ts'
import { isTruthy } from '../value/value.ts'
import { linearOf } from './linear.ts'

/** `if condition then … else … end` */
export class IfPlan extends Plan {
  readonly #condition: Plan
  readonly #then: Plan
  readonly #otherwise: Plan
  constructor(condition: Plan, then: Plan, otherwise: Plan) {
    super()
    this.#condition = condition
    this.#then = then
    this.#otherwise = otherwise
  }

  single(context: Context): boolean {
    return [this.#condition, this.#then, this.#otherwise].every(plan => context.isSingle(plan))
  }

  override one(context: Context, tail = false): One {
    const condition = context.one(this.#condition)
    const then = context.one(this.#then, tail)
    const otherwise = context.one(this.#otherwise, tail)
    return (input, env) => (isTruthy(condition(input, env)) ? then(input, env) : otherwise(input, env))
  }

  many(context: Context, tail = false): Many {
    if (context.isSingle(this.#condition)) {
      const condition = context.one(this.#condition)
      const then = context.many(this.#then, tail)
      const otherwise = context.many(this.#otherwise, tail)
      return (input, env, emit) =>
        isTruthy(condition(input, env)) ? then(input, env, emit) : otherwise(input, env, emit)
    }
    const condition = context.many(this.#condition)
    const then = context.many(this.#then)
    const otherwise = context.many(this.#otherwise)
    return (input, env, emit) =>
      condition(input, env, value => (isTruthy(value) ? then(input, env, emit) : otherwise(input, env, emit)))
  }

  override paths(context: Context): Paths {
    const condition = context.many(this.#condition)
    const then = context.paths(this.#then)
    const otherwise = context.paths(this.#otherwise)
    return (path, value, env, emit) =>
      condition(value, env, answer =>
        isTruthy(answer) ? then(path, value, env, emit) : otherwise(path, value, env, emit),
      )
  }

  override update(context: Context): Update | undefined {
    const then = context.update(this.#then)
    const otherwise = context.update(this.#otherwise)
    if (!then || !otherwise || !context.isSingle(this.#condition)) return undefined
    const condition = context.one(this.#condition)
    return (value, env, replace, owned) =>
      (isTruthy(condition(value, env)) ? then : otherwise)(value, env, replace, owned)
  }

  override linear(context: Context): Linear | undefined {
    if (!context.linear(this.#then) && !context.linear(this.#otherwise)) return undefined
    const condition = context.one(this.#condition)
    const then = linearOf(this.#then, context)
    const otherwise = linearOf(this.#otherwise, context)
    return (input, env, owned) => (isTruthy(condition(input, env)) ? then : otherwise)(input, env, owned)
  }
}

/** `try body catch handler`, and `body?`, which has no handler. Errors raised further down the pipe are not its own. */
export class TryPlan extends Plan {
  readonly #body: Plan
  readonly #handler: Plan | undefined
  constructor(body: Plan, handler: Plan | undefined) {
    super()
    this.#body = body
    this.#handler = handler
  }

  single(context: Context): boolean {
    return this.#handler !== undefined && context.isSingle(this.#body) && context.isSingle(this.#handler)
  }

  override one(context: Context, tail = false): One {
    const { runtime } = context
    const body = context.one(this.#body)
    const handler = context.one(this.#handler!, tail)
    return (input, env) => {
      const { depth } = runtime
      let error: Raised
      try {
        return body(input, env)
      } catch (thrown) {
        error = caught(thrown, runtime, depth)
      }
      return handler(error.value, env)
    }
  }

  many(context: Context, tail = false): Many {
    const { runtime } = context
    const body = context.many(this.#body)
    const handler = this.#handler && context.many(this.#handler, tail)
    return (input, env, emit) => {
      const { depth } = runtime
      let outside = false
      let error: Raised
      try {
        return body(input, env, value => {
          outside = true
          const signal = emit(value)
          outside = false
          return signal
        })
      } catch (thrown) {
        if (outside) throw thrown
        error = caught(thrown, runtime, depth)
      }
      return handler?.(error.value, env, emit)
    }
  }

  override paths(context: Context): Paths {
    const { runtime } = context
    const body = context.paths(this.#body)
    const handler = this.#handler && context.paths(this.#handler)
    return (path, value, env, emit) => {
      const { depth } = runtime
      let outside = false
      let error: Raised
      try {
        return body(path, value, env, (at, found) => {
          outside = true
          const signal = emit(at, found)
          outside = false
          return signal
        })
      } catch (thrown) {
        if (outside) throw thrown
        error = caught(thrown, runtime, depth)
      }
      return handler?.(undefined, error.value, env, emit)
    }
  }
}

function caught(thrown: unknown, runtime: Runtime, depth: number): Raised {
  if (!(thrown instanceof Raised)) throw thrown
  runtime.depth = depth
  return thrown
}

/** `label $name | body`: its cell is what `break` stops at. */
export class LabelPlan extends Plan {
  readonly #body: Plan
  constructor(body: Plan) {
    super()
    this.#body = body
  }

  single(): boolean {
    return false
  }

  many(context: Context): Many {
    const { runtime } = context
    const body = context.many(this.#body)
    return (input, env, emit) => {
      const label = new Cell(null, env)
      return runLabel(label, runtime, () => body(input, label, emit))
    }
  }

  override paths(context: Context): Paths {
    const { runtime } = context
    const body = context.paths(this.#body)
    return (path, value, env, emit) => {
      const label = new Cell(null, env)
      return runLabel(label, runtime, () => body(path, value, label, emit))
    }
  }
}

function runLabel(label: Cell, runtime: Runtime, run: () => Signal): Signal {
  const { depth } = runtime
  try {
    const signal = run()
    return signal === label ? undefined : signal
  } catch (thrown) {
    if (thrown !== label) throw thrown
    return undefined
  } finally {
    runtime.depth = depth
  }
}

/** `break $name` */
export class BreakPlan extends Plan {
  readonly #hops: number
  constructor(hops: number) {
    super()
    this.#hops = hops
  }
  single(): boolean {
    return false
  }
  many(): Many {
    const hops = this.#hops
    return (_input, env) => outer(env, hops) as Cell
  }
  override paths(): Paths {
    const hops = this.#hops
    return (_path, _value, env) => outer(env, hops) as Cell
  }
}
