import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile } from '../src/index.ts'
import { compileTree } from '../src/regex/instructions.ts'
import { MatchingMachine } from '../src/regex/machine.ts'
import { translatePattern } from '../src/regex/pattern-syntax.ts'
import { isBearable, riskOf } from '../src/regex/risk.ts'
import { readTree } from '../src/regex/tree.ts'
import { failure, outputs } from './outputs.ts'

const plain = { extended: false, dotAll: false }

interface Spans {
  readonly whole: readonly number[]
  readonly groups: readonly (readonly number[] | null)[]
}

function ours(pattern: string, text: string, fold = false): Spans[] {
  const { source, groups } = translatePattern(pattern, plain)
  const program = compileTree(readTree(source, fold))!
  let left = 2_000_000
  const spend = (instructions: number) => {
    left -= instructions
    if (left < 0) throw new Error('too much')
  }
  const machine = new MatchingMachine(program, text, { spend })
  const found: Spans[] = []
  for (let from = 0; from <= text.length; ) {
    const slots = machine.find(from)
    if (!slots) break
    const spanAt = (slot: number) => (slots[slot]! < 0 ? null : [slots[slot]!, slots[slot + 1]!])
    found.push({
      whole: [slots[0]!, slots[1]!],
      groups: groups.map(({ number }) => spanAt(program.slots.get(`group${number}`)!)),
    })
    from = slots[1]! > slots[0]! ? slots[1]! : slots[1]! + 1
  }
  return found
}

function theirs(pattern: string, text: string, fold = false): Spans[] {
  const { source, groups } = translatePattern(pattern, plain)
  const expression = new RegExp(source, fold ? 'gdvi' : 'gdv')
  const found: Spans[] = []
  for (let from = 0; from <= text.length; ) {
    expression.lastIndex = from
    const match = expression.exec(text)
    if (!match) break
    const [start, end] = match.indices![0]!
    found.push({
      whole: [start, end],
      groups: groups.map(({ number }) => match.indices!.groups?.[`group${number}`] ?? null),
    })
    from = end > start ? end : end + 1
  }
  return found
}

/** Patterns small enough for JavaScript's matcher to survive. */
const pattern = fc.letrec(tie => {
  const inner = tie('any') as fc.Arbitrary<string>
  return {
    any: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\b', '^', '$', 'é', '\\d'),
      fc.tuple(inner, inner).map(([left, right]) => left + right),
      fc.tuple(inner, inner).map(([left, right]) => `(?:${left}|${right})`),
      inner.map(body => `(${body})`),
      fc
        .tuple(inner, fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{0,2}?', '++', '*+'))
        .map(([body, sign]) => `(?:${body})${sign}`),
      fc.tuple(inner, fc.constantFrom('?=', '?!', '?<=', '?<!', '?>', '?i:')).map(([body, kind]) => `(${kind}${body})`),
    ),
  }
}).any as fc.Arbitrary<string>

/** JavaScript has no atomic groups, and what stands in for them does not work backwards. */
function isAtomicBehind(each: string): boolean {
  return /\(\?<[=!]/.test(each) && /\(\?>|[*+]\+/.test(each)
}

/** V8 goes on to ignore case in classes behind a group that does. */
function isClassAfterScope(each: string): boolean {
  return each.includes('(?i:') && each.includes('[')
}

describe('the matcher that can be stopped', () => {
  it('finds what JavaScript finds, groups included', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'é', '1', ' '), maxLength: 8 })
    fc.assert(
      fc.property(
        pattern.filter(each => !isAtomicBehind(each) && !isClassAfterScope(each)),
        texts,
        fc.boolean(),
        (each, text, fold) => {
          expect(ours(each, text, fold)).toEqual(theirs(each, text, fold))
        },
      ),
      { numRuns: 3_000, seed: Number(process.env['TEST_SEED'] ?? 20_261_121) },
    )
  })

  it.each([
    ['(a*)*b', 'aaab aab'],
    ['(a|ab)(c|bcd)(d*)', 'abcd'],
    ['(?:(a)|b)*', 'abab'],
    ['(a)\\1', 'aaa aa'],
    ['(?<x>[ab]+)-\\k<x>', 'ab-ab ba-ab'],
    ['(?<=(\\d+))x', '12x'],
    ['(?<!a)b', 'ab bb'],
    ['😀+.', '😀😀x😀'],
    ['[😀-😎]', 'a😁b'],
    ['(?=(a+))a*b\\1', 'baaabac'],
    ['(z)((a+)?(b+)?(c))*', 'zaacbbbcac'],
  ])('%s on %s', (each, text) => {
    expect(ours(each, text)).toEqual(theirs(each, text))
  })
})

describe('expressions that backtrack', () => {
  it.each([
    ['("a"*30+"!")|test("^(a+)+$")', false],
    ['("a"*50000+"!")|test("^(a|aa)+$")', false],
    ['("a"*30+"!")|test("^(a|a)*$")', false],
    ['("a"*30+"!")|test("(.*a){12}$")', false],
    ['("a"*5000)|test("^(([a-z])+.)+[A-Z]([a-z])+$")', false],
    ['("x"*100000)|test("x*y")', false],
    ['(" "*50000+"x")|test("\\\\s+$")', false],
    ['("a"*20000)|[match("(a?)*b";"g")]|length', 0],
    ['("ab"*20000)|[scan("(?:a|b)+$")]|length', 1],
    ['("a,"*20000)|gsub("(\\\\w+)*,";"-")|length', 20000],
    ['("a"*40)|test("^(?>(a+)+)b")', false],
  ])('%s gives its answer', (program, expected) => {
    expect(outputs(program)).toEqual([expected])
  })

  it.each([
    '("a"*60)|test("^(a+)+\\\\1b")',
    '("a"*60)|test("^(?:(a|aa)+)+\\\\1c")',
    '("a"*40000)|test("(a*)(a*)(a*)\\\\1c")',
  ])('%s ends in an error, for references cannot be hurried', program => {
    expect(failure(program)).toMatchObject({ code: 'JQ_REGEX_TOO_COSTLY', kind: 'limited' })
  })

  it('counts towards the budget', () => {
    expect(failure('("a"*5000)|test("(a*)*(a*)*b")', null, { budget: { steps: 2_000 } })).toMatchObject({
      code: 'JQ_STEPS_EXCEEDED',
    })
    const program = compile('[limit(1e6; repeat("a" * 1000 | test("x")))]')
    expect(() => program.run(null, { budget: { steps: 10_000 }, emit: () => true })).toThrow('10000 steps')
  })

  it('leaves ordinary expressions to JavaScript', () => {
    const risk = (each: string) => riskOf(readTree(translatePattern(each, plain).source, false))
    for (const each of [
      'foo',
      '^\\d{4}-\\d{2}-\\d{2}$',
      '^[\\w.]+@[\\w-]+\\.com$',
      '^(\\w+\\.)+com$',
      '(\\d{1,3}\\.){3}\\d{1,3}',
      '^(foo|bar)+$',
      ', *',
      '[aeiou]+',
      '^(?<year>\\d+)-(?<month>\\d+)$',
      '"[^"]*"',
    ]) {
      expect([each, isBearable(risk(each), 1_000)]).toEqual([each, true])
    }
    for (const each of ['(a+)+$', '(a|a)*b', '(.*)*x', '^(\\w+\\s?)*$']) {
      expect([each, isBearable(risk(each), 30)]).toEqual([each, false])
    }
  })
})
