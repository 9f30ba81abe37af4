import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PlatformError } from '@super-data/base/errors'
import type { ListRequest } from '../request.ts'
import { type KeyPage, SortedKeys } from '../sorted-keys.ts'
import { onDisk } from './disk.ts'
import { objectName } from './layout.ts'
import { readHead } from './shard.ts'
import { SharedRun } from './shared-run.ts'

/** Headers read at once; the file system works with four threads. */
const readsAtOnce = 16

/**
 * The keys behind the file names, in order. Which names exist is read anew for every page, as other processes write
 * too; which key a name stands for never changes, so that is read once.
 */
export class KeyCatalog {
  readonly #folders: readonly string[]
  /** One map a folder: file name → key. */
  readonly #known: Map<string, string>[]
  readonly #keys = new SortedKeys()
  readonly #refresh = new SharedRun(() => this.#readFolders())

  constructor(folders: readonly string[]) {
    this.#folders = folders
    this.#known = folders.map(() => new Map())
  }

  /** Sees everything that was written before the call. */
  async page(request: ListRequest): Promise<KeyPage> {
    await this.#refresh.run()
    return this.#keys.page(request)
  }

  async #readFolders(): Promise<void> {
    const listings = await onDisk(() => Promise.all(this.#folders.map(folder => readdir(folder))))
    const unknown: { shard: number; name: string }[] = []
    const deleted = new Set<string>()
    for (const [shard, names] of listings.entries()) {
      const known = this.#known[shard]!
      const present = new Set(names)
      for (const name of names) if (!known.has(name) && objectName.test(name)) unknown.push({ shard, name })
      for (const [name, key] of known) {
        if (present.has(name)) continue
        known.delete(name)
        deleted.add(key)
      }
    }
    this.#keys.change(await this.#readKeys(unknown), deleted)
  }

  async #readKeys(unknown: readonly { shard: number; name: string }[]): Promise<string[]> {
    const keys: string[] = []
    await inParallel(unknown, readsAtOnce, async ({ shard, name }) => {
      const key = await readKey(join(this.#folders[shard]!, name))
      if (key === undefined) return
      this.#known[shard]!.set(name, key)
      keys.push(key)
    })
    return keys
  }
}

/** A damaged object has no readable key: reading it by key says so, a list goes on without it. */
async function readKey(path: string): Promise<string | undefined> {
  try {
    return (await readHead(path, ''))?.key
  } catch (failure) {
    if (failure instanceof PlatformError && failure.code === 'OBJECT_DAMAGED') return undefined
    throw failure
  }
}

export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values()
  await Promise.all(
    Array.from({ length: Math.min(width, items.length) }, async () => {
      for (const item of rest) await work(item)
    }),
  )
}
