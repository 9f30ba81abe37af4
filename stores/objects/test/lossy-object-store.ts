import { ObjectOutcomeUnknown, type ObjectStore, type PutBody, type PutOptions } from '@super-data/objects'

/** A store whose answers get lost on demand: before the write happens, or after. */
export class LossyObjectStore implements ObjectStore {
  readonly #store: ObjectStore
  #lose: 'before' | 'after' | undefined

  constructor(store: ObjectStore) {
    this.#store = store
  }

  loseNextPut(when: 'before' | 'after'): void {
    this.#lose = when
  }

  async put(key: string, body: PutBody, options?: PutOptions): Promise<{ readonly etag: string }> {
    const lose = this.#lose
    this.#lose = undefined
    if (lose === 'before') throw new ObjectOutcomeUnknown(key, new Error('connection lost'))
    const written = await this.#store.put(key, body, options)
    if (lose === 'after') throw new ObjectOutcomeUnknown(key, new Error('connection lost'))
    return written
  }

  get: ObjectStore['get'] = (key, options) => this.#store.get(key, options)
  head: ObjectStore['head'] = (key, options) => this.#store.head(key, options)
  list: ObjectStore['list'] = options => this.#store.list(options)
  delete: ObjectStore['delete'] = (key, options) => this.#store.delete(key, options)
  close: ObjectStore['close'] = () => this.#store.close();

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
