import { describe, expect, it } from 'vitest'
import { type LintOptions, lint } from '../src/index.ts'

function rules(text: string, options?: LintOptions): string[] {
  return lint(text, options).map(({ rule }) => rule)
}

const schema = [
  { path: '.[].id', type: 'number' },
  { path: '.[].name', type: 'string' },
  { path: '.[].address.city', type: 'string' },
  { path: '.[].address.zip', type: 'string' },
  { path: '.[].tags[]', type: 'string' },
  { path: '.[].extra', type: 'object' },
]

describe('the linter', () => {
  it.each([
    'map(select(.age > 30)) | group_by(.city) | map({city: .[0].city, n: length})',
    '. as {a: $x, b: [$y]} | $x + $y',
    'def f(g; $n): g + $n; f(1; 2)',
    'reduce .[] as $x (0; . + $x)',
    '.a == .b, (.a | type) == "object", .a != null',
    'if .x then empty else .y end',
    'label $out | .[] | if . > 3 then ., break $out else . end',
    'def fac: if . < 2 then 1 else . * (. - 1 | fac) end; fac',
    '[.[] as [$a] ?// $a | $a]',
    'try error("x") catch .',
    'import "lib/text@3" as t; t::shout',
    'first(.[] | select(.id == 3)) // error("none")',
    'test("^[a-z]+$") , sub("(?<x>a+)"; .x)',
    '. as $_unused | 1',
    'def only_a_module: 1; def another: 2;',
    'error(empty), (1 | empty)',
  ])('says nothing about %s', text => {
    expect(lint(text)).toEqual([])
  })

  it.each([
    ['maap(.a)', 'unknown-function', 'maap/1 is not defined; did you mean map?', 1, 'map'],
    ['.a | to_entires', 'unknown-function', 'to_entires/0 is not defined; did you mean to_entries?', 6, 'to_entries'],
    ['map', 'wrong-arity', 'map takes 1 argument, not 0', 1, undefined],
    ['range', 'wrong-arity', 'range takes 1 or 2 or 3 arguments, not 0', 1, undefined],
    ['def f(g): g; f', 'wrong-arity', 'f takes 1 argument, not 0', 14, undefined],
    ['. as $total | $totl', 'unknown-variable', '$totl is not defined; did you mean $total?', 15, '$total'],
    ['1 as $x | 2', 'unused-variable', '$x is never used', 6, 'Call it $_x if that is meant.'],
    ['. as {$a, b: $c} | $a', 'unused-variable', '$c is never used', 14, 'Call it $_c if that is meant.'],
    ['reduce .[] as $x (0; . + 1)', 'unused-variable', '$x is never used', 15, 'Call it $_x if that is meant.'],
    ['def f: 1; 2', 'unused-function', 'f/0 is never used', 1, undefined],
    ['.a | def g: g; 3', 'unused-function', 'g/0 is never used', 6, undefined],
    [
      'def length: 3; length',
      'shadowed-builtin',
      'length/0 hides the builtin of that name',
      1,
      'Give it another name.',
    ],
    ['empty | .a', 'unreachable', 'nothing comes after empty', 9, undefined],
    ['.a | error("x") | .b', 'unreachable', 'nothing comes after error("x")', 19, undefined],
    ['.a == .a', 'constant-comparison', '.a == .a always comes out the same: both sides are the same', 1, undefined],
    ['1 < 2', 'constant-comparison', '1 < 2 always comes out the same: both sides are constants', 1, undefined],
    ['(.a | type) == "int"', 'unknown-type', 'no value is of the type "int"', 16, 'number'],
    ['"list" == type', 'unknown-type', 'no value is of the type "list"', 1, 'array'],
    ['select(true)', 'constant-condition', 'the condition true always holds', 8, undefined],
    ['if null then 1 end', 'constant-condition', 'the condition null never holds', 4, undefined],
    ['@jsom', 'unknown-format', '@jsom is no format; did you mean @json?', 1, '@json'],
    ['"a" | @htm "x\\(.)"', 'unknown-format', '@htm is no format; did you mean @html?', 7, '@html'],
    ['label $out | break $ot', 'unknown-label', 'there is no label $ot to break to; did you mean $out?', 14, '$out'],
    ['. as $x | $x, break $x', 'unknown-label', 'there is no label $x to break to', 15, undefined],
    ['{(1 + 2): 3}', 'impossible-key', 'a key is a string, and this never is', 3, undefined],
    ['test("[")', 'invalid-regex', 'this is no regular expression: premature end of char-class', 6, undefined],
    ['[1', 'syntax', 'syntax error', 3, undefined],
  ])('%s: %s', (text, rule, message, column, suggestion) => {
    const issue = lint(text).find(each => each.rule === rule)
    expect(issue).toMatchObject({ rule, message: expect.stringContaining(message), position: { column } })
    expect(issue?.suggestion ?? undefined).toBe(rule === 'syntax' ? issue?.suggestion : suggestion)
  })

  it('warns of regular expressions that backtrack', () => {
    expect(rules('test("^(a+)+$")')).toEqual(['costly-regex'])
    expect(rules('test("(?x) a b # c"; "x")')).toEqual([])
  })

  it('knows the functions and variables it is told of', () => {
    expect(rules('shout($name)')).toEqual(['unknown-function', 'unknown-variable'])
    expect(rules('shout($name)', { functions: ['shout/1'], variables: ['name'] })).toEqual([])
    expect(rules('shout', { functions: ['shout/1'] })).toEqual(['wrong-arity'])
  })

  it('gives every issue its place, in the order of the text', () => {
    expect(lint('1 as $x |\n  nope | $y').map(({ rule, position }) => [rule, position.line, position.column])).toEqual([
      ['unused-variable', 1, 6],
      ['unknown-function', 2, 3],
      ['unknown-variable', 2, 10],
    ])
  })

  describe('with a schema', () => {
    it.each([
      'map(.name)',
      '.[] | select(.id > 3) | .address.city',
      '.[0].tags[1]',
      '.[] | {name, zip: .address.zip}',
      'map(.extra.anything.goes)',
      'to_entries | map(.value.name)',
      'group_by(.name) | map({key: .[0].name, n: length}) | map(.n)',
      '[.[] | .address | .city, .zip]',
      'reduce .[] as $r ({}; .[$r.name] += $r.id)',
      'map({total: 1}) | map(.total)',
      '.[] as {$name, address: {$city}} | $name + $city',
      '.[] | .[.name]',
      '(.[] | .address, {city: 1}) | .city',
    ])('says nothing about %s', text => {
      expect(lint(text, { schema })).toEqual([])
    })

    it.each([
      ['map(.nam)', 'the input has no .[].nam; did you mean name?', 'name'],
      ['.[].address.town', 'the input has no .[].address.town', undefined],
      ['.[] | select(.id > 3) | {nam: .namee}', 'the input has no .[].namee; did you mean name?', 'name'],
      ['map(.id.x)', '.[].id is a number, so it has no x', undefined],
      ['.[].tags[].name', '.[].tags[] is a string, so it has no name', undefined],
      ['sort_by(.adress)', 'the input has no .[].adress; did you mean address?', 'address'],
      ['def f: .citi; .[].address | f', 'the input has no .[].address.citi; did you mean city?', 'city'],
      ['.[] as {$nane} | $nane', 'the input has no .[].nane; did you mean name?', 'name'],
    ])('%s: %s', (text, message, suggestion) => {
      expect(lint(text, { schema })).toEqual([
        expect.objectContaining({
          rule: 'unknown-path',
          severity: 'warning',
          message,
          ...(suggestion ? { suggestion } : {}),
        }),
      ])
    })
  })
})
