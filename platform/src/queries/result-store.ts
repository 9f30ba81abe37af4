import type { Column, JsonValue } from '@super-data/contract'
import { type ObjectEntry, ObjectMissing, type ObjectStore } from '@super-data/objects'
import { ResultMissing } from './errors.ts'
import { pageOf, parsePosition, toCursor } from './result-page.ts'
import { type ResultFacts, type ResultKeys, ResultWriter } from './result-writer.ts'

export interface ResultStoreSettings {
  /** The longest result that is kept. */
  readonly resultBytesMax: number
  /** All kept results together; the oldest go first. */
  readonly totalBytesMax: number
  readonly keepMs: number
}

export interface ResultPage {
  /** Of a table. */
  readonly columns?: Column[]
  readonly items: JsonValue[]
  /** Part of the JSON text of one item that is too large for a page. */
  readonly text?: string
  readonly count: number
  readonly cursor: string | null
  readonly complete: boolean
}

export interface ResultName {
  readonly project: string
  readonly handle: string
}

const folder = 'results/'

/** Results too long for an answer: newline-delimited JSON in the object store, read by byte position. */
export class ResultStore {
  readonly #objects: ObjectStore
  readonly #settings: ResultStoreSettings
  readonly #now: () => number
  #writtenSincePrune = 0
  #pruning: Promise<void> | undefined

  /** Borrows the object store. */
  constructor(objects: ObjectStore, settings: ResultStoreSettings, now: () => number) {
    this.#objects = objects
    this.#settings = settings
    this.#now = now
  }

  /** Many long results in a short time make room for themselves. */
  async write(name: ResultName): Promise<ResultWriter> {
    const { resultBytesMax, totalBytesMax } = this.#settings
    if (this.#writtenSincePrune > totalBytesMax / 2) await this.prune()
    return new ResultWriter(this.#objects, keysOf(name), {
      bytesMax: resultBytesMax,
      onBytes: bytes => {
        this.#writtenSincePrune += bytes
      },
    })
  }

  /**
   * Gives a stored result a second name; both lead to it as long as either is kept.
   *
   * @returns false when the result has been cleared away.
   */
  async share(from: ResultName, to: ResultName): Promise<boolean> {
    if ((await this.#objects.head(keysOf(from).facts)) === undefined) return false
    await this.#objects.put(`${keysOf(to).data}${aliasMark}${from.handle}`, new Uint8Array())
    return true
  }

  /**
   * Reads whole items from `cursor` on. An item too large for one page comes in parts, as `text`.
   * Without a cursor it starts at the first item that the answer left out.
   *
   * @throws ResultMissing · ResultCursorInvalid
   */
  async read(name: ResultName, options: { cursor?: string; maxRows: number; maxBytes: number }): Promise<ResultPage> {
    try {
      return await this.#read(name, options)
    } catch (failure) {
      if (failure instanceof ObjectMissing) throw new ResultMissing()
      throw failure
    }
  }

  async #read(name: ResultName, options: { cursor?: string; maxRows: number; maxBytes: number }): Promise<ResultPage> {
    const { keys, facts } = await this.#find(name)
    const start = parsePosition(options.cursor, facts)
    // One byte before the page shows whether an item starts there.
    const from = Math.max(0, start.at - 1)
    const range = { start: from, end: Math.min(facts.sizeBytes, start.at + options.maxBytes) }
    const bytes = range.start < range.end ? await this.#bytes(keys.data, range) : Buffer.alloc(0)
    const page = pageOf(bytes, { start, before: start.at - from, maxRows: options.maxRows })
    const ended = page.next.at >= facts.sizeBytes
    return {
      ...(facts.columns === undefined ? {} : { columns: [...facts.columns] }),
      items: page.items,
      ...(page.text === undefined ? {} : { text: page.text }),
      count: page.items.length,
      cursor: ended ? null : toCursor(page.next),
      complete: facts.complete,
    }
  }

  /** Removes what is too old, then the oldest until the rest fits. Safe to run at any time, also twice at once. */
  prune(): Promise<void> {
    this.#pruning ??= this.#prune().finally(() => {
      this.#pruning = undefined
    })
    return this.#pruning
  }

  async #prune(): Promise<void> {
    this.#writtenSincePrune = 0
    const oldest = this.#now() - this.#settings.keepMs
    const all: ObjectEntry[] = []
    for await (const object of this.#all()) all.push(object)
    let total = 0
    for (const result of resultsOf(all)) {
      total += result.reduce((sum, object) => sum + sizeOf(object), 0)
      const isNewest = newestOf(result) >= oldest && total <= this.#settings.totalBytesMax
      const going = isNewest ? result.filter(object => isAlias(object) && object.modifiedAt < oldest) : result
      for (const object of going) await this.#objects.delete(object.key)
    }
  }

  async #find(name: ResultName): Promise<{ keys: ResultKeys; facts: ResultFacts }> {
    const keys = keysOf(name)
    try {
      return { keys, facts: await this.#facts(keys) }
    } catch (failure) {
      if (!(failure instanceof ObjectMissing)) throw failure
      const prefix = `${keys.data}${aliasMark}`
      const [alias] = (await this.#objects.list({ prefix, limit: 1 })).objects
      if (!alias) throw failure
      const shared = keysOf({ ...name, handle: alias.key.slice(prefix.length) })
      return { keys: shared, facts: await this.#facts(shared) }
    }
  }

  async #facts(keys: ResultKeys): Promise<ResultFacts> {
    return JSON.parse((await this.#bytes(keys.facts)).toString()) as ResultFacts
  }

  async *#all(): AsyncGenerator<ObjectEntry> {
    let startAfter: string | undefined
    do {
      const listed = await this.#objects.list({ prefix: folder, ...(startAfter ? { startAfter } : {}) })
      yield* listed.objects
      startAfter = listed.next
    } while (startAfter)
  }

  async #bytes(key: string, range?: { start: number; end: number }): Promise<Buffer> {
    const object = await this.#objects.get(key, { range })
    const chunks: Uint8Array[] = []
    for await (const chunk of object.body) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
}

/** Between the second name of a result and its first one. */
const aliasMark = '.of.'

const isAlias = (object: ObjectEntry) => object.key.includes(aliasMark)

/** A name is empty, but the names of one result together must not fill the store either. */
const aliasBytes = 4_096

const sizeOf = (object: ObjectEntry) => (isAlias(object) ? aliasBytes : object.sizeBytes)

/** The objects of each result, its other names among them; the result that was written or named last comes first. */
function resultsOf(objects: readonly ObjectEntry[]): ObjectEntry[][] {
  const results = Map.groupBy(objects, resultOf)
  return [...results.values()].sort((a, b) => newestOf(b) - newestOf(a))
}

const newestOf = (result: readonly ObjectEntry[]) => Math.max(...result.map(object => object.modifiedAt))

/** The key of the data that an object belongs to. */
function resultOf({ key }: ObjectEntry): string {
  const [named, of] = key.split(aliasMark)
  return of === undefined ? key.replace(/\.facts$/, '') : `${named!.slice(0, named!.lastIndexOf('/') + 1)}${of}`
}

function keysOf({ project, handle }: ResultName): ResultKeys {
  const data = `${folder}${project}/${handle}`
  return { data, facts: `${data}.facts` }
}
