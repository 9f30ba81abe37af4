import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { DatasetInvalid } from '../errors.ts'
import { readChunks } from './read-chunks.ts'

const chunkBytes = 256 * 1024

/**
 * Feeds a file's bytes to a reader, unpacked when it is packed.
 *
 * @param read called with one chunk after another, each good until it returns; what it throws ends the reading and is thrown on.
 * @throws DatasetInvalid when the packing is damaged or cut off, or there is more than `bytesMax`.
 */
export async function readUnpacked(
  source: { readonly file: string; readonly gzip: boolean },
  read: (chunk: Buffer) => void,
  options: { readonly bytesMax: number; readonly signal: AbortSignal },
): Promise<void> {
  let bytes = 0
  const take = (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > options.bytesMax) throw new DatasetInvalid('unpacked, it is larger than the server takes')
    read(chunk)
  }
  if (source.gzip) return unpack(source.file, take, options.signal)
  await using file = await open(source.file)
  await readChunks(file, take, options.signal)
}

async function unpack(file: string, take: (chunk: Buffer) => void, signal: AbortSignal): Promise<void> {
  const consume = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) take(chunk)
  }
  try {
    await pipeline(createReadStream(file), createGunzip({ chunkSize: chunkBytes }), consume, { signal })
  } catch (error) {
    throw toInvalid(error)
  }
}

/** zlib's own checks: the length and the checksum at the end of each part. */
function toInvalid(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'Z_BUF_ERROR') return new DatasetInvalid('the gzip file is cut off')
  return code?.startsWith('Z_') ? new DatasetInvalid('the gzip file is damaged') : error
}
