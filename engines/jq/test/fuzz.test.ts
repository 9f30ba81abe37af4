import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  analyse,
  compile,
  complete,
  format,
  hover,
  JqSyntaxError,
  lint,
  parse,
  parseDefinition,
  pathsRead,
} from '../src/index.ts'
import transcript from './shell-uses.json' with { type: 'json' }
import { shellWords } from './shell-words.ts'

const programs = [
  ...transcript.uses.map(
    ({ command }) => shellWords(command).find(word => /^[.[({"$\w]/.test(word) && word !== 'jq') ?? '.',
  ),
  'def f($a; g): reduce .[] as [$x, {b: $y}] ({}; . + $x) | g; label $out | f(1; break $out)',
  'try error("\\(.a // "x")") catch if . then .a?.b[1:-1] elif 1 then @base64 "a\\(1)" else ..? end',
  '. as {$a, "b": [$c], (.d): {$e}} ?// [$a] | {$a, "x\\(1)": 2, (.k): 3, @json "k": 4, $__loc__}',
  'import "a/b@3" as $d {search: "./"}; include "c"; foreach (1, 2) as $i (0; . + $i; [., $i])',
  'module {"a": [1, -2, null]}; def x: 1 as $y | 2 as $z | [$y, $z]; x |= . + 1 // empty, .a //= 1 | not',
  '-1 - -(2 * 3 % 4) / 5 <= 6 and true or false == (null != .["a b"])',
]

const tokens = fc.constantFrom(
  ...'. .. .a ."b" [ ] { } ( ) | , : ; = |= += // //= ?// ? == != < <= and or not if then elif else end as def reduce foreach try catch label break import include module $x $__loc__ @json "a\\(1)" "\\" " \\( 1 1.5e3 .5 - + * / % null true map(.) # \n \\ é 😀 \u0000 \ud800'.split(
    ' ',
  ),
)

/** A program with pieces cut out, doubled, swapped in from elsewhere, or put anywhere. */
const mutated = fc
  .tuple(
    fc.constantFrom(...programs),
    fc.array(fc.tuple(fc.nat(300), fc.nat(20), fc.oneof(tokens, fc.string({ maxLength: 3 }), fc.constant(''))), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([program, changes]) =>
    changes.reduce((text, [at, length, piece]) => {
      const start = at % (text.length + 1)
      return text.slice(0, start) + piece + text.slice(start + length)
    }, program),
  )

const anyText = fc.oneof(
  { arbitrary: mutated, weight: 4 },
  { arbitrary: fc.array(tokens, { maxLength: 12 }).map(parts => parts.join(' ')), weight: 3 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 30 }), weight: 1 },
)

function syntaxErrorOf(read: () => unknown): JqSyntaxError | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (error instanceof JqSyntaxError) return error
    throw error
  }
}

describe('whatever the text', () => {
  it('the parser reads it or throws a JqSyntaxError with a place inside it', () => {
    fc.assert(
      fc.property(anyText, text => {
        const error = syntaxErrorOf(() => parse(text))
        syntaxErrorOf(() => parseDefinition(text))
        if (!error) return
        expect(error.offset).toBeGreaterThanOrEqual(0)
        expect(error.offset).toBeLessThanOrEqual(text.length)
        expect(error.line).toBeLessThanOrEqual(text.split('\n').length)
      }),
      { numRuns: 4_000 },
    )
  })

  it('what can be read is formatted once and for all', () => {
    let read = 0
    fc.assert(
      fc.property(anyText, text => {
        if (syntaxErrorOf(() => parse(text))) return
        read++
        const once = format(parse(text))
        expect(format(parse(once))).toBe(once)
      }),
      { numRuns: 4_000 },
    )
    expect(read).toBeGreaterThan(300)
  })

  it('the tools and the compiler throw nothing but errors with a code', () => {
    fc.assert(
      fc.property(anyText, fc.nat(40), (text, offset) => {
        lint(text, { schema: [{ path: '.a', type: 'number' }] })
        complete(text, Math.min(offset, text.length), { paths: [{ path: '.a.b' }] })
        hover(text, Math.min(offset, text.length))
        if (syntaxErrorOf(() => parse(text))) return
        analyse(parse(text))
        pathsRead(parse(text))
        try {
          compile(text)
        } catch (error) {
          expect((error as { code: string }).code).toMatch(/^JQ_/)
        }
      }),
      { numRuns: 1_500 },
    )
  })

  it.each([
    '('.repeat(50_000),
    '['.repeat(50_000),
    '{a:'.repeat(50_000),
    `${'.a|'.repeat(50_000)}.a`,
    `${'-'.repeat(50_000)}1`,
    `${'"\\('.repeat(20_000)}`,
    `${'if 1 then '.repeat(20_000)}`,
    `${'def f: '.repeat(20_000)}`,
    `${'1+'.repeat(50_000)}1`,
    `.${'[0]'.repeat(50_000)}`,
    `${'try '.repeat(50_000)}1`,
    `. as ${'['.repeat(50_000)}$x`,
  ])('however deep it is nested (case %#)', text => {
    syntaxErrorOf(() => format(parse(text)))
    lint(text)
    complete(text, text.length)
  })
})
