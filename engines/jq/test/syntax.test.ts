import { describe, expect, it } from 'vitest'
import { JqSyntaxError, parse, parseDefinition } from '../src/index.ts'
import { failure, outputs } from './outputs.ts'

describe('syntax', () => {
  it.each([
    ['1 + 2 * 3 - 4', 3],
    ['10 - 3 - 2', 5],
    ['1 as $x | 2 as $y | $x + $y', 3],
    ['1 + 2 as $x | -$x', -3],
    ['[1, 2 | . * 10]', [10, 20]],
    ['[1, (2 | . * 10)]', [1, 20]],
    ['null // 1 // 2', 1],
    ['1 + try error("x") catch 2 + 4', 7],
    ['-(1 + 2)', -3],
    ['[-1, - 1, 3 -1]', [-1, -1, 2]],
    ['if false then 1 elif true then 2 else 3 end', 2],
    ['[if false then 1 end]', [null]],
    ['{a: 1 + 2, b: 1 | 2}', { a: 3, b: 2 }],
    ['{"a b": 1, @base64 "\\("x")": 2, "c\\(1)": 3, (("d", "d")): 4} | keys', ['a b', 'c1', 'd', 'eA==']],
    ['{if: 1, then: 2} | [.if, .then, {and: 3}.and]', [1, 2, 3]],
    ['{a: 1,}', { a: 1 }],
    ['"\\u00e9\\ud83d\\ude00\\n\\/"', 'é😀\n/'],
    ['@json "v=\\([1, "x"])"', 'v=[1,"x"]'],
    ['"a\\("b\\("c")")"', 'abc'],
    ['{a: {b: 5}} | ."a"."b", .a["b"], ."a"?.b, .a.["b"]', 5],
    ['[.[]?]', []],
    ['. as {} ?// $x | $x', undefined],
    ['[1, 2, 3] | .[1:], .[:1], .[-1:]', [2, 3]],
    ['def f: def g: 3; g; f', 3],
    ['reduce (1, 2, 3) as $x (0; . + $x) + 1', 7],
    ['[foreach (1, 2) as $x (0; . + $x; -.)]', [-1, -3]],
    ['1 as $label | $label', 1],
    ['try error("x") catch .', 'x'],
    ['$__loc__.line', 1],
    ['1e3, .5, 1.', 1000],
  ])('reads %s', (program, expected) => {
    if (expected === undefined) expect(() => parse(program)).toThrow(JqSyntaxError)
    else expect(outputs(program)[0]).toEqual(expected)
  })

  it('takes a.b? apart from (a.b)?: only the last access is optional', () => {
    expect(failure('1 | .a.b?')).toMatchObject({ code: 'JQ_RUNTIME' })
    expect(outputs('1 | (.a.b)?')).toEqual([])
    expect(outputs('{"a": 1} | .a.b?')).toEqual([])
  })

  it('reads ?// between a term and its alternative as ? and //', () => {
    expect(outputs('1 | .a?//"none"')).toEqual(['none'])
  })

  it('carries a comment on over an odd number of backslashes at the end of its line', () => {
    expect(outputs('1 # one \\\n + 1\n + 2')).toEqual([3])
    expect(outputs('1 # one \\\\\n + 1')).toEqual([2])
    expect(outputs('1 # one \\\r\n + 1\r\n + 2')).toEqual([3])
    expect(outputs('1 # at the end')).toEqual([1])
  })

  it.each([
    ['', 0],
    ['.a | ', 1],
    ['1 == 1 == 1', 1],
    ['.a = 1 = 2', 1],
    ['{1: 2}', 1],
    ['{(1): 2}', 1],
    ['{a b}', 1],
    ['if 1 then 2', 1],
    ['"abc', 1],
    ['"\\v"', 1],
    ['. as $x', 1],
    ['. as [] | 1', 1],
    ['break', 1],
    ['}', 1],
    ['. foo', 1],
    ['1 as $x | 2 as', 1],
    ['def f: 1', 1],
    ['reduce . (0; 1)', 1],
    ['module []; 1', 1],
    ['module {a: (1 + .)}; 1', 1],
    ['"\\(1;2)"', 1],
    ['.a.[', 1],
    ['&', 1],
  ])('refuses %j or takes it as empty', (program, refused) => {
    if (refused) expect(() => parse(program)).toThrow(JqSyntaxError)
    else expect(outputs(program, 7)).toEqual([7])
  })

  it('says where a mistake is', () => {
    const error = failure('.a |\n  .b ++ 1')
    expect(error).toMatchObject({ code: 'JQ_SYNTAX', line: 2, column: 7, offset: 11 })
  })

  it('keeps the place of every node', () => {
    const program = parse('.a | map(.b)')
    const { body } = program
    expect(body).toMatchObject({ kind: 'pipe', start: 0, end: 12 })
    expect(body?.kind === 'pipe' && program.text.slice(body.right.start, body.right.end)).toBe('map(.b)')
  })

  it('reads directives although nothing loads them', () => {
    const program = parse(
      'module {name: "m"}; import "a/b" as b {search: "./"}; import "d" as $d; include "c"; def f: 1; f',
    )
    expect(program.imports.map(each => [each.path, each.alias])).toEqual([
      ['a/b', { name: 'b', data: false }],
      ['d', { name: 'd', data: true }],
      ['c', undefined],
    ])
    expect(program.definitions.map(each => each.name)).toEqual(['f'])
  })

  it('reads exactly one definition', () => {
    expect(parseDefinition('def f($a; g): $a | g;')).toMatchObject({
      name: 'f',
      params: [
        { name: 'a', value: true },
        { name: 'g', value: false },
      ],
    })
    for (const text of ['def f: 1; def g: 2;', 'def f: 1; .', '1', 'def f: 1', '', 'def f: 1; | .', 'def f: 1); (.']) {
      expect(() => parseDefinition(text)).toThrow(JqSyntaxError)
    }
  })

  it('refuses nesting beyond the stack as a syntax error', () => {
    expect(() => parse(`${'['.repeat(100_000)}1${']'.repeat(100_000)}`)).toThrow(JqSyntaxError)
  })
})
