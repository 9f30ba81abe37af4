import type { Buffer } from 'node:buffer'
import { parseShallowJson } from '../value/json-parse.ts'
import type { Value } from '../value/value.ts'
import { JqInputTooLarge } from './errors.ts'
import { parseInput } from './json-text.ts'
import { type PullBytes, RecordsReader } from './records.ts'

/** Records are parsed together up to about this many characters: one big parse is faster than many small ones. */
const batchChars = 256 * 1024

/** Below the longest string V8 can make. */
const textBytesMax = 500 * 1024 * 1024

export interface ReadDocument {
  readonly document: Value
  /** Bytes of its text. */
  readonly bytes: number
}

/**
 * Reads an input as one value. An array is parsed piece by piece as its bytes come, so that neither its text nor a
 * second copy of it ever lies in memory as a whole, and one odd number slows down its own piece only.
 *
 * @throws JqInputTooLarge over `bytesMax` · JqInputInvalid
 */
export function readDocument(pull: PullBytes, format: 'json' | 'ndjson', bytesMax: number): ReadDocument {
  let bytes = 0
  const counted = () => {
    const chunk: Buffer | undefined = pull()
    bytes += chunk?.length ?? 0
    if (bytes > bytesMax) throw new JqInputTooLarge({ what: 'document', bytesMax })
    return chunk
  }
  const reader = new RecordsReader(counted, { format, recordBytesMax: Math.min(bytesMax, textBytesMax) })
  const first = reader.next()
  const document =
    format === 'ndjson'
      ? readLines(reader, first)
      : reader.readsMany
        ? readElements(reader, first)
        : parseInput(first ?? '')
  return { document, bytes }
}

/** Lines are parsed one by one: together, two broken ones could pass for one good value. */
function readLines(reader: RecordsReader, first: string | undefined): Value[] {
  const records: Value[] = []
  for (let text = first; text !== undefined; text = reader.next()) records.push(parseInput(text, records.length))
  return records
}

function readElements(reader: RecordsReader, first: string | undefined): Value[] {
  const records: Value[] = []
  let batch: string[] = []
  let chars = 0
  for (let text = first; text !== undefined; text = reader.next()) {
    batch.push(text)
    chars += text.length
    if (chars < batchChars) continue
    addAll(records, batch)
    batch = []
    chars = 0
  }
  addAll(records, batch)
  return records
}

/** Parses a batch at once; where that fails, one by one, to say which is wrong. */
function addAll(records: Value[], batch: readonly string[]): void {
  const values = parseTogether(batch)
  if (values) for (const value of values) records.push(value)
  else for (const text of batch) records.push(parseInput(text, records.length))
}

function parseTogether(batch: readonly string[]): Value[] | undefined {
  try {
    // The reader of the records has watched their nesting.
    return parseInput(`[${batch.join(',')}]`, undefined, parseShallowJson) as Value[]
  } catch {
    return undefined
  }
}
