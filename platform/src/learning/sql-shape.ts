import type { JsonValue } from '@super-data/contract'
import { compileSqlTemplate } from '../queries/templates/sql-template.ts'
import {
  type Hole,
  hintOf,
  numbered,
  type Place,
  type QuestionShape,
  suffixOf,
  withParameters,
} from './question-shape.ts'

type Kind = 'blank' | 'text' | 'fixed' | 'name' | 'parameter' | 'number' | 'word' | 'operator' | 'mark'

interface Token {
  readonly kind: Kind
  readonly text: string
  readonly start: number
}

/** In the order they are tried. */
const kinds: readonly (readonly [Kind, RegExp])[] = [
  ['blank', /\s+|--[^\n]*/y],
  // With escapes, or between dollars: rare, and left as they are.
  ['fixed', /[eExX]'(?:[^'\\]|''|\\[\s\S])*'|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$/y],
  ['text', /'(?:[^']|'')*'/y],
  ['name', /"(?:[^"]|"")*"/y],
  ['parameter', /\$[A-Za-z_]\w*/y],
  ['number', /(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['word', /[A-Za-z_\u0080-\uffff][\w\u0080-\uffff$]*/y],
  ['operator', /->>|->|<>|!=|<=|>=|\|\||::|[<>=]/y],
  ['mark', /[\s\S]/y],
]

/** A literal after one of these is of that type, as in `DATE '2024-01-02'`. */
const literalTypes: ReadonlySet<string> = new Set(['date', 'time', 'timestamp', 'timestamptz'])

/** What a literal after one of these stands for is not a value to compare with. */
const keepsNext: ReadonlySet<string> = new Set(['->', '->>', 'as', 'interval', 'collate', 'escape', 'position'])

const types: ReadonlySet<string> = new Set(
  'decimal numeric dec varchar char character bpchar text string bit float'.split(' '),
)

const comparisons: ReadonlySet<string> = new Set(['=', '<>', '!=', '<', '<=', '>', '>=', 'like', 'ilike'])

/** The shape of a SQL statement: texts, numbers and parameters are holes, everything that names or orders is not. */
export function sqlShape(written: string): QuestionShape {
  const { text } = compileSqlTemplate(written)
  const places = new PlaceFinder(tokensOf(text)).find()
  const open = withParameters(text, places, numbered(places))
  return {
    holes: places.map(place => place.hole),
    render: names => withParameters(text, places, names),
    text: tokensOf(open).map(canonicalText).join(' ').replace(/ ;$/, ''),
  }
}

const canonicalText = ({ kind, text }: Token) => (kind === 'word' ? text.toLowerCase() : text)

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    const comment = text.startsWith('/*', at) ? blockCommentEnd(text, at) : undefined
    const blank = { kind: 'blank', text: text.slice(at, comment), start: at } as const
    const token = comment === undefined ? tokenAt(text, at) : blank
    if (token.kind !== 'blank') tokens.push(token)
    at += token.text.length
  }
  return tokens
}

function tokenAt(text: string, at: number): Token {
  for (const [kind, pattern] of kinds) {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found) return { kind, text: found[0], start: at }
  }
  return { kind: 'mark', text: text.charAt(at), start: at }
}

/** Block comments nest. */
function blockCommentEnd(text: string, start: number): number {
  let depth = 0
  const marks = /\/\*|\*\//g
  marks.lastIndex = start
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return marks.lastIndex
  }
  return text.length
}

/** Finds the tokens in whose place another value could stand. */
class PlaceFinder {
  readonly #tokens: readonly Token[]

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  find(): Place[] {
    return this.#tokens.flatMap((token, at) => {
      const hole = this.#holeAt(at)
      if (!hole) return []
      const end = token.start + token.text.length
      const type = this.#literalTypeAt(at)
      if (type === undefined) return [{ hole, start: token.start, end }]
      const write = (name: string) => `CAST($${name} AS ${type.text})`
      return [{ hole, start: type.start, end, write }]
    })
  }

  #holeAt(at: number): Hole | undefined {
    const token = this.#tokens[at]!
    if (token.kind === 'parameter') return { parameter: token.text.slice(1), hint: token.text.slice(1) }
    if (token.kind !== 'text' && token.kind !== 'number') return undefined
    if (keepsNext.has(this.#word(at - 1)) || this.#isOfType(at) || this.#isPosition(at)) return undefined
    const value = literalOf(token)
    return value === undefined ? undefined : { value, hint: this.#hintAt(at) }
  }

  #literalTypeAt(at: number): Token | undefined {
    const before = this.#tokens[at - 1]
    if (this.#tokens[at]!.kind !== 'text' || !literalTypes.has(this.#word(at - 1))) return undefined
    return before
  }

  #word(at: number): string {
    return this.#tokens[at]?.text.toLowerCase() ?? ''
  }

  /** `decimal(10, 2)` */
  #isOfType(at: number): boolean {
    let start = at - 1
    while (this.#word(start) === ',' || this.#tokens[start]?.kind === 'number') start--
    return this.#word(start) === '(' && types.has(this.#word(start - 1))
  }

  /** `order by 2, 1`: columns by their place. */
  #isPosition(at: number): boolean {
    if (this.#tokens[at]!.kind !== 'number') return false
    for (let before = at - 1, depth = 0; before >= 0; before--) {
      const word = this.#word(before)
      if (word === ')') depth++
      else if (word === '(' && --depth < 0) return false
      else if (depth === 0 && word === 'by') return /^(group|order|partition)$/.test(this.#word(before - 1))
      else if (depth === 0 && !/^(,|asc|desc|nulls|first|last|[\w."]+)$/.test(word)) return false
      else if (depth === 0 && /^(select|where|limit|offset|having|from|on|and|or|case|when)$/.test(word)) return false
    }
    return false
  }

  #hintAt(at: number): string {
    const typed = this.#literalTypeAt(at) === undefined ? 0 : 1
    const before = at - 1 - typed
    const operator = this.#word(before)
    if (operator === 'limit' || operator === 'offset') return operator
    if (comparisons.has(operator)) return hintOf(this.#nameBefore(before) ?? 'value', suffixOf(operator))
    if (operator === 'between') return hintOf(this.#nameBefore(before) ?? 'value', '_min')
    if (operator === 'and') return this.#betweenBefore(before) ?? 'value'
    if (operator === '(' || operator === ',') return this.#listHint(before) ?? 'value'
    return 'value'
  }

  #nameBefore(at: number): string | undefined {
    const skipsNot = this.#word(at - 1) === 'not' ? 1 : 0
    const token = this.#tokens[at - 1 - skipsNot]
    if (token?.kind === 'word') return token.text.toLowerCase()
    return token?.kind === 'name' ? token.text.slice(1, -1) : undefined
  }

  #betweenBefore(and: number): string | undefined {
    const between = [2, 3].map(back => and - back).find(place => this.#word(place) === 'between')
    const name = between === undefined ? undefined : this.#nameBefore(between)
    return name === undefined ? undefined : hintOf(name, '_max')
  }

  /** `city in ('a', 'b')` */
  #listHint(at: number): string | undefined {
    let start = at
    while (start > 0 && this.#word(start) !== '(') start--
    if (this.#word(start - 1) !== 'in') return undefined
    const name = this.#nameBefore(start - 1)
    return name === undefined ? undefined : hintOf(name)
  }
}

function literalOf({ kind, text }: Token): JsonValue | undefined {
  if (kind === 'text') return text.slice(1, -1).replaceAll("''", "'")
  const value = Number(text.replaceAll('_', ''))
  return Number.isFinite(value) && !/\d{16}/.test(text.replace('.', '')) ? value : undefined
}
