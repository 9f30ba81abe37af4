import type { FileHandle } from 'node:fs/promises'
import { throwIfAborted } from '@super-data/base/errors'

const chunkBytes = 256 * 1024

/**
 * Reads a file from its first byte to its last, in one buffer that is used again and again: new ones would pile up by the
 * dozen before they are collected.
 *
 * @param read gets chunks that are good until it is done. What it throws ends the reading and is thrown on.
 */
export async function readChunks(
  file: FileHandle,
  read: (chunk: Buffer) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(chunkBytes)
  for (let position = 0; ; ) {
    throwIfAborted(signal)
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, position)
    if (bytesRead === 0) return
    position += bytesRead
    await read(buffer.subarray(0, bytesRead))
  }
}
