const asciiSize = 128
const unknown = 0
const no = 1
const yes = 2

/** Which code points a character of an expression matches; found out by asking JavaScript, once for each. */
export class CharSet {
  readonly #expression: RegExp
  readonly #ascii = new Uint8Array(asciiSize)
  readonly #others = new Map<number, boolean>()

  constructor(source: string, fold: boolean) {
    this.#expression = new RegExp(`^${source}$`, fold ? 'vi' : 'v')
  }

  has(code: number): boolean {
    if (code >= asciiSize) return this.#hasOther(code)
    const known = this.#ascii[code]!
    if (known !== unknown) return known === yes
    const answer = this.#expression.test(String.fromCharCode(code))
    this.#ascii[code] = answer ? yes : no
    return answer
  }

  #hasOther(code: number): boolean {
    const known = this.#others.get(code)
    if (known !== undefined) return known
    const answer = this.#expression.test(String.fromCodePoint(code))
    this.#others.set(code, answer)
    return answer
  }

  /** Every ASCII character it matches. */
  ascii(): number[] {
    return Array.from({ length: asciiSize }, (_, code) => code).filter(code => this.has(code))
  }
}

const sets = new Map<string, CharSet>()
const setsMax = 1_000

/** The set of a source text; the ones used lately are shared. */
export function charSet(source: string, fold: boolean): CharSet {
  const key = `${fold ? 'i' : '-'}${source}`
  const known = sets.get(key)
  if (known) return known
  if (sets.size >= setsMax) sets.clear()
  const set = new CharSet(source, fold)
  sets.set(key, set)
  return set
}
