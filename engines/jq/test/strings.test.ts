import { describe, expect, it } from 'vitest'
import type { Value } from '../src/index.ts'
import { failure, outputs } from './outputs.ts'

describe('strings', () => {
  it.each<[string, Value, Value]>([
    ['length, utf8bytelength', 'a😀é', 3],
    ['.[1:2]', 'a😀b', '😀'],
    ['.[-1:]', 'a😀b', 'b'],
    ['explode', 'a😀', [97, 128512]],
    ['explode | implode', 'a😀', 'a😀'],
    ['[55296, 1114112] | implode', null, '\ufffd\ufffd'],
    ['split(", ")', 'a, b', ['a', 'b']],
    ['split("")', 'a😀', ['a', '😀']],
    ['. / ","', 'a,b', ['a', 'b']],
    ['. * 2', 'ab', 'abab'],
    ['2 * .', 'ab', 'abab'],
    ['. * 0, . * 0.5', 'ab', ''],
    ['join("-")', ['a', 1, null, true], 'a-1--true'],
    ['ascii_downcase + ascii_upcase', 'aÉb', 'aÉbAÉB'],
    ['ltrimstr("a"), rtrimstr("a")', 'aba', 'ba'],
    ['trimstr("a")', 'aba', 'b'],
    ['[trim, ltrim, rtrim]', ' a ', ['a', 'a ', ' a']],
    ['[startswith("a"), endswith("a")]', 'ab', [true, false]],
    ['[index("b"), rindex("b"), indices("b")]', 'a😀bb', [2, 3, [2, 3]]],
    ['indices("aa")', 'aaa', [0, 1]],
    ['contains("b"), inside("abc")', 'b', true],
    ['test("B"; "i")', 'abc', true],
    ['ascii', 65, 'A'],
    ['@text, tostring', [1], '[1]'],
    ['@json', 'é"', '"é\\""'],
    ['@csv', [1, 'a"b', null, true, 1.5], '1,"a""b",,true,1.5'],
    ['@tsv', ['a\tb', 'c\\d\n'], 'a\\tb\tc\\\\d\\n'],
    ['@html', '<a href="x">\'&', '&lt;a href=&quot;x&quot;&gt;&apos;&amp;'],
    ['@uri', 'a b/é', 'a%20b%2F%C3%A9'],
    ['@urid', 'a%20b%c3%a9', 'a bé'],
    ['@sh', ["it's", 1], "'it'\\''s' 1"],
    ['@base64', 'é', 'w6k='],
    ['@base64d', 'w6k', 'é'],
    ['@base32', 'abc', 'MFRGG==='],
    ['@base32d', 'MFRGG===', 'abc'],
    ['@uri "q=\\(.)&x"', 'a b', 'q=a%20b&x'],
    ['tojson | fromjson', { a: ['é'] }, { a: ['é'] }],
    ['reverse', 'a😀', '😀a'],
    ['[limit(1; splits(", "))]', 'a, b', ['a']],
    ['tojson', 'a\u007f', '"a\\u007f"'],
    ['. < "b"', 'a😀', true],
    ['["\\ud83d\\ude00", "\\uffff"] | sort | map(explode[0])', null, [65535, 128512]],
  ])('%s', (program, input, expected) => {
    expect(outputs(program, input)[0]).toEqual(expected)
  })

  it.each([
    ['ltrimstr(1)', 'startswith() requires string inputs'],
    ['split(1)', 'split input and separator must be strings'],
    ['explode | implode | fromjson', "Invalid numeric literal at EOF at line 1, column 3 (while parsing 'abc')"],
    ['[[1]] | join(",")', 'string ("") and array ([1]) cannot be added'],
    ['@csv', 'string ("abc") cannot be csv-formatted, only array'],
    ['[[1]] | @csv', 'array ([1]) is not valid in a csv row'],
    ['[{}] | @sh', 'object ({}) can not be escaped for shell'],
    ['"%zz" | @urid', 'string ("%zz") is not a valid uri encoding'],
    ['"*" | @base64d', 'string ("*") is not valid base64 data'],
    ['1 | trim', 'trim input must be a string'],
    ['1 | explode', 'explode input must be a string'],
    ['tojson | tojson | test(1)', 'number not a string or array'],
    ['1 | test("a")', 'number (1) cannot be matched, as it is not a string'],
    ['format("nope")', 'nope is not a valid format'],
  ])('%s fails with jq words', (program, message) => {
    expect(failure(program, 'abc').message).toBe(message)
  })
})
