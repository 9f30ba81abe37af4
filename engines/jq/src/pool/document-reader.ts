import { Buffer } from 'node:buffer'
import { parseShallowJson } from '../value/json-parse.ts'
import { elementHead, parsePiece, pieceCharsMax } from '../value/json-pieces.ts'
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

/** Elements are taken many at a time where that can be guessed, else one by one. */
function readElements(reader: RecordsReader, first: string | undefined): Value[] {
  const elements = new ElementList()
  let head = first === undefined ? undefined : Buffer.from(elementHead(first.trimStart(), 0))
  for (let text = first; text !== undefined; text = reader.next()) {
    elements.add(text)
    while (head && head.length > 0) {
      const piece = reader.guess(head, pieceCharsMax)
      if (piece === undefined) break
      const parsed = elements.addPiece(piece)
      if (parsed > 0) reader.skipGuess(parsed)
      else head = undefined
    }
  }
  return elements.all()
}

class ElementList {
  readonly #elements: Value[] = []
  #batch: string[] = []
  #chars = 0

  /** One element, parsed soon, together with others. */
  add(text: string): void {
    this.#batch.push(text)
    this.#chars += text.length
    if (this.#chars >= batchChars) this.#parseBatch()
  }

  /** Several elements at once; 0 when the text is not that. */
  addPiece(text: string): number {
    const parsed = parsePiece(text, parseShallowJson)
    if (!parsed) return 0
    this.#parseBatch()
    for (const element of parsed) this.#elements.push(element)
    return parsed.length
  }

  all(): Value[] {
    this.#parseBatch()
    return this.#elements
  }

  #parseBatch(): void {
    if (this.#batch.length > 0) addAll(this.#elements, this.#batch)
    this.#batch = []
    this.#chars = 0
  }
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
