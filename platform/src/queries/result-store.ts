import { must, PlatformError } from '@super-data/base/errors'
import type { JsonValue } from '@super-data/contract'
import type { ObjectStore } from '@super-data/objects'
import { parseExactJson } from '../exact-json.ts'

/** No such result, or it has been cleared away. */
export class ResultMissing extends PlatformError {
  readonly code = 'RESULT_MISSING'
  readonly kind = 'missing'
  constructor() {
    super('there is no such result any more', { hint: 'Results are kept for a day. Ask again.' })
  }
}

/** The cursor is not one that a read returned. */
export class ResultCursorInvalid extends PlatformError {
  readonly code = 'RESULT_CURSOR_INVALID'
  readonly kind = 'invalid'
  constructor() {
    super('the cursor does not belong to this result', { hint: 'Use the cursor of the previous read, unchanged.' })
  }
}

export interface ResultStoreSettings {
  /** The longest result that is kept. */
  readonly resultBytesMax: number
  /** All kept results together; the oldest go first. */
  readonly totalBytesMax: number
  readonly keepMs: number
}

export interface ResultPage {
  readonly items: JsonValue[]
  readonly text?: string
  readonly count: number
  readonly cursor: string | null
  readonly complete: boolean
}

interface ResultName {
  readonly project: string
  readonly handle: string
}

/** Results too long for an answer: newline-delimited JSON in the object store, read by byte position. */
export class ResultStore {
  readonly #objects: ObjectStore
  readonly #settings: ResultStoreSettings
  readonly #now: () => number

  constructor(objects: ObjectStore, settings: ResultStoreSettings, now: () => number) {
    this.#objects = objects
    this.#settings = settings
    this.#now = now
  }

  write(name: ResultName): ResultWriter {
    return new ResultWriter(this.#objects, keyOf(name), this.#settings.resultBytesMax)
  }

  /**
   * Reads whole items from `cursor` on. An item too large for one page comes in parts, as `text`.
   * Without a cursor it starts at the first item that the answer left out.
   */
  async read(name: ResultName, options: { cursor?: string; maxRows: number; maxBytes: number }): Promise<ResultPage> {
    const head = await this.#objects.head(keyOf(name))
    if (!head) throw new ResultMissing()
    const meta = await this.#meta(name)
    const position = parseCursor(options.cursor) ?? { at: meta.keptBytes, inside: false }
    if (position.at > head.sizeBytes) throw new ResultCursorInvalid()
    const bytes = await this.#bytes(name, position.at, Math.min(head.sizeBytes, position.at + options.maxBytes))
    const page = position.inside ? partOfItem(bytes) : wholeItems(bytes, options.maxRows)
    const next = position.at + page.usedBytes
    const ended = next >= head.sizeBytes
    return {
      items: page.items,
      ...(page.text === undefined ? {} : { text: page.text }),
      count: page.items.length,
      cursor: ended ? null : `${page.inside ? 'p' : 'b'}${next}`,
      complete: meta.complete,
    }
  }

  /** Removes what is too old, then the oldest until the rest fits. Safe to run at any time. */
  async prune(): Promise<void> {
    const kept = []
    for await (const object of this.#all()) {
      if (object.modifiedAt < this.#now() - this.#settings.keepMs) await this.#objects.delete(object.key)
      else kept.push(object)
    }
    kept.sort((a, b) => b.modifiedAt - a.modifiedAt)
    let total = 0
    for (const object of kept) {
      total += object.sizeBytes
      if (total > this.#settings.totalBytesMax) await this.#objects.delete(object.key)
    }
  }

  async *#all() {
    let startAfter: string | undefined
    do {
      const listed = await this.#objects.list({ prefix: 'results/', ...(startAfter ? { startAfter } : {}) })
      yield* listed.objects
      startAfter = listed.next
    } while (startAfter)
  }

  async #bytes(name: ResultName, start: number, end: number): Promise<Buffer> {
    if (end <= start) return Buffer.alloc(0)
    const object = await this.#objects.get(keyOf(name), { range: { start, end } })
    const chunks: Uint8Array[] = []
    for await (const chunk of object.body) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  async #meta(name: ResultName): Promise<{ keptBytes: number; complete: boolean }> {
    const object = await this.#objects.get(metaKeyOf(name))
    const chunks: Uint8Array[] = []
    for await (const chunk of object.body) chunks.push(chunk)
    return JSON.parse(Buffer.concat(chunks).toString()) as { keptBytes: number; complete: boolean }
  }
}

/** Writes one result as it is produced. Nothing of it can be read before `finish`. */
export class ResultWriter {
  readonly #objects: ObjectStore
  readonly #key: string
  readonly #bytesMax: number
  readonly #queue = new ChunkQueue()
  readonly #stored: Promise<unknown>
  #failure: unknown
  #bytes = 0
  #complete = true

  constructor(objects: ObjectStore, key: string, bytesMax: number) {
    this.#objects = objects
    this.#key = key
    this.#bytesMax = bytesMax
    this.#stored = objects.put(key, this.#queue, { contentType: 'application/x-ndjson' }).catch(failure => {
      this.#failure = failure
      this.#queue.end()
    })
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @returns false once the result is as long as results may be. */
  async lines(lines: readonly string[]): Promise<boolean> {
    if (this.#failure) throw this.#failure
    if (lines.length === 0) return this.#complete
    const chunk = Buffer.from(`${lines.join('\n')}\n`)
    if (this.#bytes + chunk.length > this.#bytesMax) this.#complete = false
    if (!this.#complete) return false
    this.#bytes += chunk.length
    await this.#queue.push(chunk)
    return true
  }

  async finish(kept: readonly string[]): Promise<void> {
    this.#queue.end()
    await this.#stored
    if (this.#failure) throw this.#failure
    const keptBytes = kept.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
    const meta = Buffer.from(JSON.stringify({ keptBytes, complete: this.#complete }))
    await this.#objects.put(`${this.#key}.meta`, meta, { contentType: 'application/json' })
  }

  async abandon(): Promise<void> {
    this.#queue.end()
    await this.#stored
    await this.#objects.delete(this.#key)
  }
}

/** A stream that is pushed into; `push` waits until the reader has taken the chunk before. */
class ChunkQueue implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = []
  #ended = false
  #wakeReader: (() => void) | undefined
  #wakeWriter: (() => void) | undefined

  async push(chunk: Uint8Array): Promise<void> {
    while (this.#chunks.length > 0 && !this.#ended) await new Promise<void>(wake => (this.#wakeWriter = wake))
    this.#chunks.push(chunk)
    this.#wakeReader?.()
  }

  end(): void {
    this.#ended = true
    this.#wakeReader?.()
    this.#wakeWriter?.()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk) {
        this.#wakeWriter?.()
        yield chunk
      } else if (this.#ended) return
      else await new Promise<void>(wake => (this.#wakeReader = wake))
    }
  }
}

const keyOf = (name: ResultName) => `results/${name.project}/${name.handle}`
const metaKeyOf = (name: ResultName) => `${keyOf(name)}.meta`

/** `b120`: a byte position where an item starts; `p120`: one inside an item. */
function parseCursor(cursor: string | undefined): { at: number; inside: boolean } | undefined {
  if (cursor === undefined) return undefined
  const parts = /^([bp])(\d{1,15})$/.exec(cursor)
  if (!parts) throw new ResultCursorInvalid()
  return { at: Number(must(parts[2], 'a position')), inside: parts[1] === 'p' }
}

interface PageOfBytes {
  readonly items: JsonValue[]
  readonly text?: string
  readonly usedBytes: number
  /** The next page starts inside an item. */
  readonly inside: boolean
}

const newline = 10

function wholeItems(bytes: Buffer, maxRows: number): PageOfBytes {
  const items: JsonValue[] = []
  let start = 0
  while (items.length < maxRows) {
    const end = bytes.indexOf(newline, start)
    if (end < 0) break
    items.push(parseExactJson(bytes.toString('utf8', start, end)))
    start = end + 1
  }
  if (items.length === 0 && bytes.length > 0) return partOfItem(bytes)
  return { items, usedBytes: start, inside: false }
}

function partOfItem(bytes: Buffer): PageOfBytes {
  const end = bytes.indexOf(newline)
  if (end >= 0) return { items: [], text: bytes.toString('utf8', 0, end), usedBytes: end + 1, inside: false }
  const cut = wholeCharacters(bytes)
  return { items: [], text: bytes.toString('utf8', 0, cut), usedBytes: cut, inside: true }
}

/** The length of the longest prefix that does not end inside a UTF-8 character. */
function wholeCharacters(bytes: Buffer): number {
  let start = bytes.length - 1
  while (start > 0 && (bytes[start]! & 0xc0) === 0x80) start--
  const lead = bytes[start]!
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1
  return start + length > bytes.length ? start : bytes.length
}
