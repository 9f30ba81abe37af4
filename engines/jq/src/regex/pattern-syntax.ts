/** What a pattern means to the matcher: a JavaScript expression, and which of its groups the author wrote. */
export interface TranslatedPattern {
  readonly source: string
  /** For each group the author sees, in order: its number in `source` and its name. */
  readonly groups: readonly { readonly number: number; readonly name: string | null }[]
}

export interface PatternFlags {
  readonly extended: boolean
  /** The dot matches line breaks too. */
  readonly dotAll: boolean
}

/** The pattern is malformed, or uses something that has no JavaScript counterpart. */
export class PatternProblem {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

/** What is wrong with a pattern, without its translation; `undefined` for any other error. */
export function problemText(error: unknown): string | undefined {
  if (error instanceof PatternProblem) return error.message
  return error instanceof SyntaxError ? error.message.replace(/^Invalid regular expression: .*: /s, '') : undefined
}

/** Translates Oniguruma's Perl-NG syntax to a JavaScript expression for the `v` flag. */
export function translatePattern(pattern: string, flags: PatternFlags): TranslatedPattern {
  return new Translator(pattern, flags).translate()
}

const word = '\\p{L}\\p{M}\\p{N}\\p{Pc}'
const space = '\\t-\\r \\u0085\\p{Z}'
const classes: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  w: word,
  s: space,
  h: '0-9A-Fa-f',
}

const posix: Readonly<Record<string, string>> = {
  alnum: '\\p{L}\\p{M}\\p{Nd}',
  alpha: '\\p{L}\\p{M}',
  ascii: '\\x00-\\x7f',
  blank: '\\t\\p{Zs}',
  cntrl: '\\p{Cc}',
  digit: '\\p{Nd}',
  graph: '[^\\p{Z}\\p{C}]',
  lower: '\\p{Ll}',
  print: '[^\\p{C}]',
  punct: '\\p{P}\\p{S}',
  space,
  upper: '\\p{Lu}',
  word,
  xdigit: '0-9A-Fa-f',
}

const controls: Readonly<Record<string, string>> = {
  a: '\\x07',
  e: '\\x1b',
  f: '\\f',
  n: '\\n',
  r: '\\r',
  t: '\\t',
  v: '\\v',
}

const anchors: Readonly<Record<string, string>> = {
  A: '(?<![\\s\\S])',
  Z: '(?=\\n?(?![\\s\\S]))',
  z: '(?![\\s\\S])',
  b: `(?:(?<=[${word}])(?![${word}])|(?<![${word}])(?=[${word}]))`,
  B: `(?:(?<=[${word}])(?=[${word}])|(?<![${word}])(?![${word}]))`,
  R: '(?:\\r\\n|[\\n-\\r\\u0085\\u2028\\u2029])',
  X: '(?:\\r\\n|\\P{M}\\p{M}*|[\\s\\S])',
  G: '',
}

/** Behind the line break that ends the text no line begins. */
const lineStart = '(?:(?<![\\s\\S])|(?<=\\n)(?=[\\s\\S]))'
const lineEnd = '(?=\\n|(?![\\s\\S]))'

/** Repetitions that may be asked for. */
const repeatMax = 100_000

/** What `(?smx)` and the flags of a match switch. */
interface Options extends PatternFlags {
  readonly multiline: boolean
}

class Translator {
  readonly #text: string
  #at = 0
  #extended: boolean
  #dotAll: boolean
  /** `^` and `$` match at every line. */
  #multiline = false
  #groupCount = 0
  readonly #groups: { number: number; name: string | null }[] = []
  readonly #declared: { name: string | null }[]

  constructor(text: string, flags: PatternFlags) {
    this.#text = escapeQuoted(text)
    this.#extended = flags.extended
    this.#dotAll = flags.dotAll
    this.#declared = declaredGroups(this.#text)
  }

  translate(): TranslatedPattern {
    const source = this.#alternatives()
    if (this.#at < this.#text.length) throw new PatternProblem('unmatched close parenthesis')
    return { source, groups: this.#groups }
  }

  #peek(): string | undefined {
    return this.#text[this.#at]
  }

  /** Everything up to the `)` that closes the group, or the end. Option changes last as long as the group. */
  #alternatives(): string {
    const options = this.#options
    let out = ''
    let open = 0
    for (;;) {
      this.#skipBlank()
      const char = this.#peek()
      if (char === undefined || char === ')') break
      if (char === '|') {
        this.#at++
        out += '|'
        continue
      }
      const option = this.#optionSwitch()
      if (option !== undefined) {
        out += option
        if (option !== '') open++
        continue
      }
      out += this.#quantified(this.#atom())
    }
    this.#options = options
    return out + ')'.repeat(open)
  }

  get #options(): Options {
    return { extended: this.#extended, dotAll: this.#dotAll, multiline: this.#multiline }
  }

  set #options({ extended, dotAll, multiline }: Options) {
    this.#extended = extended
    this.#dotAll = dotAll
    this.#multiline = multiline
  }

  #skipBlank(): void {
    while (this.#extended) {
      const char = this.#peek()
      if (char === '#') {
        const end = this.#text.indexOf('\n', this.#at)
        this.#at = end === -1 ? this.#text.length : end + 1
      } else if (char !== undefined && /\s/.test(char)) {
        this.#at++
      } else {
        return
      }
    }
  }

  /** `(?i)` and friends without a body: they hold to the end of the group. */
  #optionSwitch(): string | undefined {
    const match = /^\(\?([imsx]*)(?:-([imsx]+))?\)/.exec(this.#text.slice(this.#at, this.#at + 20))
    if (!match) return undefined
    this.#at += match[0].length
    return this.#applyOptions(match[1] ?? '', match[2] ?? '')
  }

  /** The opening of a group that switches what JavaScript has to know about; empty when it need not. */
  #applyOptions(on: string, off: string): string {
    if (on.includes('x')) this.#extended = true
    if (off.includes('x')) this.#extended = false
    if (on.includes('s')) this.#dotAll = true
    if (off.includes('s')) this.#dotAll = false
    if (on.includes('m')) this.#multiline = true
    if (off.includes('m')) this.#multiline = false
    const sign = on.includes('i') ? 'i' : off.includes('i') ? '-i' : ''
    return sign === '' ? '' : `(?${sign}:`
  }

  #atom(): string {
    const char = this.#text[this.#at]!
    switch (char) {
      case '(':
        return this.#group()
      case '[':
        return this.#class()
      case '.':
        this.#at++
        return this.#dotAll ? '[\\s\\S]' : '[^\\n]'
      case '^':
        this.#at++
        return this.#multiline ? lineStart : '(?<![\\s\\S])'
      case '$':
        this.#at++
        return this.#multiline ? lineEnd : '(?=\\n?(?![\\s\\S]))'
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
        throw new PatternProblem('target of repeat operator is not specified')
      default:
        return this.#literal()
    }
  }

  #literal(): string {
    const char = String.fromCodePoint(this.#text.codePointAt(this.#at)!)
    this.#at += char.length
    return quoteChar(char)
  }

  #quantified(atom: string): string {
    let out = atom
    for (;;) {
      this.#skipBlank()
      const rest = this.#text.slice(this.#at, this.#at + 24)
      const match = /^(?:[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\})/.exec(rest)
      if (!match) return out
      this.#at += match[0].length
      const quantifier = match[0].replace('{,', '{0,')
      checkRange(quantifier)
      out = this.#repeat(out === '' ? '(?:)' : out, quantifier)
    }
  }

  #repeat(atom: string, quantifier: string): string {
    const body = /^(?:\(\?[=!<])/.test(atom) || atom.startsWith('(?:(?<=') ? `(?:${atom})` : atom
    const next = this.#peek()
    if (next === '?') {
      this.#at++
      return quantifier === '?' ? `(?:|${body})` : `(?:${body}${quantifier}?)`
    }
    if (next === '+' && !quantifier.startsWith('{')) {
      this.#at++
      return this.#atomic(`${body}${quantifier}`)
    }
    // Said as a choice, a group that matched nothing still counts as matched.
    return quantifier === '?' ? `(?:${body}|)` : `(?:${body}${quantifier})`
  }

  /** Once matched, not tried otherwise: a lookahead remembers what it saw and a reference takes it. */
  #atomic(body: string): string {
    const name = `atomic${this.#groupCount}x${this.#at}`
    return `(?:(?=(?<${name}>${body}))\\k<${name}>)`
  }

  #group(): string {
    const rest = this.#text.slice(this.#at)
    if (rest.startsWith('(?#')) return this.#comment()
    const plain = /^\(\?(?:(:|=|!|<=|<!|>)|([imsx]*)(?:-([imsx]+))?:)/.exec(rest)
    if (plain) return this.#specialGroup(plain)
    const named = /^\(\?(?:<([\p{L}_][\p{L}\p{N}_]*)>|'([\p{L}_][\p{L}\p{N}_]*)')/u.exec(rest)
    if (rest.startsWith('(?') && !named) throw new PatternProblem('undefined group option')
    this.#at += named ? named[0].length : 1
    const number = ++this.#groupCount
    this.#groups.push({ number, name: named ? (named[1] ?? named[2] ?? null) : null })
    return `(?<group${number}>${this.#closed()})`
  }

  #comment(): string {
    const end = this.#text.indexOf(')', this.#at)
    if (end === -1) throw new PatternProblem('end pattern in group')
    this.#at = end + 1
    return ''
  }

  #specialGroup(match: RegExpExecArray): string {
    this.#at += match[0].length
    const kind = match[1]
    if (kind === '>') return this.#atomic(this.#closed())
    if (kind !== undefined) return `(?${kind}${this.#closed()})`
    const options = this.#options
    const opening = this.#applyOptions(match[2] ?? '', match[3] ?? '') || '(?:'
    const body = this.#closed()
    this.#options = options
    return `${opening}${body})`
  }

  #closed(): string {
    const body = this.#alternatives()
    if (this.#peek() !== ')') throw new PatternProblem('end pattern with unmatched parenthesis')
    this.#at++
    return body
  }

  #escape(): string {
    const char = this.#text[this.#at + 1]
    if (char === undefined) throw new PatternProblem('end pattern at escape')
    const anchor = anchors[char]
    if (anchor !== undefined) {
      this.#at += 2
      return anchor
    }
    if (/[1-9]/.test(char)) return this.#backReference()
    if (char === 'k') return this.#namedReference()
    if (char === 'g') throw new PatternProblem('subexpression calls are not supported')
    if (char === 'K') throw new PatternProblem('keep is not supported')
    const set = this.#classEscape()
    const complete = isSingleChar(set) || set.startsWith('[') || /^\\[pP]\{[^}]*\}$/.test(set)
    return complete ? set : `[${set}]`
  }

  #backReference(): string {
    const digits = /^\\(\d+)/.exec(this.#text.slice(this.#at))![1]!
    if (Number(digits) > this.#declared.length) return this.#octal(digits)
    this.#at += digits.length + 1
    return `\\k<group${Number(digits)}>`
  }

  /** Digits that name no group are a character's code. */
  #octal(digits: string): string {
    const octal = /^[0-3]?[0-7]{2}/.exec(digits)?.[0]
    if (octal === undefined) throw new PatternProblem('invalid backref number/name')
    return this.#take(octal.length + 1, `\\u{${Number.parseInt(octal, 8).toString(16)}}`)
  }

  #namedReference(): string {
    const match = /^\\k(?:<([^>]+)>|'([^']+)')/.exec(this.#text.slice(this.#at))
    if (!match) throw new PatternProblem('invalid backref number/name')
    this.#at += match[0].length
    const name = match[1] ?? match[2]!
    const number = /^\d+$/.test(name) ? Number(name) : this.#declared.findIndex(group => group.name === name) + 1
    if (number < 1 || number > this.#declared.length) throw new PatternProblem(`undefined name <${name}> reference`)
    return `\\k<group${number}>`
  }

  /** An escape that may stand inside a character class, as class contents. */
  #classEscape(): string {
    const rest = this.#text.slice(this.#at)
    const char = rest[1]
    if (char === undefined) throw new PatternProblem('end pattern at escape')
    const set = classes[char]
    if (set !== undefined) return this.#take(2, set)
    const negated = classes[char.toLowerCase()]
    if (negated !== undefined && /[DWSH]/.test(char)) return this.#take(2, `[^${negated}]`)
    const control = controls[char]
    if (control !== undefined) return this.#take(2, control)
    const code = /^\\(?:x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|(0[0-7]{0,2}))/.exec(rest)
    if (code) {
      const octal = code[4]
      const number =
        octal === undefined ? Number.parseInt(code[1] ?? code[2] ?? code[3]!, 16) : Number.parseInt(octal, 8)
      return this.#take(code[0].length, `\\u{${number.toString(16)}}`)
    }
    const property = /^\\([pP])\{(\^?)([^}]+)\}/.exec(rest)
    if (property) return this.#take(property[0].length, propertyClass(property))
    const letter = /^\\c([a-zA-Z])/.exec(rest)
    if (letter) return this.#take(3, `\\x${(letter[1]!.charCodeAt(0) % 32).toString(16).padStart(2, '0')}`)
    const literal = String.fromCodePoint(this.#text.codePointAt(this.#at + 1)!)
    return this.#take(1 + literal.length, quoteChar(literal))
  }

  #take(length: number, result: string): string {
    this.#at += length
    return result
  }

  #class(): string {
    this.#at++
    const negated = this.#peek() === '^'
    if (negated) this.#at++
    const parts: string[] = ['']
    let first = true
    for (;;) {
      const char = this.#peek()
      if (char === undefined) throw new PatternProblem('premature end of char-class')
      if (char === ']' && !first) break
      first = false
      if (this.#text.startsWith('&&', this.#at)) {
        this.#at += 2
        parts.push('')
      } else {
        parts[parts.length - 1] += this.#classItem(char)
      }
    }
    this.#at++
    const body = parts.length === 1 ? parts[0]! : parts.map(part => `[${part}]`).join('&&')
    return `[${negated ? '^' : ''}${body}]`
  }

  #classItem(char: string): string {
    if (char === '[') return this.#posixClass() ?? this.#class()
    const from = this.#classChar()
    const range = this.#peek() === '-' && this.#text[this.#at + 1] !== ']' && this.#text[this.#at + 1] !== undefined
    if (!range || !isSingleChar(from)) return from
    this.#at++
    if (this.#peek() === '[') return `${from}\\-`
    const to = this.#classChar()
    if (!isSingleChar(to)) return `${from}\\-${to}`
    if (decodeChar(from) > decodeChar(to)) throw new PatternProblem('empty range in char class')
    return `${from}-${to}`
  }

  #posixClass(): string | undefined {
    const match = /^\[:(\^?)([a-z]+):\]/.exec(this.#text.slice(this.#at))
    const set = match ? posix[match[2]!] : undefined
    if (!match || set === undefined) return undefined
    this.#at += match[0].length
    return match[1] ? `[^${set}]` : set
  }

  #classChar(): string {
    const char = this.#peek()!
    if (char !== '\\') return this.#literal()
    if (this.#text[this.#at + 1] === 'b') return this.#take(2, '\\x08')
    return this.#classEscape()
  }
}

const singleChar = /^(?:[^\\[\]]|\\[^pPux]|\\u\{[0-9a-f]+\}|\\x[0-9a-f]{2})$/u

function isSingleChar(part: string): boolean {
  return singleChar.test(part)
}

function decodeChar(part: string): number {
  const hex = /^\\(?:u\{([0-9a-f]+)\}|x([0-9a-f]{2}))$/.exec(part)
  if (hex) return Number.parseInt(hex[1] ?? hex[2]!, 16)
  const control = { '\\t': 9, '\\n': 10, '\\v': 11, '\\f': 12, '\\r': 13 }[part]
  return control ?? part.replace(/^\\/, '').codePointAt(0)!
}

/** A character that stands for itself, in and out of classes. */
function quoteChar(char: string): string {
  if (/^[A-Za-z0-9_ ]$/.test(char) || char.codePointAt(0)! > 127) return char
  return /^[\^$\\.*+?()[\]{}|/]$/.test(char) ? `\\${char}` : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}

const scripts = /^(?:Script|sc|Script_Extensions|scx)=/

function propertyClass([, letter, caret, rawName]: RegExpExecArray): string {
  const name = rawName!.replace(/[\s_-]/g, '').toLowerCase()
  const negative = (letter === 'P') !== (caret === '^')
  const known = posix[name]
  if (known !== undefined) return negative ? `[^${known}]` : `[${known}]`
  if (name === 'any') return negative ? '[^\\s\\S]' : '[\\s\\S]'
  for (const candidate of scripts.test(rawName!) ? [rawName!] : [rawName!, `Script=${rawName}`]) {
    const source = `\\${negative ? 'P' : 'p'}{${candidate}}`
    try {
      new RegExp(source, 'v')
      return source
    } catch {
      // Not a name of this kind: the next kind may know it.
    }
  }
  throw new PatternProblem(`invalid character property name {${rawName}}`)
}

/** Writes `\Q…\E` as escaped characters. */
function escapeQuoted(text: string): string {
  return text.replaceAll(/\\Q([\s\S]*?)(?:\\E|$)|\\[\s\S]/g, (all, quoted: string | undefined) =>
    quoted === undefined ? all : quoted.replaceAll(/[^\p{L}\p{N}_]/gu, '\\$&'),
  )
}

/** @throws PatternProblem for `{3,2}`, and for more repetitions than Oniguruma allows. */
function checkRange(quantifier: string): void {
  const [least = 0, most = least] = [...quantifier.matchAll(/\d+/g)].map(Number)
  if (Math.max(least, most) > repeatMax) throw new PatternProblem('too big number in repeat range')
  if (least > most) throw new PatternProblem('upper is smaller than lower in repeat range')
}

/** The groups a pattern declares, found before translation because references may point forward. */
function declaredGroups(text: string): { name: string | null }[] {
  const groups: { name: string | null }[] = []
  const scanner =
    /\\[\s\S]|\[(?:\\[\s\S]|\[:\^?[a-z]+:\]|[^\]\\])*\]|\((?!\?)|\(\?(?:<([\p{L}_][\p{L}\p{N}_]*)>|'([^']+)')/gu
  for (const match of text.matchAll(scanner)) {
    if (match[0] === '(') groups.push({ name: null })
    else if (match[0].startsWith('(?')) groups.push({ name: match[1] ?? match[2] ?? null })
  }
  return groups
}
