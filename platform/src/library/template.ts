import { PlatformError } from '@super-data/base/errors'

/** A `${parameter}` stands where no value can be bound. */
export class TemplatePlace extends PlatformError {
  readonly code = 'TEMPLATE_PLACE'
  readonly kind = 'invalid'
  constructor(name: string, place: string, offset: number) {
    super(`\${${name}} stands in ${place}, where a value cannot be bound`, {
      hint: 'Put it where a value may stand: parameters are bound, never pasted into the text.',
      details: { parameter: name, offset },
    })
  }
}

/**
 * Turns `${name}` into the bound variable `$name`, each according to where it stands, so that no value ever becomes
 * text of the program. jq: code `$name`, inside a string `\($name)`, as a field `[$name]`, as an object key `($name)`.
 * SQL: only in code.
 *
 * @throws TemplatePlace in comments, and in SQL also in quotes.
 */
export function compileTemplate(language: 'jq' | 'sql', text: string): string {
  if (!text.includes('${')) return text
  return language === 'jq' ? new JqTemplate(text).compile() : compileSql(text)
}

const placeholder = /^\$\{([A-Za-z_][A-Za-z0-9_]{0,63})\}/

/** A lexer for just what decides the place: strings with interpolation, comments, brackets. */
class JqTemplate {
  readonly #text: string
  #at = 0
  #out = ''
  /** What the innermost open thing is. */
  readonly #open: ('{' | '[' | '(' | '\\(' | '"')[] = []

  constructor(text: string) {
    this.#text = text
  }

  compile(): string {
    while (this.#at < this.#text.length) {
      if (this.#open.at(-1) === '"') this.#inString()
      else this.#inCode()
    }
    return this.#out
  }

  #inString(): void {
    const name = this.#placeholder()
    if (name !== undefined) this.#out += `\\($${name})`
    else if (this.#text.startsWith('\\(', this.#at)) this.#enter('\\(', 2)
    else if (this.#text[this.#at] === '\\') this.#copy(2)
    else if (this.#text[this.#at] === '"') this.#leave()
    else this.#copy(1)
  }

  #inCode(): void {
    const name = this.#placeholder()
    const character = this.#text[this.#at]
    if (name !== undefined) this.#out += this.#codePlace(name)
    else if (character === '#') this.#comment()
    else if (character === '"' || character === '{' || character === '[' || character === '(') this.#enter(character, 1)
    else if (character === '}' || character === ']' || character === ')') this.#leave()
    else this.#copy(1)
  }

  /** Which form a variable takes depends on its neighbours: `.${a}`, `{${a}: 1}` or a plain value. */
  #codePlace(name: string): string {
    if (/\.\s*$/.test(this.#out)) return `[$${name}]`
    const isKey = this.#open.at(-1) === '{' && /^\s*:/.test(this.#text.slice(this.#at)) && /[{,]\s*$/.test(this.#out)
    return isKey ? `($${name})` : `$${name}`
  }

  /** Takes a `${name}` at the current place. */
  #placeholder(): string | undefined {
    if (this.#text[this.#at] !== '$') return undefined
    const found = placeholder.exec(this.#text.slice(this.#at, this.#at + 70))
    if (!found) return undefined
    this.#at += found[0].length
    return found[1]
  }

  #comment(): void {
    const end = commentEnd(this.#text, this.#at)
    refuseIn(this.#text, this.#at, end, 'a comment')
    this.#copy(end - this.#at)
  }

  #enter(what: '{' | '[' | '(' | '\\(' | '"', length: number): void {
    this.#open.push(what)
    this.#copy(length)
  }

  #leave(): void {
    this.#open.pop()
    this.#copy(1)
  }

  #copy(length: number): void {
    this.#out += this.#text.slice(this.#at, this.#at + length)
    this.#at += length
  }
}

/** jq comments end with the line, unless an odd number of backslashes ends it (jq 1.7.1 and later). */
function commentEnd(text: string, start: number): number {
  const ended = /(?<!\\)(?:\\\\)*(?:\r?\n|$)/g
  ended.lastIndex = start
  const found = ended.exec(text)
  return found ? Math.max(start + 1, found.index + found[0].length) : text.length
}

const sqlParts = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$\{([A-Za-z_][A-Za-z0-9_]{0,63})\}/g

function compileSql(text: string): string {
  return text.replace(sqlParts, (part, name: string | undefined, offset: number) => {
    if (name !== undefined) return `$${name}`
    const place = part.startsWith("'") || part.startsWith('"') ? 'quotes' : 'a comment'
    refuseIn(text, offset, offset + part.length, place)
    return part
  })
}

function refuseIn(text: string, start: number, end: number, place: string): void {
  const found = /\$\{([A-Za-z_][A-Za-z0-9_]{0,63})\}/.exec(text.slice(start, end))
  if (found?.[1]) throw new TemplatePlace(found[1], place, start + found.index)
}
