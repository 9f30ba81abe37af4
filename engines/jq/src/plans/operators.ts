import type { Many, One, Paths } from '../compile/machine.ts'
import { type Context, type Linear, Plan } from '../compile/plan.ts'
import type { Runtime } from '../compile/runtime.ts'
import type { BinaryOperator } from '../syntax/ast.ts'
import type { Owned } from '../value/access.ts'
import { add, divide, modulo, multiply, negate, subtract } from '../value/arithmetic.ts'
import { compare, equals } from '../value/order.ts'
import { isObject, isTruthy, setOwn, type Value } from '../value/value.ts'
import { IdentityPlan } from './basic.ts'
import { productOf } from './product.ts'

export type Operation = (a: Value, b: Value) => Value

export const operations: Readonly<Record<BinaryOperator, Operation>> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': modulo,
  '==': equals,
  '!=': (a, b) => !equals(a, b),
  '<': (a, b) => compare(a, b) < 0,
  '<=': (a, b) => compare(a, b) <= 0,
  '>': (a, b) => compare(a, b) > 0,
  '>=': (a, b) => compare(a, b) >= 0,
}

/** Arithmetic and comparison. The right side varies slowest. */
export class BinaryPlan extends Plan {
  readonly #operator: BinaryOperator
  readonly #left: Plan
  readonly #right: Plan
  constructor(operator: BinaryOperator, left: Plan, right: Plan) {
    super()
    this.#operator = operator
    this.#left = left
    this.#right = right
  }

  single(context: Context): boolean {
    return context.isSingle(this.#left) && context.isSingle(this.#right)
  }

  override one(context: Context): One {
    const left = context.one(this.#left)
    const constant = this.#right.constant()
    if (typeof constant === 'number') return withNumber(this.#operator, left, constant)
    if (typeof constant === 'string' && this.#operator === '==') return (input, env) => left(input, env) === constant
    const right = context.one(this.#right)
    const operation = operations[this.#operator]
    if (this.#operator === '+') {
      return (input, env) => {
        const b = right(input, env)
        const a = left(input, env)
        return typeof a === 'number' && typeof b === 'number' ? a + b : add(a, b)
      }
    }
    const { runtime } = context
    return (input, env) => {
      const b = right(input, env)
      const a = left(input, env)
      charge(a, b, runtime)
      return operation(a, b)
    }
  }

  many(context: Context): Many {
    const product = productOf([this.#right, this.#left], context)
    const operation = operations[this.#operator]
    const { runtime } = context
    return (input, env, emit) =>
      product(input, env, ([b, a]) => {
        charge(a!, b!, runtime)
        return emit(operation(a!, b!))
      })
  }

  /** `. + x`: appends in place when the input is ours alone. */
  override linear(context: Context): Linear | undefined {
    if (this.#operator !== '+' || !(this.#left instanceof IdentityPlan) || !context.isSingle(this.#right))
      return undefined
    const right = context.one(this.#right)
    const shares = this.#right.sharesInput()
    return (input, env, owned) => {
      const more = right(input, env)
      if (shares && typeof more === 'object' && more !== null) owned.clear()
      return addInto(input, more, owned)
    }
  }

  override sharesInput(): boolean {
    return this.#left.sharesInput() || this.#right.sharesInput()
  }
}

/** Lists and texts take work in proportion to their size. */
function charge(a: Value, b: Value, runtime: Runtime): void {
  if (typeof a === 'string') runtime.spendChars(a.length)
  else if (Array.isArray(a)) runtime.spend(a.length + (Array.isArray(b) ? b.length : 0))
}

/** The sum, made inside `a` when that is ours alone. */
export function addInto(a: Value, b: Value, owned: Owned): Value {
  if (Array.isArray(a) && Array.isArray(b)) {
    const into = owned.has(a) ? a : a.slice()
    owned.add(into)
    for (let at = 0; at < b.length; at++) into.push(b[at]!)
    return into
  }
  if (isObject(a) && isObject(b)) {
    const into = owned.has(a) ? a : { ...a }
    owned.add(into)
    for (const key of Object.keys(b)) setOwn(into, key, b[key]!)
    return into
  }
  return add(a, b)
}

/** The common case of a number on the right. NaN is below every number. */
function withNumber(operator: BinaryOperator, left: One, b: number): One {
  const operation = operations[operator]
  switch (operator) {
    case '>':
      return (input, env) => {
        const a = left(input, env)
        return typeof a === 'number' ? a > b : compare(a, b) > 0
      }
    case '>=':
      return (input, env) => {
        const a = left(input, env)
        return typeof a === 'number' ? a >= b : compare(a, b) >= 0
      }
    case '<':
      return (input, env) => {
        const a = left(input, env)
        return typeof a === 'number' ? !(a >= b) : compare(a, b) < 0
      }
    case '<=':
      return (input, env) => {
        const a = left(input, env)
        return typeof a === 'number' ? !(a > b) : compare(a, b) <= 0
      }
    case '==':
      return (input, env) => {
        const a = left(input, env)
        return a === b || (typeof a === 'object' && equals(a, b))
      }
    case '+':
      return (input, env) => {
        const a = left(input, env)
        return typeof a === 'number' ? a + b : add(a, b)
      }
    case '-':
      return (input, env) => {
        const a = left(input, env)
        return typeof a === 'number' ? a - b : subtract(a, b)
      }
    default:
      return (input, env) => operation(left(input, env), b)
  }
}

/** `-operand` */
export class NegatePlan extends Plan {
  readonly #operand: Plan
  constructor(operand: Plan) {
    super()
    this.#operand = operand
  }
  single(context: Context): boolean {
    return context.isSingle(this.#operand)
  }
  override one(context: Context): One {
    const operand = context.one(this.#operand)
    return (input, env) => negate(operand(input, env))
  }
  many(context: Context): Many {
    const operand = context.many(this.#operand)
    return (input, env, emit) => operand(input, env, value => emit(negate(value)))
  }
  override sharesInput(): boolean {
    return false
  }
}

/** `left and right`, `left or right`: the right side runs only when it decides. */
export class LogicPlan extends Plan {
  /** The left value that decides by itself. */
  readonly #decisive: boolean
  readonly #left: Plan
  readonly #right: Plan
  constructor(operator: 'and' | 'or', left: Plan, right: Plan) {
    super()
    this.#decisive = operator === 'or'
    this.#left = left
    this.#right = right
  }
  single(context: Context): boolean {
    return context.isSingle(this.#left) && context.isSingle(this.#right)
  }
  override one(context: Context): One {
    const left = context.one(this.#left)
    const right = context.one(this.#right)
    if (this.#decisive) return (input, env) => isTruthy(left(input, env)) || isTruthy(right(input, env))
    return (input, env) => isTruthy(left(input, env)) && isTruthy(right(input, env))
  }
  many(context: Context): Many {
    const left = context.many(this.#left)
    const right = context.many(this.#right)
    const decisive = this.#decisive
    return (input, env, emit) =>
      left(input, env, value =>
        isTruthy(value) === decisive ? emit(decisive) : right(input, env, other => emit(isTruthy(other))),
      )
  }
  override sharesInput(): boolean {
    return false
  }
}

/** `left // right`: the true outputs of the left side, or the right side when there are none. Errors go on. */
export class AlternativePlan extends Plan {
  readonly #left: Plan
  readonly #right: Plan
  constructor(left: Plan, right: Plan) {
    super()
    this.#left = left
    this.#right = right
  }

  single(context: Context): boolean {
    return context.isSingle(this.#left) && context.isSingle(this.#right)
  }

  override one(context: Context, tail = false): One {
    const left = context.one(this.#left)
    const right = context.one(this.#right, tail)
    return (input, env) => {
      const value = left(input, env)
      return value !== false && value !== null ? value : right(input, env)
    }
  }

  many(context: Context, tail = false): Many {
    const left = context.many(this.#left)
    const right = context.many(this.#right, tail)
    return (input, env, emit) => {
      let found = false
      const signal = left(input, env, value => {
        if (!isTruthy(value)) return undefined
        found = true
        return emit(value)
      })
      return found || signal !== undefined ? signal : right(input, env, emit)
    }
  }

  override paths(context: Context): Paths {
    const left = context.paths(this.#left)
    const right = context.paths(this.#right)
    return (path, value, env, emit) => {
      let found = false
      const signal = left(path, value, env, (at, item) => {
        if (!isTruthy(item)) return undefined
        found = true
        return emit(at, item)
      })
      return found || signal !== undefined ? signal : right(path, value, env, emit)
    }
  }

  override sharesInput(): boolean {
    return this.#left.sharesInput() || this.#right.sharesInput()
  }
}
