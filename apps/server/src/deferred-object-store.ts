import type {
  DeleteOptions,
  GetOptions,
  ListOptions,
  ObjectHead,
  ObjectPage,
  ObjectStore,
  PutBody,
  PutOptions,
  StoredObject,
} from '@super-data/objects'
import { ObjectStoreClosed } from '@super-data/objects'

/** A store that is opened when it is first needed, and again when that failed: nobody waits for it to start. */
export class DeferredObjectStore implements ObjectStore {
  readonly #open: () => Promise<ObjectStore>
  #opening: Promise<ObjectStore> | undefined
  #closed: Promise<void> | undefined

  constructor(open: () => Promise<ObjectStore>) {
    this.#open = open
  }

  async get(key: string, options?: GetOptions): Promise<StoredObject> {
    return (await this.#opened()).get(key, options)
  }

  async put(key: string, body: PutBody, options?: PutOptions): Promise<{ readonly etag: string }> {
    return (await this.#opened()).put(key, body, options)
  }

  async head(key: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<ObjectHead | undefined> {
    return (await this.#opened()).head(key, options)
  }

  async list(options?: ListOptions): Promise<ObjectPage> {
    return (await this.#opened()).list(options)
  }

  async delete(key: string, options?: DeleteOptions): Promise<boolean> {
    return (await this.#opened()).delete(key, options)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #opened(): Promise<ObjectStore> {
    if (this.#closed) throw new ObjectStoreClosed()
    this.#opening ??= this.#open().catch(failure => {
      this.#opening = undefined
      throw failure
    })
    return this.#opening
  }

  async #close(): Promise<void> {
    const store = await this.#opening?.catch(() => undefined)
    await store?.close()
  }
}
