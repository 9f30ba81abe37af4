import { isUtf8 } from 'node:buffer'
import type { JsonValue, Shape } from '../dataset.ts'
import { DatasetInvalid } from '../errors.ts'
import { SchemaTree } from '../schema/schema-tree.ts'
import type { Facts, Structure } from './facts.ts'
import { JsonSplitter } from './json-splitter.ts'
import { LineSplitter } from './line-splitter.ts'
import { readUnpacked } from './unpacked.ts'

/** The longest single value: all of it is in memory once. */
const elementBytesMax = 400 * 1024 * 1024

/** Records kept as examples, and the most text they may have together. */
const sampleMax = { records: 20, bytes: 256 * 1024 }

/** Every element counts in the structure up to this many bytes; of what follows, one in fifty. */
const thoroughBytes = 64 * 1024 * 1024
const sparseStep = 50

export interface ReadOptions {
  readonly bytesMax: number
  readonly signal: AbortSignal
}

/**
 * Reads a whole JSON file, holding one element at a time.
 *
 * @throws DatasetInvalid saying where it is not JSON.
 */
export async function readJsonFacts(
  source: { readonly file: string; readonly format: 'json' | 'ndjson'; readonly gzip: boolean },
  options: ReadOptions,
): Promise<Facts> {
  const elements = new Elements()
  const layout =
    source.format === 'json'
      ? await readDocument(source, elements, options)
      : await readLines(source, elements, options)
  const records = layout.shape === 'array' ? elements.count : null
  return { ...layout, records, structure: elements.structure(layout.shape) }
}

type Source = { readonly file: string; readonly gzip: boolean }

async function readDocument(
  source: Source,
  elements: Elements,
  options: ReadOptions,
): Promise<Pick<Facts, 'format' | 'shape'>> {
  const splitter = new JsonSplitter(element => elements.add(element), elementBytesMax)
  await readUnpacked(
    source,
    withoutMark(chunk => splitter.write(chunk)),
    options,
  )
  const { shape, lines } = splitter.end()
  return { shape, format: lines ? 'ndjson' : 'json' }
}

async function readLines(
  source: Source,
  elements: Elements,
  options: ReadOptions,
): Promise<Pick<Facts, 'format' | 'shape'>> {
  const splitter = new LineSplitter(line => {
    if (!isBlank(line)) elements.add(line)
  }, elementBytesMax)
  await readUnpacked(
    source,
    withoutMark(chunk => splitter.write(chunk)),
    options,
  )
  splitter.end()
  if (elements.count === 0) throw new DatasetInvalid('the file is empty')
  return { shape: 'array', format: 'ndjson' }
}

/** JSON allows no byte order mark, and not every reader of the file would pass over it. */
function withoutMark(read: (chunk: Buffer) => void): (chunk: Buffer) => void {
  let first = true
  return chunk => {
    if (first && chunk[0] === 0xef && chunk[1] === 0xbb) {
      throw new DatasetInvalid('it begins with a byte order mark', { hint: 'Save it as UTF-8 without one.' })
    }
    first = false
    read(chunk)
  }
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false
  return true
}

/** Takes elements one by one: checks them, counts them, learns their structure. */
class Elements {
  count = 0
  readonly #tree = new SchemaTree()
  readonly #sample: JsonValue[] = []
  #sampleBytes = 0
  #bytes = 0

  add(text: Buffer): void {
    const value = this.#parse(text)
    if (this.#bytes <= thoroughBytes || this.count % sparseStep === 0) this.#tree.add(value)
    this.#keep(value, text.length)
    this.#bytes += text.length
    this.count++
  }

  structure(shape: Shape): Structure {
    return { fields: this.#tree.fields(shape === 'array' ? '.[]' : '.'), sample: this.#sample }
  }

  #parse(text: Buffer): JsonValue {
    if (!isUtf8(text)) throw new DatasetInvalid(`value ${this.count + 1} is not UTF-8`)
    try {
      return JSON.parse(text.toString()) as JsonValue
    } catch (error) {
      throw new DatasetInvalid(`value ${this.count + 1} is not JSON: ${complaint(error)}`)
    }
  }

  #keep(value: JsonValue, bytes: number): void {
    if (this.#sample.length >= sampleMax.records || this.#sampleBytes + bytes > sampleMax.bytes) return
    this.#sample.push(value)
    this.#sampleBytes += bytes
  }
}

const complaint = (error: unknown) => (error as Error).message.replace(/\s+/g, ' ').slice(0, 160)
