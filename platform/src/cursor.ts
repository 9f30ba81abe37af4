import { PlatformError } from '@super-data/base/errors'

/** A cursor that no list of this kind gave out. */
export class CursorInvalid extends PlatformError {
  readonly code = 'CURSOR_INVALID'
  readonly kind = 'invalid'
  constructor() {
    super('the cursor is not one that this list returned', {
      hint: 'Pass the cursor of the previous page unchanged, or none to start over.',
    })
  }
}

export interface Page<Item> {
  readonly items: Item[]
  readonly cursor: string | null
}

/** An opaque cursor that carries the sort key of the last item. */
export function toCursor(position: string): string {
  return Buffer.from(JSON.stringify([position])).toString('base64url')
}

/** The sort key to go on after; undefined on the first page. @throws CursorInvalid */
export function parseCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const position = readPosition(cursor)
  if (position === undefined || toCursor(position) !== cursor) throw new CursorInvalid()
  return position
}

function readPosition(cursor: string): string | undefined {
  try {
    const [position] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[]
    return typeof position === 'string' ? position : undefined
  } catch {
    return undefined
  }
}

/**
 * The page of rows that were read with a limit one higher than the page: the extra row only proves that there is more.
 *
 * @param sortKey what the next page starts after.
 */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  sortKey: (row: Row) => string,
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items: shown.map(toItem), cursor: more ? toCursor(sortKey(last)) : null }
}
