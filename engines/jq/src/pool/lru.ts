/** Keeps values up to a total cost and forgets the least recently used first. */
export class Lru<T> {
  readonly #costMax: number
  readonly #entries = new Map<string, { readonly value: T; readonly cost: number }>()
  #cost = 0

  constructor(costMax: number) {
    this.#costMax = costMax
  }

  get cost(): number {
    return this.#cost
  }

  get keys(): string[] {
    return [...this.#entries.keys()]
  }

  find(key: string): T | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  /** Keeps the value unless it alone costs more than there is. */
  put(key: string, value: T, cost: number): void {
    this.#drop(key)
    if (cost > this.#costMax) return
    this.makeRoom(cost)
    this.#entries.set(key, { value, cost })
    this.#cost += cost
  }

  /** Forgets until `cost` more would fit. */
  makeRoom(cost: number): void {
    for (const key of this.#entries.keys()) {
      if (this.#cost + cost <= this.#costMax) return
      this.#drop(key)
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#entries.delete(key)
    this.#cost -= entry.cost
  }
}
