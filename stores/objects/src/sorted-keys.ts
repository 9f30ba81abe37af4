import { compareKeys } from './object-key.ts'
import type { ListRequest } from './request.ts'

/** Names of one page, before anybody looked at the objects. */
export interface KeyPage {
  readonly keys: readonly string[]
  readonly prefixes: readonly string[]
  readonly next: string | undefined
}

/** A set of keys in the order of their UTF-8 bytes. */
export class SortedKeys {
  #keys: string[] = []

  get size(): number {
    return this.#keys.length
  }

  add(key: string): void {
    const at = this.#firstNotBefore(key)
    if (this.#keys[at] !== key) this.#keys.splice(at, 0, key)
  }

  delete(key: string): void {
    const at = this.#firstNotBefore(key)
    if (this.#keys[at] === key) this.#keys.splice(at, 1)
  }

  /** Many changes at once, at the price of one sort. */
  change(added: readonly string[], deleted: ReadonlySet<string>): void {
    if (added.length + deleted.size < 32) {
      for (const key of deleted) this.delete(key)
      for (const key of added) this.add(key)
      return
    }
    const kept = deleted.size === 0 ? this.#keys : this.#keys.filter(key => !deleted.has(key))
    this.#keys = [...new Set([...kept, ...added])].sort(compareKeys)
  }

  /** Every name on the page, key or rolled-up prefix, comes strictly after `startAfter`. */
  page({ prefix, startAfter, delimiter, limit }: ListRequest): KeyPage {
    const keys: string[] = []
    const prefixes: string[] = []
    let last: string | undefined
    let at = this.#firstNotBefore(prefix)
    if (startAfter !== undefined) at = Math.max(at, this.#firstAfter(startAfter))
    while (at < this.#keys.length) {
      const key = this.#keys[at]!
      if (!key.startsWith(prefix)) break
      const group = rollUp(key, prefix, delimiter)
      const passed = group !== undefined && startAfter !== undefined && compareKeys(group, startAfter) <= 0
      if (!passed) {
        if (keys.length + prefixes.length === limit) return { keys, prefixes, next: last }
        if (group === undefined) keys.push(key)
        else prefixes.push(group)
        last = group ?? key
      }
      at = group === undefined ? at + 1 : this.#endOfGroup(group, at)
    }
    return { keys, prefixes, next: undefined }
  }

  /** Keys with one prefix stand together: the first position at or after `from` whose key lacks it. */
  #endOfGroup(group: string, from: number): number {
    return this.#search(from, key => key.startsWith(group))
  }

  #firstNotBefore(key: string): number {
    return this.#search(0, other => compareKeys(other, key) < 0)
  }

  #firstAfter(key: string): number {
    return this.#search(0, other => compareKeys(other, key) <= 0)
  }

  /** The first position at or after `low` where `before` no longer holds. */
  #search(low: number, before: (key: string) => boolean): number {
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (before(this.#keys[middle]!)) low = middle + 1
      else high = middle
    }
    return low
  }
}

function rollUp(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (delimiter === undefined) return undefined
  const at = key.indexOf(delimiter, prefix.length)
  return at < 0 ? undefined : key.slice(0, at + delimiter.length)
}
