import type { Value } from '../value/value.ts'
import { ClosureCode } from './code.ts'
import {
  Cell,
  Closure,
  type Emit,
  type Env,
  type Many,
  type One,
  outer,
  type Paths,
  type Signal,
  TailCall,
} from './machine.ts'
import { type Context, type FunctionCode, type FunctionPlan, type ParameterPlan, Plan } from './plan.ts'

/** Pushes the arguments of a call, one cell each, and goes on; once for each combination of values. */
type Bind = (input: Value, env: Env, into: Env, next: (env: Env) => Signal) => Signal
type BindOne = (input: Value, env: Env, into: Env) => Env

/** A call of a defined function. */
export class CallPlan extends Plan {
  readonly #fn: FunctionPlan
  readonly #args: readonly Plan[]
  /** Steps from the caller's bindings out to those of the definition. */
  readonly #hops: number

  constructor(fn: FunctionPlan, args: readonly Plan[], hops: number) {
    super()
    this.#fn = fn
    this.#args = args
    this.#hops = hops
  }

  single(context: Context): boolean {
    return this.#valuesAreSingle(context) && context.isSingleFunction(this.#code(context))
  }

  #valuesAreSingle(context: Context): boolean {
    return this.#fn.params.every((param, at) => !param.value || context.isSingle(this.#args[at]!))
  }

  #code(context: Context): FunctionCode {
    const singleArgs = this.#fn.params.every((param, at) => !param.closure || context.isSingle(this.#args[at]!))
    return context.codeOf(this.#fn, singleArgs)
  }

  override one(context: Context, tail = false): One {
    const code = this.#code(context)
    const bind = this.#bindOne(context)
    const hops = this.#hops
    if (tail) return (input, env) => new TailCall(code, input, bind(input, env, outer(env, hops)), undefined) as never
    const { runtime } = context
    return (input, env) => {
      const inner = bind(input, env, outer(env, hops))
      runtime.enter()
      let result: unknown = code.one(input, inner)
      while (result instanceof TailCall) {
        runtime.spend(1)
        result = result.code.one(result.input, result.env)
      }
      runtime.leave()
      return result as Value
    }
  }

  many(context: Context, tail = false): Many {
    const code = this.#code(context)
    const hops = this.#hops
    const { runtime } = context
    if (!this.#valuesAreSingle(context)) {
      const bind = this.#bind(context)
      return (input, env, emit) => bind(input, env, outer(env, hops), inner => callMany(code, input, inner, emit))
    }
    const bind = this.#bindOne(context)
    if (tail) return (input, env, emit) => new TailCall(code, input, bind(input, env, outer(env, hops)), emit)
    return (input, env, emit) => callMany(code, input, bind(input, env, outer(env, hops)), emit)

    function callMany(target: FunctionCode, input: Value, inner: Env, emit: Emit): Signal {
      runtime.enter()
      let signal = target.many(input, inner, emit)
      while (signal instanceof TailCall) {
        runtime.spend(1)
        signal = signal.code.many(signal.input, signal.env, signal.emit!)
      }
      runtime.leave()
      return signal
    }
  }

  override paths(context: Context): Paths {
    const code = this.#code(context)
    const bind = this.#bind(context)
    const hops = this.#hops
    const { runtime } = context
    return (path, value, env, emit) =>
      bind(value, env, outer(env, hops), inner => {
        runtime.enter()
        const signal = code.paths(path, value, inner, emit)
        runtime.leave()
        return signal
      })
  }

  #bindOne(context: Context): BindOne {
    const steps = this.#fn.params.map((param, at) => bindParamOne(param, this.#args[at]!, context))
    if (steps.length === 0) return (_input, _env, into) => into
    const [first, second] = steps
    if (steps.length === 1) return first!
    if (steps.length === 2) return (input, env, into) => second!(input, env, first!(input, env, into))
    return (input, env, into) => {
      let inner = into
      for (const step of steps) inner = step(input, env, inner)
      return inner
    }
  }

  #bind(context: Context): Bind {
    return this.#fn.params.reduceRight<Bind>(
      (rest, param, at) => {
        const arg = this.#args[at]!
        if (!param.value || context.isSingle(arg)) {
          const step = bindParamOne(param, arg, context)
          return (input, env, into, next) => rest(input, env, step(input, env, into), next)
        }
        const values = context.many(arg)
        const code = param.closure ? new ClosureCode(arg, context) : undefined
        return (input, env, into, next) => {
          const base = code ? new Cell(new Closure(code, env), into) : into
          return values(input, env, value => rest(input, env, new Cell(value, base), next))
        }
      },
      (_input, _env, into, next) => next(into),
    )
  }
}

function bindParamOne(param: ParameterPlan, arg: Plan, context: Context): BindOne {
  if (!param.value) return bindClosure(arg, context)
  const value = context.one(arg)
  if (!param.closure) return (input, env, into) => new Cell(value(input, env), into)
  const code = new ClosureCode(arg, context)
  return (input, env, into) => new Cell(value(input, env), new Cell(new Closure(code, env), into))
}

/** Handing on one's own argument hands on the closure itself, so recursion does not build chains of them. */
function bindClosure(arg: Plan, context: Context): BindOne {
  if (arg instanceof ParamPlan) {
    const { hops } = arg
    return (_input, env, into) => new Cell(outer(env, hops)!.value, into)
  }
  const code = new ClosureCode(arg, context)
  return (_input, env, into) => new Cell(new Closure(code, env), into)
}

/** A call of an argument of an enclosing function. */
export class ParamPlan extends Plan {
  readonly #owner: FunctionPlan
  readonly hops: number
  constructor(owner: FunctionPlan, hops: number) {
    super()
    this.#owner = owner
    this.hops = hops
  }

  single(context: Context): boolean {
    return context.paramsAreSingle(this.#owner)
  }

  override one(context: Context): One {
    const { hops } = this
    const { runtime } = context
    return (input, env) => {
      const closure = outer(env, hops)!.value as Closure
      runtime.spend(1)
      return closure.code.one(input, closure.env)
    }
  }

  many(context: Context): Many {
    const { hops } = this
    const { runtime } = context
    return (input, env, emit) => {
      const closure = outer(env, hops)!.value as Closure
      runtime.spend(1)
      return closure.code.many(input, closure.env, emit)
    }
  }

  override paths(context: Context): Paths {
    const { hops } = this
    const { runtime } = context
    return (path, value, env, emit) => {
      const closure = outer(env, hops)!.value as Closure
      runtime.spend(1)
      return closure.code.paths(path, value, closure.env, emit)
    }
  }
}
