import { Buffer } from 'node:buffer'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { type ByteSource, OutputGone, type TextSink } from './world.ts'

const chunkBytes = 256 * 1024
/** How long to wait when the other end of a pipe is not ready. */
const pauseMs = 2

/** Reads a descriptor that is open already, such as standard input. Closing the source leaves it open. */
export function descriptorSource(fd: number): ByteSource {
  return { read: () => readChunk(fd), close: () => {} }
}

/** @throws the system's error when the file cannot be opened. */
export function fileSource(file: string): ByteSource {
  const fd = openSync(file, 'r')
  let isOpen = true
  return {
    read: () => readChunk(fd),
    close: () => {
      if (isOpen) closeSync(fd)
      isOpen = false
    },
  }
}

/** Writes to a descriptor, all of it before it returns. */
export function descriptorSink(fd: number): TextSink {
  return {
    write: text => {
      const bytes = Buffer.from(text)
      for (let at = 0; at < bytes.length; ) at += writeSome(fd, bytes, at)
    },
  }
}

function readChunk(fd: number): Uint8Array | undefined {
  const chunk = Buffer.allocUnsafe(chunkBytes)
  for (;;) {
    try {
      const length = readSync(fd, chunk, 0, chunkBytes, null)
      return length === 0 ? undefined : chunk.subarray(0, length)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Windows ends standard input with an error.
      if (code === 'EOF') return undefined
      if (code !== 'EAGAIN') throw error
      pause()
    }
  }
}

function writeSome(fd: number, bytes: Uint8Array, at: number): number {
  try {
    return writeSync(fd, bytes, at, bytes.length - at)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EPIPE') throw new OutputGone()
    if (code !== 'EAGAIN') throw error
    pause()
    return 0
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs)
}
