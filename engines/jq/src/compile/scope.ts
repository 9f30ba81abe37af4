import type { Value } from '../value/value.ts'
import type { FunctionPlan } from './plan.ts'

/** A name in sight, and how many bindings were in sight below it. */
type Entry =
  | { readonly kind: 'variable' | 'label'; readonly name: string; readonly depth: number }
  | { readonly kind: 'param'; readonly name: string; readonly depth: number; readonly owner: FunctionPlan }
  | { readonly kind: 'function'; readonly name: string; readonly arity: number; readonly fn: FunctionPlan }
  | { readonly kind: 'constant'; readonly name: string; readonly value: Value }

interface Link {
  readonly entry: Entry
  readonly next: Link | undefined
}

/** The names in sight at one place of a program. Never changed: entering something makes a new scope. */
export class Scope {
  readonly #names: Link | undefined
  /** How many bindings a running program has at this place. */
  readonly depth: number
  readonly enclosing: FunctionPlan | undefined

  constructor(names?: Link, depth = 0, enclosing?: FunctionPlan) {
    this.#names = names
    this.depth = depth
    this.enclosing = enclosing
  }

  #with(entry: Entry, depth: number): Scope {
    return new Scope({ entry, next: this.#names }, depth, this.enclosing)
  }

  variable(name: string): Scope {
    return this.#with({ kind: 'variable', name, depth: this.depth }, this.depth + 1)
  }

  label(name: string): Scope {
    return this.#with({ kind: 'label', name, depth: this.depth }, this.depth + 1)
  }

  param(name: string, owner: FunctionPlan): Scope {
    return this.#with({ kind: 'param', name, depth: this.depth, owner }, this.depth + 1)
  }

  fn(fn: FunctionPlan, name = fn.name): Scope {
    return this.#with({ kind: 'function', name, arity: fn.params.length, fn }, this.depth)
  }

  /** A variable whose value is known before the program runs. */
  constant(name: string, value: Value): Scope {
    return this.#with({ kind: 'constant', name, value }, this.depth)
  }

  /** The same names, inside the body of a function. */
  inside(fn: FunctionPlan): Scope {
    return new Scope(this.#names, this.depth, fn)
  }

  /** Steps out to a variable or label. */
  hopsTo(kind: 'variable' | 'label', name: string): number | undefined {
    for (let link = this.#names; link; link = link.next) {
      const { entry } = link
      if (entry.kind === kind && entry.name === name) return this.depth - entry.depth - 1
    }
    return undefined
  }

  findFunction(name: string, arity: number): Extract<Entry, { kind: 'param' | 'function' }> | undefined {
    for (let link = this.#names; link; link = link.next) {
      const { entry } = link
      if (entry.kind === 'function' && entry.name === name && entry.arity === arity) return entry
      if (entry.kind === 'param' && arity === 0 && entry.name === name) return entry
    }
    return undefined
  }

  findConstant(name: string): Value | undefined {
    for (let link = this.#names; link; link = link.next) {
      if (link.entry.kind === 'constant' && link.entry.name === name) return link.entry.value
    }
    return undefined
  }

  /** Names to suggest instead of an unknown one. */
  names(kind: Entry['kind'] | 'callable'): string[] {
    const found: string[] = []
    for (let link = this.#names; link; link = link.next) {
      const { entry } = link
      if (entry.kind === kind || (kind === 'callable' && /function|param/.test(entry.kind))) found.push(entry.name)
    }
    return found
  }
}
