import { Raised } from '../value/raised.ts'
import { BodyCode } from './code.ts'
import type { Many, One, Paths } from './machine.ts'
import type { Context, FunctionCode, FunctionPlan, Linear, Plan, Update } from './plan.ts'
import type { Runtime } from './runtime.ts'
import type { Site } from './site.ts'

/** The context of one function body, or of the program. Each function is compiled at most twice for each of them. */
export class BodyContext implements Context {
  readonly runtime: Runtime
  readonly owner: FunctionPlan | undefined
  readonly #singleParams: boolean
  readonly #parent: BodyContext | undefined
  readonly #codes = new Map<FunctionPlan, Map<boolean, FunctionCode>>()
  readonly #singles = new Map<Plan, boolean>()
  readonly #root: BodyContext
  /** Its code tells errors where they were raised, which makes it several times slower. */
  readonly #locates: boolean
  /** Functions whose number of outputs is being found out; recursion assumes one. */
  readonly #assumed: FunctionCode[] = []
  /** Lowest assumption the current answer rests on. */
  #lowest = Number.POSITIVE_INFINITY

  constructor(
    runtime: Runtime,
    body?: { readonly owner: FunctionPlan; readonly singleParams: boolean; readonly parent: BodyContext },
    locates = false,
  ) {
    this.runtime = runtime
    this.#locates = locates
    this.owner = body?.owner
    this.#singleParams = body?.singleParams ?? false
    this.#parent = body?.parent
    this.#root = body === undefined ? this : body.parent.#root
  }

  paramsAreSingle(owner: FunctionPlan): boolean {
    return this.of(owner).#singleParams
  }

  /** The context of an enclosing function's body. */
  of(owner: FunctionPlan | undefined): BodyContext {
    let at: BodyContext = this
    while (at.owner !== owner) at = at.#parent!
    return at
  }

  codeOf(fn: FunctionPlan, singleArgs: boolean): FunctionCode {
    const home = this.of(fn.enclosing)
    let variants = home.#codes.get(fn)
    if (!variants) {
      variants = new Map()
      home.#codes.set(fn, variants)
    }
    let code = variants.get(singleArgs)
    if (!code) {
      const inner = new BodyContext(this.runtime, { owner: fn, singleParams: singleArgs, parent: home })
      code = new BodyCode(fn, inner)
      variants.set(singleArgs, code)
    }
    return code
  }

  isSingle(plan: Plan): boolean {
    const known = this.#singles.get(plan)
    if (known !== undefined) return known
    const answer = plan.single(this)
    if (this.#root.#assumed.length === 0) this.#singles.set(plan, answer)
    return answer
  }

  isSingleFunction(code: FunctionCode): boolean {
    if (code.single !== undefined) return code.single
    const root = this.#root
    const at = root.#assumed.indexOf(code)
    if (at >= 0) {
      root.#lowest = Math.min(root.#lowest, at)
      return true
    }
    const depth = root.#assumed.push(code) - 1
    const outerLowest = root.#lowest
    root.#lowest = Number.POSITIVE_INFINITY
    const answer = code.context.isSingle(code.fn.body)
    root.#assumed.pop()
    if (!answer || root.#lowest >= depth) code.single = answer
    root.#lowest = Math.min(outerLowest, root.#lowest >= depth ? Number.POSITIVE_INFINITY : root.#lowest)
    return answer
  }

  one(plan: Plan, tail = false): One {
    return this.#located(plan, plan.one(this, tail))
  }

  many(plan: Plan, tail = false): Many {
    if (!this.isSingle(plan)) return this.#located(plan, plan.many(this, tail))
    const one = this.one(plan)
    return (input, env, emit) => emit(one(input, env))
  }

  paths(plan: Plan): Paths {
    return this.#located(plan, plan.paths(this))
  }

  update(plan: Plan): Update | undefined {
    const update = plan.update(this)
    return update && this.#located(plan, update)
  }

  linear(plan: Plan): Linear | undefined {
    const linear = plan.linear(this)
    return linear && this.#located(plan, linear)
  }

  #located<Args extends unknown[], Result>(plan: Plan, code: (...args: Args) => Result): (...args: Args) => Result {
    return this.#root.#locates && plan.site ? located(code, plan.site) : code
  }
}

/** The innermost piece of program that an error passes on its way out is where it was raised. */
function located<Args extends unknown[], Result>(code: (...args: Args) => Result, site: Site) {
  return (...args: Args): Result => {
    try {
      return code(...args)
    } catch (error) {
      if (error instanceof Raised) error.site ??= site
      throw error
    }
  }
}
