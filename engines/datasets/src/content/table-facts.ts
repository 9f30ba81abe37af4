import { isUtf8 } from 'node:buffer'
import { open } from 'node:fs/promises'
import { DatasetInvalid } from '../errors.ts'
import { CsvShape } from './csv-shape.ts'
import type { ReadOptions } from './json-facts.ts'
import { readUnpacked } from './unpacked.ts'

const headerBytesMax = 1024 * 1024

/**
 * Reads a CSV file whole: it is text, every row has the header's fields, every quote is closed, and it is complete when
 * packed.
 *
 * @returns what separates its fields.
 * @throws DatasetInvalid
 */
export async function checkCsv(
  source: { readonly file: string; readonly gzip: boolean },
  options: ReadOptions,
): Promise<{ readonly separator: string | null }> {
  try {
    return await readRows(source, new CsvShape('quote'), options)
  } catch (problem) {
    if (!(problem instanceof DatasetInvalid)) throw problem
    // Some programs write `\"` where others write `""`.
    return readRows(source, new CsvShape('backslash'), options).catch(() => {
      throw problem
    })
  }
}

async function readRows(
  source: { readonly file: string; readonly gzip: boolean },
  shape: CsvShape,
  options: ReadOptions,
): Promise<{ readonly separator: string | null }> {
  let head = Buffer.alloc(0)
  const read = (chunk: Buffer) => {
    if (chunk.includes(0)) throw new DatasetInvalid('it is not text: it holds a zero byte')
    if (head.length < headerBytesMax) head = Buffer.concat([head, chunk.subarray(0, headerBytesMax)])
    shape.write(chunk)
  }
  await readUnpacked(source, read, options)
  checkHead(head)
  shape.end()
  return { separator: shape.separator }
}

function checkHead(head: Buffer): void {
  if (head.toString().trim() === '') throw new DatasetInvalid('the file is empty')
  const lineEnd = head.lastIndexOf(0x0a)
  if (lineEnd === -1 && head.length >= headerBytesMax) throw new DatasetInvalid('its first line is longer than 1 MiB')
  // The last character may be cut where the head ends; a whole line is not.
  if (!isUtf8(lineEnd === -1 ? head : head.subarray(0, lineEnd))) {
    throw new DatasetInvalid('it is not UTF-8', { hint: 'Save it as UTF-8.' })
  }
}

const parquetMark = 'PAR1'

/** @throws DatasetInvalid when the marks at both ends of a Parquet file are missing or do not fit its length. */
export async function checkParquet(file: string): Promise<void> {
  await using handle = await open(file)
  const { size } = await handle.stat()
  if (size < 12) throw new DatasetInvalid('it is not a Parquet file')
  const start = Buffer.alloc(4)
  const end = Buffer.alloc(8)
  await handle.read(start, 0, 4, 0)
  await handle.read(end, 0, 8, size - 8)
  if (start.toString('latin1') !== parquetMark) throw new DatasetInvalid('it is not a Parquet file')
  if (end.toString('latin1', 4) !== parquetMark) throw new DatasetInvalid('the Parquet file is cut off')
  if (end.readUInt32LE(0) > size - 12) throw new DatasetInvalid('the Parquet file is damaged')
}
