import { formatNames } from '../builtins/formats.ts'
import { builtinNames } from '../builtins/registry.ts'
import { JqSyntaxError } from '../errors.ts'
import type { Ast } from '../syntax/ast.ts'
import { keywords } from '../syntax/lexer.ts'
import { parse } from '../syntax/parser.ts'
import { documentationOf, formatDocumentation, keywordDocumentation } from './builtin-documentation.ts'
import { type Cursor, closingOf, cursorAt } from './cursor.ts'
import { PathReader } from './path-reader.ts'
import { Schema, type SchemaPath } from './schema.ts'

/** Something that may be written at the cursor: what is shown, and what takes the place of `start` to `end`. */
export interface CompletionItem {
  /** What the list shows. */
  readonly label: string
  readonly kind: 'function' | 'variable' | 'field' | 'format' | 'keyword'
  /** What replaces the text from `start` to `end`. */
  readonly insert: string
  readonly start: number
  readonly end: number
  /** Signature or type. */
  readonly detail?: string
  readonly documentation?: string
}

/** A function of the caller's. */
export interface KnownFunction {
  /** e.g. `text::shout(n)`. */
  readonly signature: string
  readonly documentation?: string
}

/** What an editor knows beside the text. */
export interface EditorOptions {
  readonly functions?: readonly KnownFunction[]
  /** Without `$`. */
  readonly variables?: readonly string[]
  /** What the input looks like. */
  readonly paths?: readonly SchemaPath[]
}

/**
 * What could be typed at an offset of a program, which need not be complete: fields of the value that is there, as far
 * as `paths` tells, functions, variables, formats and keywords, the nearest first.
 */
export function complete(text: string, offset: number, options: EditorOptions = {}): CompletionItem[] {
  const cursor = cursorAt(text, offset)
  const items = itemsAt(text, offset, cursor, options)
  const typed = cursor.typed.toLowerCase()
  return items
    .filter(({ label }) =>
      label
        .replace(/^[.$@"]/, '')
        .toLowerCase()
        .includes(typed),
    )
    .map(item => ({ ...item, start: cursor.start, end: offset }))
    .sort((a, b) => rank(a.label, typed) - rank(b.label, typed))
}

type Item = Omit<CompletionItem, 'start' | 'end'>

/** What begins with what was typed comes before what only contains it. */
function rank(label: string, typed: string): number {
  return label
    .replace(/^[.$@"]/, '')
    .toLowerCase()
    .startsWith(typed)
    ? 0
    : 1
}

function itemsAt(text: string, offset: number, cursor: Cursor, options: EditorOptions): Item[] {
  switch (cursor.kind) {
    case 'variable':
      return variableItems(text.slice(0, cursor.start), options.variables ?? [])
    case 'format':
      return formatNames().map(name => ({
        label: `@${name}`,
        kind: 'format',
        insert: `@${name}`,
        ...documented(formatDocumentation(name)),
      }))
    case 'field':
      return fieldItems(text, offset, cursor, options.paths ?? [])
    case 'name':
      return [...functionItems(text.slice(0, cursor.start), options.functions ?? []), ...keywordItems()]
    case 'none':
      return []
  }
}

function documented(documentation: string | undefined): { documentation?: string } {
  return documentation === undefined ? {} : { documentation }
}

function variableItems(before: string, given: readonly string[]): Item[] {
  const own = [...before.matchAll(/\$([a-zA-Z_]\w*)/g)].map(([, name]) => name!)
  const names = new Set([...own.reverse(), ...given, 'ENV', '__loc__'])
  return [...names].map(name => ({ label: `$${name}`, kind: 'variable', insert: `$${name}` }))
}

function functionItems(before: string, given: readonly KnownFunction[]): Item[] {
  const own = definedIn(before).map(signature => ({ signature }))
  const builtins = builtinNames().map(key => documentationOf(key) ?? { signature: key })
  return [...own, ...given, ...builtins].map(({ signature, ...more }) => {
    const name = signature.split('(')[0]!
    const insert = signature.includes('(') ? `${name}(` : name
    const { documentation } = more as { documentation?: string }
    return { label: name, kind: 'function', insert, detail: signature, ...documented(documentation) }
  })
}

/** The heads of the definitions in a text, however unfinished, the latest first. */
function definedIn(before: string): string[] {
  const heads = before.matchAll(/\bdef\s+([a-zA-Z_]\w*)\s*(\([^():]*\))?\s*:/g)
  return [...heads].map(([, name, args]) => `${name}${args ?? ''}`).reverse()
}

function keywordItems(): Item[] {
  return [...keywords].map(word => ({
    label: word,
    kind: 'keyword',
    insert: word,
    ...documented(keywordDocumentation(word)),
  }))
}

/** No field of anybody's. */
const marker = '__cursor__'

function fieldItems(text: string, offset: number, cursor: Cursor, paths: readonly SchemaPath[]): Item[] {
  const schema = new Schema(paths)
  const fields = placesAt(text, offset, cursor).flatMap(place =>
    schema.fieldsOf(place).map(name => ({ name, type: schema.typeOf(`${place === '.' ? '' : place}.${name}`) })),
  )
  const unique = new Map(fields.map(field => [field.name, field]))
  return [...unique.values()].map(({ name, type }) => ({
    label: `.${name}`,
    kind: 'field',
    insert: /^[a-zA-Z_]\w*$/.test(name) ? `.${name}` : `.[${JSON.stringify(name)}]`,
    ...(type === undefined ? {} : { detail: type }),
  }))
}

/** The places in the input that `.` can be at the cursor: found by reading the program with a mark put there. */
function placesAt(text: string, offset: number, { start }: Cursor): string[] {
  const before = `${text.slice(0, start)}.${marker}`
  const ast = readAny([before + text.slice(offset), before + closingOf(before)])
  if (!ast) return []
  const reader = new PathReader()
  reader.read(ast)
  return [...new Set(reader.accesses.filter(({ key }) => key === marker).map(({ parent }) => parent))]
}

function readAny(texts: readonly string[]): Ast | undefined {
  for (const text of texts) {
    try {
      return parse(text)
    } catch (error) {
      if (!(error instanceof JqSyntaxError)) throw error
    }
  }
  return undefined
}
