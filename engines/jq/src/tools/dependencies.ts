import type { Definition } from '../syntax/ast.ts'
import { callsOf } from './free-calls.ts'

/** How definitions that call each other hang together. Functions are named `name/arity`. */
export interface Dependencies {
  /** Every function after those it calls, so that it can be defined in this order; members of a cycle stand together. */
  readonly order: readonly string[]
  /** Functions that call each other in a circle of more than one: no order can define them. */
  readonly cycles: readonly (readonly string[])[]
  /** What each function calls directly among the others, builtins and itself left out. */
  readonly uses: ReadonlyMap<string, readonly string[]>
}

/** Which of these definitions call which. A function that calls only itself is no cycle. */
export function dependencies(definitions: readonly Definition[]): Dependencies {
  const byKey = new Map(definitions.map(definition => [`${definition.name}/${definition.params.length}`, definition]))
  const uses = new Map([...byKey].map(([key, definition]) => [key, usesOf(key, definition, byKey)]))
  const groups = new ComponentFinder(uses).components()
  return { order: groups.flat(), cycles: groups.filter(group => group.length > 1), uses }
}

function usesOf(key: string, definition: Definition, known: ReadonlyMap<string, Definition>): string[] {
  return [...new Set(callsOf(definition))].filter(each => each !== key && known.has(each))
}

/** Strongly connected components after Tarjan: what is used comes before what uses it. */
class ComponentFinder {
  readonly #uses: ReadonlyMap<string, readonly string[]>
  readonly #numbers = new Map<string, number>()
  readonly #lowest = new Map<string, number>()
  readonly #open: string[] = []
  readonly #found: string[][] = []

  constructor(uses: ReadonlyMap<string, readonly string[]>) {
    this.#uses = uses
  }

  components(): string[][] {
    for (const key of this.#uses.keys()) if (!this.#numbers.has(key)) this.#visit(key)
    return this.#found
  }

  #visit(key: string): void {
    const number = this.#numbers.size
    this.#numbers.set(key, number)
    this.#lowest.set(key, number)
    this.#open.push(key)
    for (const next of this.#uses.get(key)!) this.#follow(key, next)
    if (this.#lowest.get(key) === number) this.#found.push(this.#open.splice(this.#open.indexOf(key)))
  }

  #follow(key: string, next: string): void {
    if (!this.#numbers.has(next)) {
      this.#visit(next)
      this.#lower(key, this.#lowest.get(next)!)
    } else if (this.#open.includes(next)) {
      this.#lower(key, this.#numbers.get(next)!)
    }
  }

  #lower(key: string, number: number): void {
    this.#lowest.set(key, Math.min(this.#lowest.get(key)!, number))
  }
}
