import {
  type Emit,
  type EmitPath,
  type Many,
  type One,
  type Path,
  PathCell,
  type Paths,
  type Signal,
} from '../compile/machine.ts'
import { type Context, Plan, type Replace, type Replacement, removed, type Update, untouched } from '../compile/plan.ts'
import type { Runtime } from '../compile/runtime.ts'
import { deleteKeys, getAt, getField, getSlice, iterate, type Owned, setAt } from '../value/access.ts'
import { isBigLiteral } from '../value/big-literal.ts'
import { fail, preview, Raised } from '../value/raised.ts'
import { isObject, setOwn, type Value } from '../value/value.ts'
import { productOf } from './product.ts'

/** `undefined` when the value has no such element; other errors go on. */
export function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof Raised) return undefined
    throw error
  }
}

/** Names that some value or other inherits, and numbers, which arrays answer to: they need a careful look. */
function isTreacherous(key: string): boolean {
  return key in Array.prototype || key in Object.prototype || key === 'text' || key === 'double' || /^\d+$/.test(key)
}

/** Reads a field whose name the program spells out. */
export function fieldReader(key: string): (value: Value) => Value {
  if (isTreacherous(key)) return value => getField(value, key)
  return value => {
    if (typeof value === 'object' && value !== null) {
      const found = (value as { [key: string]: Value })[key]
      if (found !== undefined) return found
    }
    return getField(value, key)
  }
}

/** `target[index]`, which `target.name` is too. */
export class IndexPlan extends Plan {
  readonly #target: Plan
  readonly #index: Plan
  readonly #optional: boolean
  constructor(target: Plan, index: Plan, optional: boolean) {
    super()
    this.#target = target
    this.#index = index
    this.#optional = optional
  }

  single(context: Context): boolean {
    return !this.#optional && context.isSingle(this.#target) && context.isSingle(this.#index)
  }

  override one(context: Context): One {
    const target = context.one(this.#target)
    const key = this.#index.constant()
    if (typeof key === 'string') {
      const read = fieldReader(key)
      return (input, env) => read(target(input, env))
    }
    const index = context.one(this.#index)
    return (input, env) => {
      const at = index(input, env)
      return getAt(target(input, env), at)
    }
  }

  many(context: Context): Many {
    const product = productOf([this.#index, this.#target], context)
    if (!this.#optional) {
      return (input, env, emit) => product(input, env, ([key, value]) => emit(getAt(value!, key!)))
    }
    return (input, env, emit) =>
      product(input, env, ([key, value]) => {
        const found = attempt(() => getAt(value!, key!))
        return found === undefined ? undefined : emit(found)
      })
  }

  override paths(context: Context): Paths {
    const target = context.paths(this.#target)
    const index = context.many(this.#index)
    const optional = this.#optional
    return (path, value, env, emit) =>
      index(value, env, key =>
        target(path, value, env, (at, found) => {
          checkFound(at, found, key)
          const child = optional ? attempt(() => getAt(found, key)) : getAt(found, key)
          return child === undefined ? undefined : emit(new PathCell(at as PathCell | null, key), child)
        }),
      )
  }

  override update(context: Context): Update | undefined {
    const target = context.update(this.#target)
    if (!target || this.#optional || !context.isSingle(this.#index)) return undefined
    const index = context.one(this.#index)
    return (value, env, replace, owned) => {
      const key = index(value, env)
      return target(value, env, parent => replaceAt(parent, key, replace, owned), owned)
    }
  }

  override fixedPath(): Value[] | undefined {
    const key = this.#index.constant()
    const parents = this.#optional ? undefined : this.#target.fixedPath()
    return parents && (typeof key === 'string' || typeof key === 'number') ? [...parents, key] : undefined
  }

  override sharesInput(): boolean {
    return this.#target.sharesInput()
  }
}

function checkFound(path: Path, value: Value, key: Value): void {
  if (path !== undefined) return
  fail(`Invalid path expression near attempt to access element ${preview(key)} of ${preview(value)}`)
}

function replaceAt(parent: Value, key: Value, replace: Replace, owned: Owned | undefined): Replacement {
  const item = replace(getAt(parent, key))
  if (item === untouched || (item === removed && parent === null)) return untouched
  return item === removed ? deleteKeys(parent, [key]) : setAt(parent, key, item, owned)
}

/** `target[from:to]` */
export class SlicePlan extends Plan {
  readonly #target: Plan
  readonly #from: Plan
  readonly #to: Plan
  readonly #optional: boolean
  constructor(target: Plan, from: Plan, to: Plan, optional: boolean) {
    super()
    this.#target = target
    this.#from = from
    this.#to = to
    this.#optional = optional
  }

  single(context: Context): boolean {
    return !this.#optional && [this.#from, this.#to, this.#target].every(plan => context.isSingle(plan))
  }

  override one(context: Context): One {
    const from = context.one(this.#from)
    const to = context.one(this.#to)
    const target = context.one(this.#target)
    return (input, env) => getSlice(target(input, env), from(input, env), to(input, env))
  }

  many(context: Context): Many {
    const product = productOf([this.#from, this.#to, this.#target], context)
    const optional = this.#optional
    return (input, env, emit) =>
      product(input, env, ([from, to, value]) => {
        const part = optional ? attempt(() => getSlice(value!, from!, to!)) : getSlice(value!, from!, to!)
        return part === undefined ? undefined : emit(part)
      })
  }

  override paths(context: Context): Paths {
    const bounds = productOf([this.#from, this.#to], context)
    const target = context.paths(this.#target)
    const optional = this.#optional
    return (path, value, env, emit) =>
      bounds(value, env, ([from, to]) =>
        target(path, value, env, (at, found) => {
          const key = { start: from!, end: to! }
          checkFound(at, found, key)
          const part = optional ? attempt(() => getAt(found, key)) : getAt(found, key)
          return part === undefined ? undefined : emit(new PathCell(at as PathCell | null, key), part)
        }),
      )
  }
}

/** `target[]` */
export class IteratePlan extends Plan {
  readonly #target: Plan
  readonly #optional: boolean
  constructor(target: Plan, optional: boolean) {
    super()
    this.#target = target
    this.#optional = optional
  }

  single(): boolean {
    return false
  }

  many(context: Context): Many {
    const { runtime } = context
    const optional = this.#optional
    const each = (value: Value, emit: Emit) => emitEach(value, emit, runtime, optional)
    if (context.isSingle(this.#target)) {
      const target = context.one(this.#target)
      return (input, env, emit) => each(target(input, env), emit)
    }
    const target = context.many(this.#target)
    return (input, env, emit) => target(input, env, value => each(value, emit))
  }

  override paths(context: Context): Paths {
    const target = context.paths(this.#target)
    const optional = this.#optional
    const { runtime } = context
    return (path, value, env, emit) =>
      target(path, value, env, (at, found) => {
        if (at === undefined) fail(`Invalid path expression near attempt to iterate through ${preview(found)}`)
        if (optional && (typeof found !== 'object' || found === null || isBigLiteral(found))) return undefined
        return emitEachPath(at, found, emit, runtime)
      })
  }

  override update(context: Context): Update | undefined {
    const target = context.update(this.#target)
    if (!target || this.#optional) return undefined
    const { runtime } = context
    return (value, env, replace, owned) =>
      target(value, env, parent => replaceEach(parent, replace, runtime, owned), owned)
  }

  override sharesInput(): boolean {
    return this.#target.sharesInput()
  }
}

function emitEach(value: Value, emit: Emit, runtime: Runtime, optional: boolean): Signal {
  if (!Array.isArray(value)) {
    if (optional && !isObject(value)) return undefined
    return emitEach(iterate(value), emit, runtime, false)
  }
  for (let at = 0; at < value.length; at++) {
    if (--runtime.fuel < 0) runtime.spend(0)
    const signal = emit(value[at]!)
    if (signal !== undefined) return signal
  }
  return undefined
}

/** Hands on every child with its path. */
export function emitEachPath(path: PathCell | null, value: Value, emit: EmitPath, runtime: Runtime): Signal {
  if (isObject(value)) {
    for (const key of Object.keys(value)) {
      runtime.spend(1)
      const signal = emit(new PathCell(path, key), value[key]!)
      if (signal !== undefined) return signal
    }
    return undefined
  }
  const list = iterate(value)
  for (let at = 0; at < list.length; at++) {
    runtime.spend(1)
    const signal = emit(new PathCell(path, at), list[at]!)
    if (signal !== undefined) return signal
  }
  return undefined
}

function replaceEach(parent: Value, replace: Replace, runtime: Runtime, owned: Owned | undefined): Value {
  if (Array.isArray(parent)) {
    const items: Value[] = []
    runtime.spend(parent.length)
    for (let at = 0; at < parent.length; at++) {
      const item = replace(parent[at]!)
      if (item === untouched) items.push(parent[at]!)
      else if (item !== removed) items.push(item)
    }
    owned?.add(items)
    return items
  }
  if (!isObject(parent)) return iterate(parent)
  const copy: { [key: string]: Value } = {}
  for (const key of Object.keys(parent)) {
    runtime.spend(1)
    const item = replace(parent[key]!)
    if (item === untouched) setOwn(copy, key, parent[key]!)
    else if (item !== removed) setOwn(copy, key, item)
  }
  owned?.add(copy)
  return copy
}

/** `..`: the value and everything in it, parents first. */
export class RecursePlan extends Plan {
  single(): boolean {
    return false
  }

  many({ runtime }: Context): Many {
    return (input, _env, emit) => {
      const stack: Value[] = [input]
      while (stack.length > 0) {
        const value = stack.pop()!
        if (--runtime.fuel < 0) runtime.spend(0)
        const signal = emit(value)
        if (signal !== undefined) return signal
        if (typeof value === 'object' && value !== null && !isBigLiteral(value)) pushReversed(stack, iterate(value))
      }
      return undefined
    }
  }

  override paths({ runtime }: Context): Paths {
    return (path, value, _env, emit) => {
      const stack: { path: Path; value: Value }[] = [{ path, value }]
      for (let next = stack.pop(); next; next = stack.pop()) {
        const signal = emit(next.path, next.value)
        if (signal !== undefined) return signal
        const { path: at, value: found } = next
        if (typeof found !== 'object' || found === null || isBigLiteral(found)) continue
        if (at === undefined) fail(`Invalid path expression near attempt to iterate through ${preview(found)}`)
        const children: { path: Path; value: Value }[] = []
        emitEachPath(at, found, (childPath, child) => void children.push({ path: childPath, value: child }), runtime)
        for (let child = children.pop(); child; child = children.pop()) stack.push(child)
      }
      return undefined
    }
  }
}

function pushReversed(stack: Value[], items: Value[]): void {
  for (let at = items.length - 1; at >= 0; at--) stack.push(items[at]!)
}
