import { type Env, type Many, type One, rethrow } from '../compile/machine.ts'
import { type Context, Plan } from '../compile/plan.ts'
import { describe, fail } from '../value/raised.ts'
import { type JqObject, setOwn, type Value } from '../value/value.ts'
import { productOf } from './product.ts'

/** Collects every output into a fresh array. */
export function collector(plan: Plan, context: Context): (input: Value, env: Env) => Value[] {
  if (context.isSingle(plan)) {
    const one = context.one(plan)
    return (input, env) => [one(input, env)]
  }
  const many = context.many(plan)
  return (input, env) => {
    const items: Value[] = []
    rethrow(
      many(input, env, value => {
        items.push(value)
        return undefined
      }),
    )
    return items
  }
}

/** `[body]` */
export class ArrayPlan extends Plan {
  readonly #body: Plan
  constructor(body: Plan) {
    super()
    this.#body = body
  }
  single(): boolean {
    return true
  }
  override one(context: Context): One {
    return collector(this.#body, context)
  }
  many(context: Context): Many {
    const one = context.one(this)
    return (input, env, emit) => emit(one(input, env))
  }
  override sharesInput(): boolean {
    return this.#body.sharesInput()
  }
}

export interface EntryPlan {
  readonly key: Plan
  readonly value: Plan
}

function keyText(key: Value): string {
  return typeof key === 'string' ? key : fail(`Cannot use ${describe(key)} as object key`)
}

/** `{key: value, …}`. The first entry varies slowest. */
export class ObjectPlan extends Plan {
  readonly #entries: readonly EntryPlan[]
  constructor(entries: readonly EntryPlan[]) {
    super()
    this.#entries = entries
  }

  single(context: Context): boolean {
    return this.#entries.every(({ key, value }) => context.isSingle(key) && context.isSingle(value))
  }

  override one(context: Context): One {
    const names = this.#entries.map(({ key }) => key.constant())
    const values = this.#entries.map(({ value }) => context.one(value))
    if (names.every(name => typeof name === 'string' && name !== '__proto__')) {
      return fixedObject(names as string[], values)
    }
    const keys = this.#entries.map(({ key }) => context.one(key))
    return (input, env) => {
      const object: JqObject = {}
      for (let at = 0; at < keys.length; at++) {
        const key = keyText(keys[at]!(input, env))
        setOwn(object, key, values[at]!(input, env))
      }
      return object
    }
  }

  many(context: Context): Many {
    const product = productOf(
      this.#entries.flatMap(({ key, value }) => [key, value]),
      context,
    )
    return (input, env, emit) =>
      product(input, env, parts => {
        const object: JqObject = {}
        for (let at = 0; at < parts.length; at += 2) setOwn(object, keyText(parts[at]!), parts[at + 1]!)
        return emit(object)
      })
  }

  override sharesInput(): boolean {
    return this.#entries.some(({ value }) => value.sharesInput())
  }
}

/** Objects whose keys the program spells out all get the same hidden shape. */
function fixedObject(names: string[], values: One[]): One {
  return (input, env) => {
    const object: JqObject = {}
    for (let at = 0; at < names.length; at++) object[names[at]!] = values[at]!(input, env)
    return object
  }
}

export type TextPart = string | { readonly plan: Plan; readonly format: (value: Value) => string }

/** `"…\(expression)…"`. The last expression varies slowest. */
export class StringPlan extends Plan {
  readonly #parts: readonly TextPart[]
  constructor(parts: readonly TextPart[]) {
    super()
    this.#parts = parts
  }

  #plans(): Plan[] {
    return this.#parts.flatMap(part => (typeof part === 'string' ? [] : [part.plan]))
  }

  single(context: Context): boolean {
    return this.#plans().every(plan => context.isSingle(plan))
  }

  override one(context: Context): One {
    const pieces = this.#parts.map((part): ((input: Value, env: Env) => string) => {
      if (typeof part === 'string') return () => part
      const { format } = part
      const one = context.one(part.plan)
      return (input, env) => format(one(input, env))
    })
    const { runtime } = context
    return (input, env) => {
      let text = ''
      for (const piece of pieces) text += piece(input, env)
      runtime.spendChars(text.length)
      return text
    }
  }

  many(context: Context): Many {
    const product = productOf(this.#plans().reverse(), context)
    const parts = this.#parts
    const { runtime } = context
    return (input, env, emit) =>
      product(input, env, values => {
        let at = values.length
        const text = parts.map(part => (typeof part === 'string' ? part : part.format(values[--at]!))).join('')
        runtime.spendChars(text.length)
        return emit(text)
      })
  }

  override sharesInput(): boolean {
    return false
  }
}
