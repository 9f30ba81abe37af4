import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BigLiteral,
  JqDepthExceeded,
  JqInvalidJson,
  parseJson,
  parseJsonSequence,
  printJson,
  type Value,
} from '../src/index.ts'

describe('reading JSON', () => {
  it('reads whatever JSON.parse reads to the same value', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  it('reads the same through its careful reader', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const text = `[1e999,${JSON.stringify(value)}]`
        expect((parseJson(text) as Value[])[1]).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('looks for long numbers outside of strings only', () => {
    expect(parseJson('{"a":"12345678901234567890","b":"\\"12345678901234567890"}')).toEqual({
      a: '12345678901234567890',
      b: '"12345678901234567890',
    })
    expect(parseJson('{"a":"x","b":12345678901234567890}')).toEqual({
      a: 'x',
      b: new BigLiteral('12345678901234567890'),
    })
    expect(parseJson('["4e12345678901234567",9007199254740993]')).toEqual([
      '4e12345678901234567',
      new BigLiteral('9007199254740993'),
    ])
  })

  it('takes nan, and turns lone surrogates into the replacement character', () => {
    expect(parseJson('[nan, NaN, -NaN]')).toEqual([Number.NaN, Number.NaN, Number.NaN])
    expect(parseJson('"a\\ud800b"')).toBe('a\ufffdb')
    expect(parseJson('"\\ud83d\\ude00"')).toBe('😀')
    expect(parseJson('\ufeff1')).toBe(1)
  })

  it('makes __proto__ an ordinary key', () => {
    const value = parseJson('{"__proto__": 12345678901234567890}') as object
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  it.each([
    ['{"a":1', 'Unfinished JSON term at EOF at line 1, column 6'],
    ['[1,2\n,,3]', "Expected value before ',' at line 2, column 2"],
    ['{"a" 1}', 'Expected separator between values at line 1, column 6'],
    ['[1}', "Unmatched '}' at line 1, column 3"],
    ['{1:2}', 'Object keys must be strings at line 1, column 3'],
    ['tru', 'Invalid literal at EOF at line 1, column 3'],
    ['01x', 'Invalid numeric literal at EOF at line 1, column 3'],
    ["{'a':1}", 'Invalid string literal; expected ", but got \' at line 1, column 5'],
    ['"abc', 'Unfinished string at EOF at line 1, column 4'],
    ['', 'Expected JSON value'],
    ['1 2', 'Unexpected extra JSON values'],
    ['[1,]', 'Expected another array element at line 1, column 4'],
  ])('says what is wrong with %j', (text, message) => {
    expect(() => parseJson(text)).toThrow(JqInvalidJson)
    expect(() => parseJson(text)).toThrow(message)
  })

  it('reads many values one after the other', () => {
    expect(parseJsonSequence('1 2\n[3]{"a":4}"x"null')).toEqual([1, 2, [3], { a: 4 }, 'x', null])
    expect(parseJsonSequence(' \n')).toEqual([])
  })
})

describe('printing JSON', () => {
  it('prints text that JSON.parse reads back to the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(JSON.parse(printJson(value as Value))).toEqual(value)
      }),
    )
  })

  it('lays values out', () => {
    const value = { b: [1, {}], a: 'é' }
    expect(printJson(value)).toBe('{"b":[1,{}],"a":"é"}')
    expect(printJson(value, { indent: 2 })).toBe('{\n  "b": [\n    1,\n    {}\n  ],\n  "a": "é"\n}')
    expect(printJson(value, { sortKeys: true })).toBe('{"a":"é","b":[1,{}]}')
    expect(printJson(value, { indent: '\t', sortKeys: true, ascii: true })).toBe(
      '{\n\t"a": "\\u00e9",\n\t"b": [\n\t\t1,\n\t\t{}\n\t]\n}',
    )
    expect(printJson([1], { colour: true })).toContain('\x1b[')
  })

  it('escapes DEL and replaces lone surrogates', () => {
    expect(printJson('a\x7f\ud800b')).toBe('"a\\u007f\ufffdb"')
    expect(printJson(['a\x7f', '\ud800'])).toBe('["a\\u007f","\ufffd"]')
  })

  it('prints any depth on one line and never runs out of stack', () => {
    let deep: Value = []
    for (let level = 0; level < 50_000; level++) deep = [deep]
    expect(printJson(deep)).toContain('<skipped: too deep>')
    expect(() => printJson(deep, { indent: 1 })).not.toThrow(RangeError)
    let within: Value = 1
    for (let level = 0; level < 10_000; level++) within = [within]
    expect(parseJson(printJson(within))).toHaveLength(1)
    expect(JqDepthExceeded).toBeDefined()
  })
})

describe('a long array, read piece by piece', () => {
  const orders = (count: number, field: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => `{"id":${at},"f":${field(at)}}`)

  it.each([
    ['one line', '[', ',', ']'],
    ['a line each', '[\n', ',\n', '\n]\n'],
    ['laid out', ' [\n  ', ' ,\n  ', '\n]'],
  ])('is the same array: %s', (_, open, between, close) => {
    const nested = (at: number) => `[{"id":${at}},{"id":"],[{,"}, "\\\\\\"", {"id":[{"id":1.5},null]}]`
    const text = open + orders(5_000, nested).join(between) + close
    expect(parseJson(text)).toEqual(JSON.parse(text))
  })

  it.each([
    ['numbers', (at: number) => `${at}.25`],
    ['texts with commas', (at: number) => `",${at},"`],
    ['arrays of arrays', (at: number) => `[[${at},2],[3,[4]],[]]`],
    ['elements of all kinds', (at: number) => ['{}', '[]', '"x"', 'null', '{"id":7}', '{"id":{"id":1}}'][at % 6]!],
    ['texts beyond ASCII', (at: number) => `{"id":"é€😀 ${at}"}`],
  ])('is the same array: %s', (_, element) => {
    const text = `[${Array.from({ length: 9_000 }, (_, at) => element(at)).join(',')}]`
    expect(parseJson(text)).toEqual(JSON.parse(text))
  })

  it('keeps long numbers wherever they stand, and texts that look like them', () => {
    const fields = [
      '12345678901234567890',
      '"1, 12345678901234567890, 2"',
      '0.12345678901234567891',
      '1e400',
      '[1E-400]',
    ]
    const values = parseJson(`[${orders(5_000, at => fields[at % 5]!).join(',')}]`) as { f: Value }[]
    expect(values[4_995]!.f).toEqual(new BigLiteral('12345678901234567890'))
    expect(values[4_996]!.f).toBe('1, 12345678901234567890, 2')
    expect(printJson(values.slice(4_997) as Value)).toBe(
      '[{"id":4997,"f":0.12345678901234567891},{"id":4998,"f":1E+400},{"id":4999,"f":[1E-400]}]',
    )
  })

  it.each(['[1,2,]', '[1,,2]', '[1 2]', '{"a" 1}', '"a', '[1}', '{"a":1', '01x', 'tru'])(
    'with %s inside is refused',
    wrong => {
      const good = orders(3_000, String).join(',')
      expect(() => parseJson(`[${good},${wrong},${good}]`)).toThrow(JqInvalidJson)
    },
  )

  it.each([',]', ']]', '', '] 1', ',,1]', '}'])('that ends in %j is refused', end => {
    expect(() => parseJson(`[${orders(3_000, String).join(',')}${end}`)).toThrow(JqInvalidJson)
  })

  it('is not nested deeper than 10,000 levels, whatever brackets stand in its texts', () => {
    const nested = (levels: number) => `["${']'.repeat(20_000)}",${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}]`
    expect(parseJson(nested(10_000))).toHaveLength(2)
    expect(() => parseJson(nested(10_001))).toThrow('Exceeds depth limit for parsing')
  })
})

describe('long numbers', () => {
  it('agree with the careful reader', () => {
    const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,25})?([eE][+-]?\d{1,4})?$/)
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            digits,
            fc.string().map(text => JSON.stringify(text)),
          ),
        ),
        items => {
          const text = `[${items.join(',')}]`
          expect(parseJson(text)).toEqual(parseJsonSequence(text)[0])
        },
      ),
    )
  })

  it.each([
    '{"a":1, 12345678901234567890 :2}',
    '[1 12345678901234567890]',
    '[1.2345678901234567890.1]',
    '[-]12345678901234567890',
    '"a 12345678901234567890',
    '[12345678901234567890,"\\u0001"1]',
  ])('make no JSON of %s', text => {
    expect(() => parseJson(text)).toThrow(JqInvalidJson)
  })

  it('are not taken for texts that hold the same marks', () => {
    expect(parseJson('[12345678901234567890,"\\u00011","\\u000112345678901234567890"]')).toEqual([
      new BigLiteral('12345678901234567890'),
      '\u00011',
      '\u000112345678901234567890',
    ])
  })
})
