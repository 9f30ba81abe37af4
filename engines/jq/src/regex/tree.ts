/** A translated expression as a tree. `source` of a character is the JavaScript that matches it alone. */
export type Node =
  | { readonly kind: 'char'; readonly source: string; readonly fold: boolean }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'choice'; readonly branches: readonly Node[] }
  | {
      readonly kind: 'repeat'
      readonly body: Node
      readonly min: number
      /** May be infinite. */
      readonly max: number
      readonly greedy: boolean
    }
  | { readonly kind: 'group'; readonly name: string; readonly body: Node }
  | { readonly kind: 'look'; readonly body: Node; readonly behind: boolean; readonly negative: boolean }
  /** Once matched, not tried otherwise. */
  | { readonly kind: 'atomic'; readonly body: Node }
  | { readonly kind: 'back'; readonly name: string; readonly fold: boolean }

/** Reads the JavaScript that the pattern translator writes. It is sound by then, so nothing is checked here. */
export function readTree(source: string, fold: boolean): Node {
  return new TreeReader(source).choice(fold)
}

const lookOpenings: Readonly<Record<string, { behind: boolean; negative: boolean }>> = {
  '(?=': { behind: false, negative: false },
  '(?!': { behind: false, negative: true },
  '(?<=': { behind: true, negative: false },
  '(?<!': { behind: true, negative: true },
}

const opening = /\((?:\?<?[=!]|\?<[^>=!]+>|\?(-?i)?:)/y
const quantifier = /(?:([*+?])|\{(\d+)(,(\d*))?\})(\?)?/y
const escapeSequence = /\\(?:u\{[^}]*\}|[pP]\{[^}]*\}|x[0-9a-fA-F]{2}|[\s\S])/y

class TreeReader {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  choice(fold: boolean): Node {
    const branches = [this.#sequence(fold)]
    while (this.#source[this.#at] === '|') {
      this.#at++
      branches.push(this.#sequence(fold))
    }
    return branches.length === 1 ? branches[0]! : { kind: 'choice', branches }
  }

  #sequence(fold: boolean): Node {
    const items: Node[] = []
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at]!)) {
      items.push(this.#quantified(this.#atom(fold)))
    }
    return items.length === 1 ? items[0]! : { kind: 'sequence', items: joinAtomic(items) }
  }

  #quantified(body: Node): Node {
    const found = this.#take(quantifier)
    if (!found) return body
    const [, sign, low, range, high, lazy] = found
    const min = sign ? (sign === '+' ? 1 : 0) : Number(low)
    const max = sign ? (sign === '?' ? 1 : Infinity) : range === undefined ? min : high ? Number(high) : Infinity
    return { kind: 'repeat', body, min, max, greedy: lazy === undefined }
  }

  #atom(fold: boolean): Node {
    const char = this.#source[this.#at]!
    if (char === '(') return this.#group(fold)
    if (char === '[') return { kind: 'char', source: this.#class(), fold }
    if (this.#source.startsWith('\\k<', this.#at)) return { kind: 'back', name: this.#reference(), fold }
    if (char === '\\') return { kind: 'char', source: this.#take(escapeSequence)![0], fold }
    const literal = String.fromCodePoint(this.#source.codePointAt(this.#at)!)
    this.#at += literal.length
    return { kind: 'char', source: literal, fold }
  }

  #group(fold: boolean): Node {
    const [open, option] = this.#take(opening)!
    const body = this.choice(option === undefined ? fold : option === 'i')
    this.#at++
    const look = lookOpenings[open]
    if (look) return { kind: 'look', body, ...look }
    return open.startsWith('(?<') ? { kind: 'group', name: open.slice(3, -1), body } : body
  }

  #reference(): string {
    const end = this.#source.indexOf('>', this.#at)
    const name = this.#source.slice(this.#at + 3, end)
    this.#at = end + 1
    return name
  }

  /** A class with everything nested in it. */
  #class(): string {
    const start = this.#at
    let depth = 0
    do {
      const char = this.#source[this.#at]
      if (char === '[') depth++
      else if (char === ']') depth--
      this.#at += char === '\\' ? 2 : 1
    } while (depth > 0)
    return this.#source.slice(start, this.#at)
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#source)
    this.#at += found?.[0].length ?? 0
    return found
  }
}

/** The translator says "atomic" as a lookahead that is remembered, and a reference to it. */
function joinAtomic(items: readonly Node[]): Node[] {
  const joined: Node[] = []
  for (const item of items) {
    const before = joined.at(-1)
    const remembered = before?.kind === 'look' && before.body.kind === 'group' ? before.body : undefined
    if (item.kind === 'back' && item.name.startsWith('atomic') && remembered?.name === item.name) {
      joined[joined.length - 1] = { kind: 'atomic', body: remembered.body }
    } else {
      joined.push(item)
    }
  }
  return joined
}
