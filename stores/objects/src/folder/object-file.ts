import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { ObjectDamaged } from '../errors.ts'
import type { ObjectHead, ObjectMetadata } from '../object-store.ts'
import { onDisk } from './disk.ts'

/*
 * One file an object: a preamble of fixed size, the header as JSON, the body.
 *
 *   0  magic, 8 bytes        16  body bytes, 64 bit       28  CRC-32 of bytes 0 to 27
 *   8  header bytes          24  CRC-32 of the body
 *  12  CRC-32 of the header
 */
const preambleBytes = 32
const magic = Buffer.from('SDOBJ\0\0\x01', 'latin1')
/** Reads the preamble, the header and a small object's body in one go. */
const firstReadBytes = 8 * 1024
const headerBytesMax = 64 * 1024
const chunkBytes = 256 * 1024

interface Header {
  readonly key: string
  readonly etag: string
  readonly contentType: string
  readonly metadata: ObjectMetadata
  readonly modifiedAt: number
}

/** Where the parts of an open object file lie. */
export interface ObjectFile {
  readonly head: ObjectHead
  readonly bodyAt: number
  readonly bodyCrc: number
  /** The file's first bytes, as far as they were read. */
  readonly start: Buffer
}

/** Writes a whole object into an empty file. The preamble comes last: a file cut short never passes for an object. */
export async function writeObjectFile(
  file: FileHandle,
  head: Header,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const header = Buffer.from(JSON.stringify(head))
  const output = new Appender(file, [Buffer.alloc(preambleBytes), header])
  let bodyBytes = 0
  let bodyCrc = 0
  for await (const chunk of chunks) {
    bodyBytes += chunk.byteLength
    bodyCrc = crc32(chunk, bodyCrc)
    await output.append(chunk)
  }
  await output.finish(encodePreamble(header, { bodyBytes, bodyCrc }))
}

/** Gathers small chunks into large writes, and a small file into one. */
class Appender {
  readonly #file: FileHandle
  #pending: Uint8Array[]
  #pendingBytes: number
  #at = 0

  constructor(file: FileHandle, first: Uint8Array[]) {
    this.#file = file
    this.#pending = first
    this.#pendingBytes = sizeOf(first)
  }

  async append(chunk: Uint8Array): Promise<void> {
    const large = chunk.byteLength >= chunkBytes
    // A copy: the source may use its buffer again once the next chunk is asked for.
    this.#pending.push(large ? chunk : Uint8Array.from(chunk))
    this.#pendingBytes += chunk.byteLength
    if (this.#pendingBytes >= chunkBytes) await this.#flush()
  }

  async finish(preamble: Uint8Array): Promise<void> {
    if (this.#at === 0) this.#pending[0] = preamble
    const preambleIsOut = this.#at > 0
    await this.#flush()
    if (preambleIsOut) await writeAll(this.#file, preamble, 0)
  }

  async #flush(): Promise<void> {
    for (const part of gather(this.#pending)) {
      await writeAll(this.#file, part, this.#at)
      this.#at += part.byteLength
    }
    this.#pending = []
    this.#pendingBytes = 0
  }
}

/** Neighbouring small parts become one; large ones are not copied. */
function* gather(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  let small: Uint8Array[] = []
  for (const part of parts) {
    if (part.byteLength < chunkBytes) {
      small.push(part)
      continue
    }
    if (small.length > 0) yield Buffer.concat(small)
    small = []
    yield part
  }
  if (small.length > 0) yield Buffer.concat(small)
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.byteLength, 0)
}

function encodePreamble(header: Buffer, body: { bodyBytes: number; bodyCrc: number }): Buffer {
  const preamble = Buffer.alloc(preambleBytes)
  magic.copy(preamble)
  preamble.writeUInt32BE(header.byteLength, 8)
  preamble.writeUInt32BE(crc32(header), 12)
  preamble.writeBigUInt64BE(BigInt(body.bodyBytes), 16)
  preamble.writeUInt32BE(body.bodyCrc, 24)
  preamble.writeUInt32BE(crc32(preamble.subarray(0, 28)), 28)
  return preamble
}

/** @throws ObjectDamaged, named after `key` as nothing in the file can be trusted then. */
export async function readObjectFile(file: FileHandle, key: string): Promise<ObjectFile> {
  let start = await readUpTo(file, { at: 0, count: firstReadBytes })
  if (start.byteLength < preambleBytes || !isPreamble(start)) throw new ObjectDamaged(key)
  const headerBytes = start.readUInt32BE(8)
  if (headerBytes > headerBytesMax) throw new ObjectDamaged(key)
  const bodyAt = preambleBytes + headerBytes
  if (start.byteLength < bodyAt) start = await readUpTo(file, { at: 0, count: bodyAt })
  const header = start.subarray(preambleBytes, bodyAt)
  if (header.byteLength < headerBytes || crc32(header) !== start.readUInt32BE(12)) throw new ObjectDamaged(key)
  const parsed = JSON.parse(header.toString()) as Header
  const head = Object.freeze({ ...parsed, sizeBytes: Number(start.readBigUInt64BE(16)) })
  return { head, bodyAt, bodyCrc: start.readUInt32BE(24), start }
}

function isPreamble(start: Buffer): boolean {
  return start.subarray(0, 8).equals(magic) && crc32(start.subarray(0, 28)) === start.readUInt32BE(28)
}

/** The bytes of the body from `start` to `end`; a whole body is held against its checksum. */
export async function* readBody(
  file: FileHandle,
  object: ObjectFile,
  { start, end }: { start: number; end: number },
): AsyncGenerator<Uint8Array> {
  const whole = start === 0 && end === object.head.sizeBytes
  let crc = 0
  for (let at = start; at < end; ) {
    const chunk = await readChunk(file, object, { at, end })
    if (chunk.byteLength === 0) throw new ObjectDamaged(object.head.key)
    if (whole) crc = crc32(chunk, crc)
    at += chunk.byteLength
    // Before the last byte leaves, so that nobody takes a damaged body for complete.
    if (whole && at === end && crc !== object.bodyCrc) throw new ObjectDamaged(object.head.key)
    yield chunk
  }
}

/** Whether the first read already holds the bytes up to `end`. */
export function isAtHand(object: ObjectFile, end: number): boolean {
  return object.bodyAt + end <= object.start.byteLength
}

async function readChunk(
  file: FileHandle,
  object: ObjectFile,
  { at, end }: { at: number; end: number },
): Promise<Uint8Array> {
  // A copy of its own size, not a view that keeps the whole first read in memory.
  if (isAtHand(object, end)) return Uint8Array.from(object.start.subarray(object.bodyAt + at, object.bodyAt + end))
  return onDisk(() => readUpTo(file, { at: object.bodyAt + at, count: Math.min(chunkBytes, end - at) }))
}

async function readUpTo(file: FileHandle, { at, count }: { at: number; count: number }): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(count)
  let filled = 0
  while (filled < count) {
    const { bytesRead } = await file.read(buffer, filled, count - filled, at + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  await onDisk(async () => {
    let written = 0
    while (written < bytes.byteLength) {
      const { bytesWritten } = await file.write(bytes, written, bytes.byteLength - written, at + written)
      written += bytesWritten
    }
  })
}
