import type { Answer, Column, JsonValue } from '@super-data/contract'
import { cellText, renderTable, type TableStyle } from './table.ts'
import { visible } from './text-width.ts'

export type OutputStyle = Omit<TableStyle, 'absent'>

type Fields = Readonly<Record<string, unknown>>

/** Any output of any operation, for people: answers and lists as tables, values as JSON, the rest field by field. */
export function renderOutput(output: unknown, style: OutputStyle): string {
  if (isAnswer(output)) return renderAnswer(output, style)
  if (isPage(output)) return renderPage(output, style)
  if (isFields(output)) return renderFields(output, style)
  return prettyJson(output)
}

export function isAnswer(output: unknown): output is Answer {
  return isFields(output) && 'runId' in output && 'truncated' in output && 'elapsedMs' in output
}

interface Page {
  readonly items: JsonValue[]
  /** Absent from lists that have no pages. */
  readonly cursor?: string | null
  readonly text?: string
  readonly columns?: readonly Column[]
  /** Only of data, which is shown as it is. */
  readonly complete?: boolean
}

export function isPage(output: unknown): output is Page {
  return isFields(output) && Array.isArray(output['items']) && ('cursor' in output || Object.keys(output).length === 1)
}

function renderAnswer(answer: Answer, style: OutputStyle): string {
  if (answer.columns === undefined) return prettyJson(answer.value)
  return renderRows(answer.columns, answer.rows ?? [], style)
}

function renderRows(columns: readonly Column[], rows: readonly JsonValue[][], style: OutputStyle): string {
  const headings = columns.map(column => column.name)
  return renderTable(headings, rows, { ...style, absent: 'null' })
}

function renderPage(page: Page, style: OutputStyle): string {
  if (page.text !== undefined) return `${page.text}\n`
  if (page.columns !== undefined) return renderRows(page.columns, page.items as JsonValue[][], style)
  if (page.items.length === 0) return 'nothing\n'
  const items: readonly unknown[] = page.items
  if (items.every(isFields)) return page.complete === undefined ? renderList(items, style) : renderData(items, style)
  return page.items.map(item => `${JSON.stringify(item)}\n`).join('')
}

/** Objects as one table: a column for each field that any of them has. */
export function renderList(items: readonly Fields[], style: OutputStyle): string {
  return renderData(
    items.map(item => Object.fromEntries(Object.entries(item).map(([name, value]) => [name, readable(name, value)]))),
    style,
  )
}

function renderData(items: readonly Fields[], style: OutputStyle): string {
  const names = [...new Set(items.flatMap(item => Object.keys(item)))]
  const shown = names.filter(name => items.some(item => !isEmpty(item[name])))
  const rows = items.map(item => shown.map(name => item[name]))
  return renderTable(shown, rows, { ...style, absent: '' })
}

/** One object: its plain fields first, then what is large, each under its name. */
function renderFields(fields: Fields, style: OutputStyle): string {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  const small = entries.filter(([, value]) => isSmall(value))
  const width = Math.max(0, ...small.map(([name]) => name.length))
  const lines = small.map(([name, value]) => `${name.padEnd(width)}  ${cellText(readable(name, value), '-')}`.trimEnd())
  const large = entries
    .filter(([, value]) => !isSmall(value))
    .map(([name, value]) => `\n${heading(name, style)}\n${renderLarge(value, style)}`)
  return `${lines.join('\n')}\n${large.join('')}`
}

function renderLarge(value: unknown, style: OutputStyle): string {
  if (typeof value === 'string') return indent(value.split('\n').map(visible).join('\n'))
  if (Array.isArray(value) && value.length > 0 && value.every(isFlat)) return indent(renderList(value, narrower(style)))
  if (isFields(value) && Object.values(value).every(isSmall)) return indent(renderFields(value, narrower(style)))
  return indent(prettyJson(value))
}

export function prettyJson(value: unknown): string {
  return `${escapeControls(JSON.stringify(value === undefined ? null : value, null, 2))}\n`
}

/** JSON escapes the ASCII controls itself; the others would still reach the terminal. */
function escapeControls(text: string): string {
  return text.replace(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, visible)
}

/** Instants and durations as text people can read; every other value as it is. */
function readable(name: string, value: unknown): unknown {
  if (typeof value !== 'number') return value
  if (/^(at|since|from)$|[a-z]At$/.test(name) && value > 1e11) return instantText(value)
  return /[a-z0-9]Ms$/.test(name) ? durationText(value) : value
}

export function durationText(ms: number): string {
  if (ms < 1_000) return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
}

export function instantText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`
}

/** Text of somebody else, each of its lines under what it belongs to. */
export function quotedLines(text: string): readonly string[] {
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map(line => `  ${visible(line)}`)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFlat(value: unknown): value is Fields {
  return isFields(value) && Object.values(value).every(field => !isNested(field))
}

/** Holds objects: no cell of a table could show it. */
function isNested(value: unknown): boolean {
  return isFields(value) || (Array.isArray(value) && value.some(item => typeof item === 'object' && item !== null))
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0)
}

/** Fits on one line beside its name. */
function isSmall(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\n') && value.length <= 200
  if (typeof value !== 'object' || value === null) return true
  return Array.isArray(value) && value.every(item => typeof item !== 'object') && JSON.stringify(value).length <= 120
}

function heading(name: string, style: OutputStyle): string {
  return style.colour ? `\u001b[1m${name}\u001b[22m` : name
}

function narrower(style: OutputStyle): OutputStyle {
  return { ...style, width: style.width === undefined ? undefined : Math.max(20, style.width - 2) }
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ').replace(/\n?$/, '\n')
}
