/** Strings count in code points. Most strings have no surrogates, and there code points and UTF-16 units agree. */
const surrogates = /[\ud800-\udfff]/

export function hasSurrogates(text: string): boolean {
  return surrogates.test(text)
}

export function codePointLength(text: string): number {
  if (!surrogates.test(text)) return text.length
  let length = 0
  for (const _ of text) length++
  return length
}

/** The part between two code point offsets. */
export function sliceCodePoints(text: string, from: number, to: number): string {
  if (!surrogates.test(text)) return text.slice(from, to)
  const start = unitOffset(text, from, 0, 0)
  return text.slice(start, unitOffset(text, to, from, start))
}

/** UTF-16 offset of a code point offset, counted on from a known pair of offsets. */
function unitOffset(text: string, target: number, knownPoints: number, knownUnits: number): number {
  let units = knownUnits
  for (let points = knownPoints; points < target && units < text.length; points++) {
    units += text.codePointAt(units)! > 0xffff ? 2 : 1
  }
  return units
}

/** Turns growing UTF-16 offsets into code point offsets without starting over each time. */
export class OffsetCounter {
  readonly #text: string
  readonly #plain: boolean
  #units = 0
  #points = 0
  constructor(text: string) {
    this.#text = text
    this.#plain = !surrogates.test(text)
  }

  codePoints(units: number): number {
    if (this.#plain) return units
    if (units < this.#units) {
      this.#units = 0
      this.#points = 0
    }
    while (this.#units < units) {
      this.#units += this.#text.codePointAt(this.#units)! > 0xffff ? 2 : 1
      this.#points++
    }
    return this.#points
  }
}

/** Code point offsets of every occurrence, overlapping ones included. */
export function occurrences(text: string, part: string): number[] {
  if (part === '') return []
  const counter = new OffsetCounter(text)
  const found: number[] = []
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) found.push(counter.codePoints(at))
  return found
}

export function utf8Length(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}
