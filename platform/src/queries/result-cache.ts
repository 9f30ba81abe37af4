/**
 * Answers by the hash of everything they depend on. A key never means anything else later, so nothing is ever
 * invalidated; what is not asked for goes by itself. Several servers may share one.
 */
export interface ResultCache {
  /** A cache that cannot be reached has nothing. */
  get(key: string): Promise<string | undefined>
  /** May keep nothing. */
  set(key: string, text: string): Promise<void>
}

/** Of the whole size, what one answer may take at most. */
const largestShare = 1 / 4

/** Bytes that an entry takes beside its texts. */
const entryBytes = 200

/** Keeps the answers asked for last, in memory of a fixed size. */
export class MemoryResultCache implements ResultCache {
  readonly #bytesMax: number
  readonly #texts = new Map<string, string>()
  #bytes = 0

  /** @param bytesMax 0 keeps nothing. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  async get(key: string): Promise<string | undefined> {
    const text = this.#texts.get(key)
    if (text === undefined) return undefined
    // A map keeps the order of insertion: the one asked for goes to the end.
    this.#texts.delete(key)
    this.#texts.set(key, text)
    return text
  }

  async set(key: string, text: string): Promise<void> {
    this.#drop(key)
    if (sizeOf(key, text) > this.#bytesMax * largestShare) return
    this.#texts.set(key, text)
    this.#bytes += sizeOf(key, text)
    while (this.#bytes > this.#bytesMax) this.#drop(this.#texts.keys().next().value!)
  }

  #drop(key: string): void {
    const text = this.#texts.get(key)
    if (text === undefined) return
    this.#texts.delete(key)
    this.#bytes -= sizeOf(key, text)
  }
}

/** V8 takes two bytes for a character as soon as one of them needs it. */
const sizeOf = (key: string, text: string) => 2 * (key.length + text.length) + entryBytes
