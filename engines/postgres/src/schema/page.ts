import { PostgresCursorInvalid } from './errors.ts'

/** Where the next page of a list begins: after this object. */
export interface Place {
  readonly schema: string
  readonly name: string
  readonly id: number
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Hand it back for the next page; `null` after the last. */
  readonly cursor: string | null
}

/** Cuts a page from one row too many. */
export function toPage<Item extends Place>(rows: readonly Item[], limit: number): Page<Item> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, cursor: rows.length > limit && last ? toCursor(last) : null }
}

function toCursor({ schema, name, id }: Place): string {
  return Buffer.from(JSON.stringify([schema, name, id])).toString('base64url')
}

/** @throws PostgresCursorInvalid */
export function parseCursor(cursor: string): Place {
  try {
    const [schema, name, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[]
    if (typeof schema === 'string' && typeof name === 'string' && typeof id === 'number') return { schema, name, id }
  } catch {
    // Said below, for texts that are no JSON and for JSON that is no place.
  }
  throw new PostgresCursorInvalid()
}

/** A wish held within its bounds. */
export function limitOf(wish: number | undefined, bounds: { readonly usual: number; readonly max: number }): number {
  const limit = Math.floor(wish ?? bounds.usual)
  return Number.isFinite(limit) ? Math.min(Math.max(limit, 1), bounds.max) : bounds.usual
}
