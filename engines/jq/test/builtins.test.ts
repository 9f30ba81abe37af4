import { describe, expect, it } from 'vitest'
import { builtinNames, compile, type Value } from '../src/index.ts'
import { failure, outputs } from './outputs.ts'

describe('builtins', () => {
  const people = [
    { name: 'ann', age: 30, tags: ['x'] },
    { name: 'bob', age: 25, tags: ['x', 'y'] },
    { name: 'cy', age: 30, tags: [] },
  ]

  it.each<[string, Value, Value[]]>([
    ['map(.age) | add', people, [85]],
    ['add, add(.[] | length)', ['a', 'bc'], ['abc', 3]],
    ['add', [[1], null, [2]], [[1, 2]]],
    ['add', [{ a: 1 }, { b: 2 }], [{ a: 1, b: 2 }]],
    ['add', [], [null]],
    ['sort_by(.age, .name) | map(.name)', people, [['bob', 'ann', 'cy']]],
    ['sort_by(-.age) | map(.name)', people, [['ann', 'cy', 'bob']]],
    ['group_by(.age) | map(map(.name))', people, [[['bob'], ['ann', 'cy']]]],
    ['unique_by(.age) | map(.name)', people, [['bob', 'ann']]],
    ['[min_by(.age), max_by(.age)] | map(.name)', people, [['bob', 'cy']]],
    ['[min, max]', [3, 1, 2], [[1, 3]]],
    ['unique', [2, 1, 2, null, 'a', 1], [[null, 1, 2, 'a']]],
    [
      'sort',
      [{ b: 1 }, [1], 'a', 1, true, false, null, { a: 2 }],
      [[null, false, true, 1, 'a', [1], { a: 2 }, { b: 1 }]],
    ],
    ['map(select(.tags | index("y"))) | length', people, [1]],
    ['[.[] | select(.age > 26) | .name]', people, [['ann', 'cy']]],
    ['any(.[]; .age > 28), all(.[]; .age > 28), (map(.age) | any(. > 28))', people, [true, false, true]],
    ['any, all', [true, false], [true, false]],
    [
      'flatten, flatten(1)',
      [1, [2, [3]]],
      [
        [1, 2, 3],
        [1, 2, [3]],
      ],
    ],
    ['reverse, (reverse | first, last)', [1, 2, 3], [[3, 2, 1], 3, 1]],
    [
      'transpose',
      [[1], [2, 3]],
      [
        [
          [1, 2],
          [null, 3],
        ],
      ],
    ],
    ['[range(200000) | [.]] | transpose | length, .[0][-1]', null, [1, 199_999]],
    [
      '[combinations], [[0, 1] | combinations(2)]',
      [[1, 2], [3]],
      [
        [
          [1, 3],
          [2, 3],
        ],
        [
          [0, 0],
          [0, 1],
          [1, 0],
          [1, 1],
        ],
      ],
    ],
    ['to_entries | from_entries', { a: 1, b: false }, [{ a: 1, b: false }]],
    [
      'from_entries',
      [{ k: 'a', v: 1 }, { name: 'b', Value: 2 }, { key: 1 }, { key: null }, { key: false }],
      [{ a: 1, b: 2, 1: null, null: null, false: null }],
    ],
    ['with_entries(select(.value > 1) | .key |= ascii_upcase)', { a: 1, b: 2 }, [{ B: 2 }]],
    ['keys, keys_unsorted, length', { b: 1, a: 2 }, [['a', 'b'], ['b', 'a'], 2]],
    ['has("a"), (["a", "z"] | map(in({a: 1})))', { a: null }, [true, [true, false]]],
    ['contains({a: ["b"]})', { a: ['abc'], c: 1 }, [true]],
    ['inside([1, 2, 3])', [1, 2], [true]],
    [
      '[limit(2; .[])], [skip(1; .[])], first(.[]), last(.[]), nth(1; .[]), nth(1)',
      [1, 2, 3],
      [[1, 2], [2, 3], 1, 3, 2, 2],
    ],
    ['[limit(0; error)], [first(empty)], [last(empty)]', null, [[], [], []]],
    [
      '[range(3)], [range(1; 3)], [range(0; 10; 4)]',
      null,
      [
        [0, 1, 2],
        [1, 2],
        [0, 4, 8],
      ],
    ],
    ['[.[] | numbers], [.[] | scalars], [.[] | iterables | length]', [1, 'a', [], {}], [[1], [1, 'a'], [0, 0]]],
    ['walk(if type == "number" then . + 1 else . end)', [1, { a: 2 }], [[2, { a: 3 }]]],
    ['[walk(numbers)]', [1, 'a', [2]], [[]]],
    ['[walk(if type == "number" then (., .) else . end)]', [1], [[[1, 1]]]],
    ['[splits("a")], [.[0:1]]', 'bab', [['b', 'b'], ['b']]],
    ['env | type, (input_line_number, input_filename)', null, ['object', 0, null]],
    ['tojson, ([.] | tojson | fromjson)', { a: 1 }, ['{"a":1}', [{ a: 1 }]]],
    ['type, (. | not), toarray', 5, ['number', false, [5]]],
    ['[.[] | toboolean]', ['true', false], [[true, false]]],
    ['INDEX(.name) | keys', people, [['ann', 'bob', 'cy']]],
    ['IN(1, 2), IN(3)', 2, [true, false]],
    ['IN(.[]; 2, 3)', [1, 2], [true]],
    ['[JOIN({"1": "one"}; .id | tostring)]', [{ id: 1 }], [[[[{ id: 1 }, 'one']]]]],
    ['bsearch(2), bsearch(5), bsearch(0)', [1, 2, 3], [1, -4, -1]],
    ['ascii_downcase, (try error catch .)', 'A', ['a', 'A']],
    ['[getpath(["a", "b"], ["c"])]', { a: { b: 1 } }, [[1, null]]],
    ['have_literal_numbers, have_decnum', null, [true, true]],
    [
      '[while(. < 10; . * 2)], [recurse(if . < 3 then . + 1 else empty end)], until(. > 5; . + 2)',
      1,
      [[1, 2, 4, 8], [1, 2, 3], 7],
    ],
    ['[isempty(empty), isempty(1)]', null, [[true, false]]],
    ['[.[] as $x (1) | 2]', null, []],
    ['del(.[0], .[2])', [1, 2, 3], [[2]]],
    ['to_entries', [5], [[{ key: 0, value: 5 }]]],
    ['. * {a: {c: 3}}', { a: { b: 1, c: 2 } }, [{ a: { b: 1, c: 3 } }]],
    ['. - [2]', [1, 2, 3, 2], [[1, 3]]],
    ['.[[2]]', [1, 2, 2], [[1, 2]]],
    ['ltrimstr("x") | getpath([])', 'xy', ['y']],
    ['@text "\\(1)"', null, ['1']],
    ['[paths]', 5, [[]]],
    ['tostream', 5, [[[], 5]]],
    ['abs', -1, [1]],
    ['significand, trunc', 5, [1.25, 5]],
    ['splits("x")?', 5, []],
  ])('%s', (program, input, expected) => {
    if (program.includes('(1) | 2')) expect(failure(program)).toMatchObject({ code: 'JQ_SYNTAX' })
    else expect(outputs(program, input)).toEqual(expected)
  })

  it('every one of them compiles, runs on any input, and fails only with its own errors', () => {
    const inputs: Value[] = [null, true, 0, -1.5, 'a', '', [1, 'b'], [], { a: 1 }, {}]
    const policy = { modules: true }
    for (const name of builtinNames()) {
      const [call = '', arity = '0'] = name.split('/')
      for (const arg of ['.', '1', '"a"', '[0]', 'empty']) {
        const args = new Array(Number(arity)).fill(arg).join('; ')
        const program = compile(args === '' ? call : `${call}(${args})`, { policy })
        for (const input of inputs) {
          try {
            program.run(input, { budget: { steps: 2000, depth: 100, outputs: 100 }, emit: () => true })
          } catch (error) {
            expect(error, `${name} of ${JSON.stringify(input)}`).toHaveProperty('code')
            expect((error as { code: string }).code, `${name} of ${JSON.stringify(input)}`).toMatch(/^JQ_/)
          }
        }
      }
    }
  })

  it('lists itself', () => {
    expect(outputs('builtins | map(select(startswith("map/"))) , (builtins | length > 200)')).toEqual([['map/1'], true])
    expect(builtinNames()).not.toContain('_strindices/1')
  })
})
