import { placeholderAt, refuseWithin, type Template } from './template.ts'

/**
 * Turns `${name}` into the variable `$name`, each by where it stands: in code `$name`, inside a string `\($name)`, after
 * a dot `[$name]`, as an object key `($name)`. Lines stay where they are, and mostly columns too.
 *
 * @throws TemplatePlace in comments.
 */
export function compileJqTemplate(text: string): Template {
  return text.includes('${') ? new JqTemplate(text).compile() : { text, places: [] }
}

const opening = { '{': '}', '[': ']', '(': ')' } as const
type Open = keyof typeof opening | '"'
const closing: ReadonlySet<string> = new Set(Object.values(opening))

/** A lexer for just what decides the place: strings with their interpolations, comments, brackets. */
class JqTemplate {
  readonly #text: string
  #at = 0
  #out = ''
  readonly #places: { name: string; offset: number }[] = []
  /** What is open here, innermost last. An interpolation is an open bracket inside an open string. */
  readonly #open: Open[] = []
  /** The last character of code that is neither blank nor comment. */
  #last = ''

  constructor(text: string) {
    this.#text = text
  }

  compile(): Template {
    while (this.#at < this.#text.length) {
      if (this.#open.at(-1) === '"') this.#inString()
      else this.#inCode()
    }
    return { text: this.#out, places: this.#places }
  }

  #inString(): void {
    const found = placeholderAt(this.#text, this.#at)
    if (found) this.#place(found, '\\(', ')')
    else if (this.#text.startsWith('\\(', this.#at)) this.#enter('(', 2)
    else if (this.#text[this.#at] === '\\') this.#copy(2)
    else if (this.#text[this.#at] === '"') this.#leave()
    else this.#copy(1)
  }

  #inCode(): void {
    const found = placeholderAt(this.#text, this.#at)
    const character = this.#text[this.#at] ?? ''
    if (found) this.#inCodePlace(found)
    else if (character === '#') this.#comment()
    else if (isOpening(character)) this.#enter(character, 1)
    else if (closing.has(character)) this.#leave()
    else this.#plain(character)
  }

  #inCodePlace(found: { name: string; length: number }): void {
    if (this.#last === '.') this.#place(found, '[', ']')
    else if (this.#isKey(found.length)) this.#place(found, '(', ')')
    else this.#place(found, '', '  ')
    this.#last = '$'
  }

  /** Between `{` or `,` and `:` stands a key. */
  #isKey(length: number): boolean {
    if (this.#open.at(-1) !== '{' || (this.#last !== '{' && this.#last !== ',')) return false
    return this.#text[afterBlank(this.#text, this.#at + length)] === ':'
  }

  #place({ name, length }: { name: string; length: number }, before: string, after: string): void {
    this.#places.push({ name, offset: this.#out.length + before.length })
    this.#out += `${before}$${name}${after}`
    this.#at += length
  }

  #comment(): void {
    const end = commentEnd(this.#text, this.#at)
    refuseWithin(this.#text, { start: this.#at, end }, 'a comment')
    this.#copy(end - this.#at)
  }

  #plain(character: string): void {
    if (!/\s/.test(character)) this.#last = character
    this.#copy(1)
  }

  #enter(what: Open, length: number): void {
    this.#open.push(what)
    this.#last = what
    this.#copy(length)
  }

  #leave(): void {
    this.#open.pop()
    this.#last = ')'
    this.#copy(1)
  }

  #copy(length: number): void {
    this.#out += this.#text.slice(this.#at, this.#at + length)
    this.#at += length
  }
}

function isOpening(character: string): character is Open {
  return character === '"' || character in opening
}

/** The offset of the next character that is neither blank nor in a comment. */
function afterBlank(text: string, start: number): number {
  let at = start
  while (at < text.length) {
    if (text[at] === '#') at = commentEnd(text, at)
    else if (/\s/.test(text[at] ?? '')) at++
    else break
  }
  return at
}

/** A comment ends with its line, unless an odd number of backslashes ends that. */
function commentEnd(text: string, start: number): number {
  let at = start
  while (at < text.length && text[at] !== '\n') {
    if (text[at] !== '\\') at++
    else at += text.startsWith('\r\n', at + 1) ? 3 : 2
  }
  return Math.min(at, text.length)
}
