import { BodyCode } from './code.ts'
import type { Many, One } from './machine.ts'
import type { Context, FunctionCode, FunctionPlan, Plan } from './plan.ts'
import type { Runtime } from './runtime.ts'

/** The context of one function body, or of the program. Each function is compiled at most twice for each of them. */
export class BodyContext implements Context {
  readonly runtime: Runtime
  readonly owner: FunctionPlan | undefined
  readonly #singleParams: boolean
  readonly #parent: BodyContext | undefined
  readonly #codes = new Map<FunctionPlan, Map<boolean, FunctionCode>>()
  readonly #singles = new Map<Plan, boolean>()
  readonly #root: BodyContext
  /** Functions whose number of outputs is being found out; recursion assumes one. */
  readonly #assumed: FunctionCode[] = []
  /** Lowest assumption the current answer rests on. */
  #lowest = Number.POSITIVE_INFINITY

  constructor(
    runtime: Runtime,
    body?: { readonly owner: FunctionPlan; readonly singleParams: boolean; readonly parent: BodyContext },
  ) {
    this.runtime = runtime
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
    return plan.one(this, tail)
  }

  many(plan: Plan, tail = false): Many {
    if (!this.isSingle(plan)) return plan.many(this, tail)
    const one = plan.one(this)
    return (input, env, emit) => emit(one(input, env))
  }
}
