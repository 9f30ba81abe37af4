import fc from 'fast-check'
import { type Phrase, phrases, type Type, types } from './generated-phrases.ts'

/** A program and the JSON text it is given. */
export interface GeneratedCase {
  readonly program: string
  readonly input: string
}

/** Chooses one of so many. */
type Choose = (count: number) => number

const numbers = [
  '0',
  '1',
  '2',
  '3',
  '-1',
  '-2',
  '0.5',
  '1.5',
  '-2.25',
  '10',
  '100',
  '3.7',
  '1000',
  '0.001',
  '123456789',
]
const smalls = ['0', '1', '2', '3', '4']
const strings = [
  '',
  'a',
  'b',
  'abc',
  'aXbxa',
  'a,b, c',
  'ABC',
  '12',
  '-1.5',
  'é',
  'añb',
  '日本',
  '😀b',
  ' pad ',
  'x1y22',
]
const regexes = [
  'a',
  '[a-z]+',
  '(?<n>[a-z])',
  '(a)(b)?',
  '\\\\d+',
  'x*',
  '^a',
  'b$',
  '.',
  '[^a]',
  'a|b',
  '',
  '(?i)A',
  '\\\\bb',
]
const flags = ['"g"', '"i"', '"gi"', '"x"', 'null', '"s"', '"n"', '"gn"']
const stamps = ['2015-03-05T23:51:47Z', '1970-01-01T00:00:00Z', '2024-02-29T12:00:00Z', '1999-12-31T23:59:59Z']
const seconds = ['0', '1425599621', '1700000000', '951782400', '86399', '-86400', '1425599621.678']

/** Of ten choices one is not what the grammar asks for, so that errors are compared too. */
const wrongTypeOneIn = 12

/** `%num%`, `%=num%`, `%str>num%`; but not the `%dT%` of a date. */
const place = /%(=?)([a-z]{3,})(?:>([a-z]{3,}))?%/g

const byInput = new Map<Type, Phrase[]>()
for (const phrase of phrases) byInput.set(phrase.input, [...(byInput.get(phrase.input) ?? []), phrase])

/** Writes one program: at each place a phrase that fits what comes in and what is wanted. */
class ProgramWriter {
  readonly #choose: Choose

  constructor(choose: Choose) {
    this.#choose = choose
  }

  case(): GeneratedCase {
    const type = this.#of(types)
    const input = this.json(type, 3)
    return { input, program: this.#pipeline(type) }
  }

  /** A few phrases in a row, each on what the last one gave. */
  #pipeline(input: Type): string {
    const steps: string[] = []
    let type = input
    for (let left = 1 + this.#choose(3); left > 0; left--) {
      const phrase = this.#of(this.#phrasesOn(type))
      steps.push(this.#fill(phrase, type, 2))
      type = phrase.output
    }
    return steps.join(' | ')
  }

  #phrasesOn(type: Type): readonly Phrase[] {
    const general = byInput.get('any')!
    const own = byInput.get(type)!
    return type !== 'any' && this.#choose(3) > 0 ? own : general
  }

  #expression(input: Type, output: Type, depth: number): string {
    const wanted = this.#choose(wrongTypeOneIn) === 0 ? this.#of(types) : output
    if (depth <= 0 || this.#choose(4) === 0) return this.#leaf(input, wanted)
    const fitting = this.#phrasesOn(input).filter(({ output: gives }) => wanted === 'any' || gives === wanted)
    if (fitting.length === 0) return this.#leaf(input, wanted)
    return `(${this.#fill(this.#of(fitting), input, depth - 1)})`
  }

  #leaf(input: Type, wanted: Type): string {
    if (wanted === input || (wanted === 'any' && this.#choose(2) === 0)) return '.'
    return this.#literal(wanted)
  }

  #fill({ text }: Phrase, input: Type, depth: number): string {
    if (text.startsWith('#')) return `. ${text}\n`
    return text.replaceAll(place, (_, literal: string, first: string, second?: string) => {
      if (literal) return this.#literal(first)
      return second === undefined
        ? this.#expression(input, first as Type, depth)
        : this.#expression(first as Type, second as Type, depth)
    })
  }

  #literal(kind: string): string {
    if (kind === 'small') return this.#of(smalls)
    if (kind === 'regex') return `"${this.#of(regexes)}"`
    if (kind === 'flags') return this.#of(flags)
    const json = this.json(kind as Type, 1)
    return json.startsWith('-') ? `(${json})` : json
  }

  json(type: Type, size: number): string {
    switch (type) {
      case 'null':
        return 'null'
      case 'bool':
        return this.#of(['true', 'false'])
      case 'num':
        return this.#of(numbers)
      case 'str':
        return JSON.stringify(this.#of(strings))
      case 'nums':
        return this.#list(size + 2, () => this.#of(numbers))
      case 'strs':
        return this.#list(size + 1, () => JSON.stringify(this.#of(strings)))
      case 'objs':
        return this.#list(size, () => this.#record(size - 1))
      case 'arrs':
        return this.#list(size, () => this.json('nums', size - 1))
      case 'arr':
        return this.#list(size, () => this.json('any', size - 1))
      case 'obj':
        return this.#record(size)
      case 'entries':
        return this.#list(size, () => `{"key":${this.json('str', 0)},"value":${this.json('any', size - 1)}}`)
      case 'seconds':
        return this.#of(seconds)
      case 'stamp':
        return JSON.stringify(this.#of(stamps))
      case 'any':
        return this.json(this.#of(size > 0 ? types.slice(0, 10) : types.slice(0, 4)), size - 1)
    }
  }

  #list(most: number, item: () => string): string {
    return `[${Array.from({ length: this.#choose(Math.max(most, 0) + 2) }, item).join(',')}]`
  }

  #record(size: number): string {
    const fields = [
      `"a":${this.json('num', 0)}`,
      `"b":${this.json('str', 0)}`,
      `"c":${this.json('nums', size - 1)}`,
      `"d":${size > 0 ? this.json('any', size - 1) : 'null'}`,
      `"e f":${this.json('bool', 0)}`,
    ]
    return `{${fields.filter(() => this.#choose(4) > 0).join(',')}}`
  }

  #of<Item>(items: readonly Item[]): Item {
    return items[this.#choose(items.length)]!
  }
}

/** Programs that mean something more often than not, with inputs they can work on. */
export const generatedCase: fc.Arbitrary<GeneratedCase> = fc
  .gen()
  .map(generate => new ProgramWriter(count => generate(fc.nat, count - 1)).case())

/** The same cases for the same seed. */
export function generatedCases(seed: number, count: number): GeneratedCase[] {
  return fc.sample(generatedCase, { seed, numRuns: count })
}
