import type { JsonValue } from '@super-data/contract'
import { parseExactJson } from '../exact-json.ts'
import { ResultCursorInvalid } from './errors.ts'

/** A byte of a stored result; `inside` when a part of its item has been read already. */
export interface ResultPosition {
  readonly at: number
  readonly inside: boolean
}

/** `b120`: an item starts at byte 120; `p120`: the rest of one does. */
export function toCursor({ at, inside }: ResultPosition): string {
  return `${inside ? 'p' : 'b'}${at}`
}

/** Without a cursor: where the answer ended. @throws ResultCursorInvalid */
export function parsePosition(
  cursor: string | undefined,
  result: { readonly keptBytes: number; readonly sizeBytes: number },
): ResultPosition {
  if (cursor === undefined) return { at: result.keptBytes, inside: false }
  const [, mark, digits] = /^([bp])(\d{1,15})$/.exec(cursor) ?? []
  const at = Number(digits)
  if (mark === undefined || at > result.sizeBytes) throw new ResultCursorInvalid()
  return { at, inside: mark === 'p' }
}

interface Page {
  readonly items: JsonValue[]
  readonly text?: string
  readonly next: ResultPosition
}

const newline = 10

/**
 * What a page shows of the bytes from its start on.
 *
 * @param before how many of the bytes lie before the start: 1, or 0 at the very beginning.
 * @throws ResultCursorInvalid when the start is not what its cursor says it is.
 */
export function pageOf(
  bytes: Buffer,
  { start, before, maxRows }: { start: ResultPosition; before: number; maxRows: number },
): Page {
  const rest = bytes.subarray(before)
  const startsItem = before === 0 || bytes[0] === newline
  if (start.inside === startsItem || continuesCharacter(rest[0])) throw new ResultCursorInvalid()
  const { used, inside, ...page } = start.inside ? partOfItem(rest) : wholeItems(rest, maxRows)
  return { ...page, next: { at: start.at + used, inside } }
}

interface Taken extends Omit<Page, 'next'> {
  readonly used: number
  /** The next page starts inside an item. */
  readonly inside: boolean
}

function wholeItems(bytes: Buffer, maxRows: number): Taken {
  const items: JsonValue[] = []
  let start = 0
  while (items.length < maxRows) {
    const end = bytes.indexOf(newline, start)
    if (end < 0) break
    items.push(parseExactJson(bytes.toString('utf8', start, end)))
    start = end + 1
  }
  if (items.length === 0 && bytes.length > 0) return partOfItem(bytes)
  return { items, used: start, inside: false }
}

function partOfItem(bytes: Buffer): Taken {
  const end = bytes.indexOf(newline)
  if (end >= 0) return { items: [], text: bytes.toString('utf8', 0, end), used: end + 1, inside: false }
  const cut = wholeCharacters(bytes)
  return { items: [], text: bytes.toString('utf8', 0, cut), used: cut, inside: true }
}

const continuesCharacter = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80

/** The length of the longest prefix that does not end inside a UTF-8 character. */
function wholeCharacters(bytes: Buffer): number {
  let start = bytes.length - 1
  while (start > 0 && continuesCharacter(bytes[start])) start--
  const lead = bytes[start] ?? 0
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1
  return start + length > bytes.length ? start : bytes.length
}
