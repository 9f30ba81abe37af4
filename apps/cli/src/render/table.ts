import { cutText, textWidth, visible } from './text-width.ts'

export interface TableStyle {
  /** Columns of the screen; undefined: as wide as it needs. */
  readonly width: number | undefined
  readonly colour: boolean
  /** What stands for null. */
  readonly absent: string
}

const gap = '  '
const narrowest = 10
/** Wide enough for an id. */
const nameWidth = 40

/** Rows under their headings, fitted to the screen: numbers to the right, long cells cut, what has no room left out. */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly unknown[])[],
  style: TableStyle,
): string {
  const cells = rows.map(row => headings.map((_, index) => cellText(row[index], style.absent)))
  const natural = headings.map((heading, index) =>
    Math.max(textWidth(visible(heading)), 1, ...cells.map(row => textWidth(row[index]!))),
  )
  const widths = fit(natural, style.width)
  const right = headings.map((_, index) => isNumeric(rows, index))
  const line = (texts: readonly string[]) =>
    widths
      .map((width, index) => align(cutText(texts[index]!, width), width, right[index]!))
      .join(gap)
      .trimEnd()
  const lines = [
    emphasise(line(headings.map(visible)), style.colour),
    widths.map(width => '─'.repeat(width)).join(gap),
    ...cells.map(line),
  ]
  return `${lines.join('\n')}\n${leftOut(headings.slice(widths.length))}`
}

/** One value in one line. */
export function cellText(value: unknown, absent: string): string {
  if (value === null || value === undefined) return absent
  if (typeof value === 'string') return visible(value)
  return visible(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

/** Widths that fit: the widest columns give way first; when even narrow ones do not fit, the last columns go. */
function fit(natural: readonly number[], available: number | undefined): readonly number[] {
  if (available === undefined) return natural
  for (let count = natural.length; count > 1; count--) {
    const room = available - gap.length * (count - 1)
    const widths = keepFirst(natural.slice(0, count), room) ?? shrink(natural.slice(0, count), room)
    if (widths !== undefined) return widths
  }
  return natural.slice(0, 1).map(width => Math.min(width, available))
}

/** The first column names the row: it stays whole, up to a limit, when the others can do with less. */
function keepFirst([first = 0, ...others]: readonly number[], room: number): readonly number[] | undefined {
  const kept = Math.min(first, nameWidth)
  const rest = shrink(others, room - kept)
  return rest === undefined ? undefined : [kept, ...rest]
}

function shrink(natural: readonly number[], room: number): readonly number[] | undefined {
  let cap = Math.min(Math.max(...natural), Math.max(room, narrowest))
  const total = () => natural.reduce((sum, width) => sum + Math.min(width, cap), 0)
  while (cap > narrowest && total() > room) cap--
  return total() <= room ? natural.map(width => Math.min(width, cap)) : undefined
}

function isNumeric(rows: readonly (readonly unknown[])[], index: number): boolean {
  const values = rows.map(row => row[index]).filter(value => value !== null && value !== undefined)
  return values.length > 0 && values.every(value => typeof value === 'number' || typeof value === 'bigint')
}

function align(text: string, width: number, right: boolean): string {
  const padding = ' '.repeat(Math.max(0, width - textWidth(text)))
  return right ? padding + text : text + padding
}

function emphasise(text: string, colour: boolean): string {
  return colour ? `\u001b[1m${text}\u001b[22m` : text
}

function leftOut(headings: readonly string[]): string {
  if (headings.length === 0) return ''
  return `… ${headings.length} more ${headings.length === 1 ? 'column' : 'columns'} (${headings.map(visible).join(', ')}): --json shows all\n`
}
