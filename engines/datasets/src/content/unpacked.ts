import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { DatasetInvalid } from '../errors.ts'

const chunkBytes = 256 * 1024

/**
 * Feeds a file's bytes to a reader, unpacked when it is packed.
 *
 * @param read called with one chunk after another; what it throws ends the reading and is thrown on.
 * @throws DatasetInvalid when the packing is damaged or cut off, or there is more than `bytesMax`.
 */
export async function readUnpacked(
  source: { readonly file: string; readonly gzip: boolean },
  read: (chunk: Buffer) => void,
  options: { readonly bytesMax: number; readonly signal: AbortSignal },
): Promise<void> {
  let bytes = 0
  const consume = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > options.bytesMax) throw new DatasetInvalid('unpacked, it is larger than the server takes')
      read(chunk)
    }
  }
  const stream = createReadStream(source.file, { highWaterMark: chunkBytes })
  try {
    if (source.gzip)
      await pipeline(stream, createGunzip({ chunkSize: chunkBytes }), consume, { signal: options.signal })
    else await pipeline(stream, consume, { signal: options.signal })
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
