import { describe, expect, it } from 'vitest'
import type { Value } from '../src/index.ts'
import { failure, outputs } from './outputs.ts'

describe('regular expressions', () => {
  it.each<[string, string, boolean]>([
    ['^b', 'a\nb', false],
    ['a$', 'a\n', true],
    ['a\\z', 'a\n', false],
    ['a.b', 'a\nb', false],
    ['a.b', 'a\u2028b', true],
    ['\\d', '٣', true],
    ['^\\w+$', 'é_1', true],
    ['\\bé', 'a é', true],
    ['\\s', '\u0085', true],
    ['[[:alpha:]]+[[:digit:]]', 'é1', true],
    ['[^[:space:]]', ' ', false],
    ['[a-z&&[^aeiou]]', 'e', false],
    ['[]a]', ']', true],
    ['[a\\-z]', '-', true],
    ['[+--]', ',', true],
    ['\\h+', 'fF0', true],
    ['\\x{1F600}', '😀', true],
    ['\\x41\\u0042\\103', 'ABC', true],
    ['^.$', '😀', true],
    ['(?i)AB', 'ab', true],
    ['a(?i)b|c', 'aB', true],
    ['a(?i:b)c', 'aBC', false],
    ['(?x) a  b # comment', 'ab', true],
    ['(?s)a.b', 'a\nb', true],
    ['(?m)a.b', 'a\nb', false],
    ['(?m)a$', 'a\nb', true],
    ['(?m:^)b', 'a\nb', true],
    ['(?m)a(?-m)$', 'a\nb', false],
    ['(?im)^B$', 'a\nb\nc', true],
    ['(?s-m)^b', 'a\nb', false],
    ['\\Qa.(\\E+$', 'a.((', true],
    ['\\Qa.\\E', 'ab', false],
    ['\\\\Q', '\\Q', true],
    ['(?<y>\\d)\\k<y>', '1233', true],
    ['(a)(b)\\2\\1', 'abba', true],
    ['(?>a+)ab', 'aaab', false],
    ['a++b', 'aaab', true],
    ['a++ab', 'aaab', false],
    ['a{2}', 'aa', true],
    ['a{,2}b', 'aab', true],
    ['a{', 'a{', true],
    ['(?<=a)b(?!c)', 'abd', true],
    ['(?#note)a', 'a', true],
    ['\\p{Greek}\\p{Lu}', 'αA', true],
    ['\\p{^Alpha}', '1', true],
    ['a-b/c', 'a-b/c', true],
    ['~!@%&=:;"\'<>,`#', '~!@%&=:;"\'<>,`#', true],
    ['', 'x', true],
  ])('%s on %j', (pattern, text, expected) => {
    expect(outputs('.[0] as $re | .[1] | test($re)', [pattern, text])).toEqual([expected])
  })

  it.each<[string, Value, Value[]]>([
    [
      'match("(?<l>[a-z])(?<d>\\\\d)?"; "g") | [.offset, .length, .captures[].string]',
      '😀a1b',
      [
        [1, 2, 'a', '1'],
        [3, 1, 'b', null],
      ],
    ],
    ['match("b").captures', 'abc', [[]]],
    ['match(["B", "i"]).string', 'abc', ['b']],
    ['[match("a", "b").string]', 'ab', [['a', 'b']]],
    ['capture("(?<y>\\\\d+)-(?<m>\\\\d+)")', '2024-05', [{ y: '2024', m: '05' }]],
    ['[scan("\\\\d")], [scan("(\\\\d)(\\\\d)")], [scan("A"; "i")]', '12a3', [['1', '2', '3'], [['1', '2']], ['a']]],
    [
      '[splits(", *")], split(", *"; null), split("A"; "i")',
      'a, b',
      [
        ['a', 'b'],
        ['a', 'b'],
        ['', ', b'],
      ],
    ],
    ['sub("(?<x>[ab])"; "<\\(.x)>")', 'abc', ['<a>bc']],
    ['gsub("(?<x>[ab])"; "<\\(.x)>")', 'abc', ['<a><b>c']],
    ['gsub("A"; "x"; "i"), sub("a"; "1", "2")', 'aba', ['xbx', '1ba', '2ba']],
    ['gsub("^"; ">"), gsub(""; "-"), gsub("x*"; "-")', 'ab', ['>ab', '-a-b-', '-a-b-']],
    ['gsub("\\\\p{Lu}"; "u")', 'aBÉ', ['auu']],
    ['[match(""; "g").offset]', '😀b', [[0, 1, 2]]],
    [
      '[match("(?m)^"; "g").offset], [match("(?m)$"; "g").offset]',
      'a\nb\n',
      [
        [0, 2],
        [1, 3, 4],
      ],
    ],
    ['[match("( )*"; "gn")], test("a*"; "n")', 'b', [[], false]],
    ['[.[] | test("a b # c"; "x")]', ['ab', 'a b'], [[true, false]]],
    ['test("a.b"; "p"), test("a.b"; "s")', 'a\nb', [true, false]],
    ['[limit(1; match("."; "g"))] | length', 'abc', [1]],
    ['sub("(?<x>a)|(?<y>b)"; "\\(.x)\\(.y)"; "g")', 'ab', ['anullnullb']],
  ])('%s', (program, input, expected) => {
    expect(outputs(program, input)).toEqual(expected)
  })

  it.each([
    ['test("(")', /is not a valid regex/],
    ['test("a)")', /unmatched close parenthesis/],
    ['test("*a")', /target of repeat operator/],
    ['test("\\\\g<1>(a)")', /not supported/],
    ['test("(?<a>b)\\\\k<c>")', /undefined name/],
    ['test("[b-a]")', /empty range/],
    ['test("a{2,1}")', /regex: upper is smaller than lower in repeat range$/],
    ['test("a{100001}")', /regex: too big number in repeat range$/],
    ['test("\\\\p{Nope}")', /invalid character property/],
    ['test("a"; "q")', /q is not a valid modifier string/],
    ['test("a"; 1)', /is not a string/],
  ])('%s is refused', (program, message) => {
    expect(failure(program, 'abc')).toMatchObject({ code: 'JQ_RUNTIME' })
    expect(failure(program, 'abc').message).toMatch(message)
  })
})
