import { describe, expect, it } from 'vitest'
import { failure, outputs } from './outputs.ts'

describe('paths', () => {
  const input = { a: [1, { b: 2 }], c: null }

  it.each([
    ['path(.a[0], .c)', [['a', 0], ['c']]],
    ['[paths]', [[['a'], ['a', 0], ['a', 1], ['a', 1, 'b'], ['c']]]],
    [
      '[paths(type == "number")]',
      [
        [
          ['a', 0],
          ['a', 1, 'b'],
        ],
      ],
    ],
    ['path(..)', [[], ['a'], ['a', 0], ['a', 1], ['a', 1, 'b'], ['c']]],
    ['path(.a | last | .b)', [['a', -1, 'b']]],
    ['path(first(.a[]))', [['a', 0]]],
    [
      '[path(limit(2; .a[], .c))]',
      [
        [
          ['a', 0],
          ['a', 1],
        ],
      ],
    ],
    ['path(last(.a[]))', [['a', 1]]],
    ['path(.a[1:][0].b)', [['a', { start: 1, end: null }, 0, 'b']]],
    ['path(if .c then .c else .a end)', [['a']]],
    ['path(.c // .a)', [['a']]],
    ['path(.a[] | select(type == "object") | .b?)', [['a', 1, 'b']]],
    ['path(getpath(["x", "y"]) | .z)', [['x', 'y', 'z']]],
    ['path(recurse(if type == "array" then .[] else empty end))', [[]]],
    ['[path(label $f | .a[] | (., break $f))]', [[['a', 0]]]],
    ['path(. as $x | .a)', [['a']]],
    ['path(reduce ("a", 1, "b") as $k (.; .[$k]))', [['a', 1, 'b']]],
    ['def f: .a | .[1]; path(f)', [['a', 1]]],
    ['def f(g): g | .[1]; path(f(.a))', [['a', 1]]],
    ['path(try error("x") catch .)', undefined],
    [
      '[path(.a[]?, empty, error?)]',
      [
        [
          ['a', 0],
          ['a', 1],
        ],
      ],
    ],
    ['path(.a | debug)', [['a']]],
    ['to_entries | map(.key)', [['a', 'c']]],
    ['getpath(["a", 1, "b"]), getpath(["c", "d", "e"])', [2, null]],
    ['pick(.a[1].b)', [{ a: [null, { b: 2 }] }]],
    ['del(.a[0], .c)', [{ a: [{ b: 2 }] }]],
    [
      'del(.a[]), del(.. | select(. == 2)?)',
      [
        { a: [], c: null },
        { a: [1, {}], c: null },
      ],
    ],
    ['del(.a[1:], .x.y)', [{ a: [1], c: null }]],
    ['delpaths([["a", 0], ["a", 1, "b"]])', [{ a: [{}], c: null }]],
    ['setpath(["a", 1, "b"]; 5) | .a', [[1, { b: 5 }]]],
  ])('%s', (program, expected) => {
    if (expected === undefined) expect(failure(program, input).message).toMatch(/Invalid path expression/)
    else expect(outputs(program, input)).toEqual(expected)
  })

  it('says what was computed instead of found', () => {
    expect(failure('path(1 + 1)').message).toBe('Invalid path expression with result 2')
    expect(failure('path({a: 1} | .a)').message).toBe(
      'Invalid path expression near attempt to access element "a" of {"a":1}',
    )
    expect(failure('path([1] | .[])').message).toBe('Invalid path expression near attempt to iterate through [1]')
  })

  it('takes a computed value that is the input itself for found', () => {
    expect(outputs('path(. as $x | $x | .a)', { a: 1 })).toEqual([['a']])
    expect(outputs('path(null)')).toEqual([[]])
  })

  it('never mistakes what objects and arrays inherit for fields', () => {
    expect(outputs('.constructor, .toString, .__proto__, .hasOwnProperty', {})).toEqual([null, null, null, null])
    expect(outputs('["length", "map", "0"] | map(. as $k | try ([1] | .[$k]) catch "refused")')).toEqual([
      ['refused', 'refused', 'refused'],
    ])
    const made = outputs('{"__proto__": 1} | (., keys, .__proto__, (.__proto__ = 2 | .__proto__), has("__proto__"))')
    expect(made.slice(1)).toEqual([['__proto__'], 1, 2, true])
    expect(Object.getPrototypeOf(made[0])).toBe(Object.prototype)
    expect(outputs('[.] | tojson', JSON.parse('{"__proto__":{"a":1}}'))).toEqual(['[{"__proto__":{"a":1}}]'])
  })

  it('streams values and puts them together again', () => {
    expect(outputs('[tostream]', { a: [1, { b: 2 }], c: [] })).toEqual([
      [[['a', 0], 1], [['a', 1, 'b'], 2], [['a', 1, 'b']], [['a', 1]], [['c'], []], [['c']]],
    ])
    expect(
      outputs('[fromstream(tostream)] == [.], [1 | truncate_stream([[0], 1], [[1, 0], 2], [[1, 0]], [[1]])]', {
        a: [1, { b: [] }],
      }),
    ).toEqual([true, [[[0], 2], [[0]]]])
    expect(outputs('[1, [], {"a": [2]}][] | [fromstream(tostream)][0]')).toEqual([1, [], { a: [2] }])
  })
})
