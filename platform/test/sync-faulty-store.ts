import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import {
  MemoryObjectStore,
  ObjectBody,
  ObjectOutcomeUnknown,
  type ObjectStore,
  ObjectStoreUnavailable,
  type PutOptions,
} from '@super-data/objects'

type Request = { readonly method: 'get' | 'put' | 'head' | 'list' | 'delete'; readonly key: string }

/** What goes wrong with a request; undefined: nothing. */
export type Fault =
  | 'away' // not reached
  | 'stuck' // no answer, until the caller gives up
  | 'lost' // done, but the answer does not arrive
  | 'cut' // half of the body
  | 'flipped' // one other bit in the body
  | 'careless' // conditions are not kept to

/** A bucket in memory that counts what it is asked, and fails the way a test wants. */
export function openBucket(fault: (request: Request) => Fault | undefined = () => undefined) {
  const inner = new MemoryObjectStore({ clock: systemClock, random: systemRandom })
  const requests: Request[] = []
  const state = { fault }

  async function meet(request: Request, signal: AbortSignal | undefined): Promise<Fault | undefined> {
    requests.push(request)
    const found = state.fault(request)
    if (found === 'away') throw new ObjectStoreUnavailable(new Error('as the test wants'))
    if (found === 'stuck')
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    return found
  }

  const store: ObjectStore = {
    async get(key, options) {
      const found = await meet({ method: 'get', key }, options?.signal)
      const object = await inner.get(key, options)
      if (found !== 'cut' && found !== 'flipped') return object
      const bytes = (await object.body.bytes()).slice()
      if (found === 'flipped') bytes[Math.floor(bytes.byteLength / 2)]! ^= 1
      const sent = found === 'cut' ? bytes.subarray(0, bytes.byteLength / 2) : bytes
      return { ...object, body: new ObjectBody(chunks(sent)) }
    },
    async put(key, body, options) {
      const found = await meet({ method: 'put', key }, options?.signal)
      const result = await inner.put(key, body, found === 'careless' ? unconditional(options) : options)
      if (found === 'lost') throw new ObjectOutcomeUnknown(key, new Error('as the test wants'))
      return result
    },
    async head(key, options) {
      await meet({ method: 'head', key }, options?.signal)
      return inner.head(key, options)
    },
    async list(options) {
      await meet({ method: 'list', key: options?.prefix ?? '' }, options?.signal)
      return inner.list(options)
    },
    async delete(key, options) {
      await meet({ method: 'delete', key }, options?.signal)
      return inner.delete(key, options)
    },
    close: () => inner.close(),
    [Symbol.asyncDispose]: () => inner.close(),
  }
  return {
    ...{ store, inner, requests, state },
    /** What was asked since the last look. */
    take: () => requests.splice(0).map(({ method, key }) => `${method} ${key}`),
    keys: async (prefix = '') => (await inner.list({ prefix })).objects.map(object => object.key),
    bytes: async (key: string) => (await inner.get(key)).body.bytes(),
  }
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function unconditional(options: PutOptions | undefined): PutOptions {
  const { ifMatch: _, ifNoneMatch: __, ...rest } = options ?? {}
  return rest
}
