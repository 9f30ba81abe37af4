import { createHash } from 'node:crypto'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ObjectStoreNewer } from '../errors.ts'
import { ifPresent } from './disk.ts'

/** Enough to keep folders small with a million objects, few enough to read them all for a list. */
export const shardCount = 64

const format = 'super-data objects 1\n'

export type Layout = { readonly objects: string; readonly locks: string; readonly drafts: string }

export function layoutOf(folder: string): Layout {
  return { objects: join(folder, 'objects'), locks: join(folder, 'locks'), drafts: join(folder, 'drafts') }
}

/** Makes a new folder ready. @throws ObjectStoreNewer when the folder says it holds another format. */
export async function prepareLayout(folder: string): Promise<void> {
  const found = await ifPresent(() => readFile(join(folder, 'format'), 'utf8'))
  if (found === format) return
  // An empty file is what a crash right after its creation leaves.
  if (found) throw new ObjectStoreNewer()
  const layout = layoutOf(folder)
  for (const place of Object.values(layout)) await mkdir(place, { recursive: true })
  const shards = Array.from({ length: shardCount }, (_, shard) => shardFolder(layout, shard))
  await Promise.all(shards.map(shard => mkdir(shard, { recursive: true })))
  await syncFolder(layout.objects)
  // Last, as it says that the rest is there.
  await writeFormat(folder)
  await syncFolder(folder)
}

export function shardFolder(layout: Layout, shard: number): string {
  return join(layout.objects, shardName(shard))
}

export function shardName(shard: number): string {
  return shard.toString(16).padStart(2, '0')
}

/** The file of a key: keys may be anything, hashes are plain names. */
export function placeOf(key: string): { readonly shard: number; readonly name: string } {
  const hash = createHash('sha256').update(key).digest()
  return { shard: hash[0]! % shardCount, name: hash.toString('hex') }
}

export const objectName = /^[0-9a-f]{64}$/

/** Makes creations, renames and deletions in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeFormat(folder: string): Promise<void> {
  const handle = await open(join(folder, 'format'), 'w')
  try {
    await handle.writeFile(format)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
