import type { JsonValue } from '@super-data/contract'

/** A place of a question where another asker may have another value. */
export interface Hole {
  /** The parameter that stands there already. */
  readonly parameter?: string
  /** The value written there. */
  readonly value?: JsonValue
  /** What a parameter there would be called, from what it is compared with. */
  readonly hint: string
}

/** Where a hole is in the text, and how a parameter is written there. */
export interface Place {
  readonly hole: Hole
  readonly start: number
  readonly end: number
  /** `$name` when absent. */
  readonly write?: (name: string) => string
}

/** A question without its values: two that differ only in values have the same shape. */
export interface QuestionShape {
  /** The canonical text, with the holes numbered. */
  readonly text: string
  readonly holes: readonly Hole[]
  /**
   * The question with parameters in some holes.
   *
   * @param names of the parameter in each hole; undefined leaves what is there.
   */
  render(names: readonly (string | undefined)[]): string
}

/** A name that can be a parameter's, from whatever stands beside a value. */
export function hintOf(name: string, suffix = ''): string {
  const plain = name.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^(?=\d)/, '_')
  return `${plain === '' ? 'value' : plain.slice(0, 50)}${suffix}`
}

/** For what lies above or below a value, by the comparison's operator. */
export function suffixOf(operator: string): string {
  if (operator.startsWith('>')) return '_min'
  return operator === '<' || operator === '<=' ? '_max' : ''
}

/** The text with parameters in some of its places, and otherwise as it was written. */
export function withParameters(text: string, places: readonly Place[], names: readonly (string | undefined)[]): string {
  let written = ''
  let at = 0
  for (const [index, { start, end, write = parameter }] of places.entries()) {
    const name = names[index]
    written += text.slice(at, start) + (name === undefined ? text.slice(start, end) : write(name))
    // `"a"and` is two words, `$aand` would be one.
    if (name !== undefined && /^\w/.test(text.slice(end, end + 1))) written += ' '
    at = end
  }
  return written + text.slice(at)
}

const parameter = (name: string) => `$${name}`

/** A name for every place. */
export const numbered = (places: readonly Place[]) => places.map((_, index) => `_${index + 1}`)
