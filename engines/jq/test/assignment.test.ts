import { describe, expect, it } from 'vitest'
import type { Value } from '../src/index.ts'
import { failure, outputs } from './outputs.ts'

describe('assignment', () => {
  it.each<[string, Value, Value[]]>([
    ['.a = 1', null, [{ a: 1 }]],
    ['.a.b.c = 1', {}, [{ a: { b: { c: 1 } } }]],
    ['.[2] = 1', null, [[null, null, 1]]],
    ['.[-1] = 9', [1, 2], [[1, 9]]],
    ['.a = (1, 2)', {}, [{ a: 1 }, { a: 2 }]],
    ['(.a, .b) = 1', {}, [{ a: 1, b: 1 }]],
    ['.a = .b', { b: 2 }, [{ a: 2, b: 2 }]],
    ['.a |= . + 1', { a: 1 }, [{ a: 2 }]],
    ['.a |= (1, 2)', { a: 0 }, [{ a: 1 }]],
    ['.a |= empty', { a: 0, b: 1 }, [{ b: 1 }]],
    ['.[] |= empty', [1, 2, 3], [[]]],
    ['(.[] | select(. > 1)) |= empty', [1, 2, 3], [[1]]],
    ['.[] += 1', [1, 2], [[2, 3]]],
    ['.a -= 1, .a *= 2, .a /= 2, .a %= 2', { a: 4 }, [{ a: 3 }, { a: 8 }, { a: 2 }, { a: 0 }]],
    ['.a += (1, 2)', { a: 1 }, [{ a: 2 }, { a: 3 }]],
    ['.a //= 5, .b //= 5', { a: 1 }, [{ a: 1 }, { a: 1, b: 5 }]],
    ['.[1:3] = ["x"]', [1, 2, 3, 4], [[1, 'x', 4]]],
    ['.[1:3] |= map(. * 10)', [1, 2, 3, 4], [[1, 20, 30, 4]]],
    ['.. |= (if type == "number" then . + 1 else . end)', [1, { a: 2 }], [[2, { a: 3 }]]],
    ['.a[1].b += 1', { a: [0, { b: 1 }] }, [{ a: [0, { b: 2 }] }]],
    ['(.a | .b) |= 3', {}, [{ a: { b: 3 } }]],
    ['(.a // .b) = 1', { b: 2 }, [{ b: 1 }]],
    ['.a.b |= empty', null, [null]],
    ['.a.b |= empty', {}, [{}]],
    ['.a.b |= empty', { a: null }, [{ a: null }]],
    ['.a.b |= empty', { a: { b: 1 } }, [{ a: {} }]],
    ['.a[0] |= empty', {}, [{}]],
    ['.[2].a |= empty', [1], [[1]]],
    ['.[].a |= empty', [null, { a: 1 }, {}], [[null, {}, {}]]],
    ['(.a | .b | .c) |= empty', { a: {} }, [{ a: {} }]],
    ['.a |= .', {}, [{ a: null }]],
    ['(if .a then .a else .b end) = 1', { b: 2 }, [{ b: 1 }]],
    ['first(.[] | select(. > 1)) |= 0', [1, 2, 3], [[1, 0, 3]]],
    ['to_entries', { a: 1 }, [[{ key: 'a', value: 1 }]]],
    ['with_entries(.value |= . + 1)', { a: 1 }, [{ a: 2 }]],
    ['map_values(. + 1), map_values(empty)', { a: 1 }, [{ a: 2 }, {}]],
    ['(.a, .b) |= {x: ., y: .} | .a.x += 1', { a: 1, b: 2 }, [{ a: { x: 2, y: 1 }, b: { x: 2, y: 2 } }]],
    ['.a as $old | .a.x = 1 | .b = $old', { a: { x: 0 } }, [{ a: { x: 1 }, b: { x: 0 } }]],
    ['empty = 1', { a: 1 }, [{ a: 1 }]],
    ['.a = empty', { a: 1 }, []],
  ])('%s', (program, input, expected) => {
    const before = structuredClone(input)
    expect(outputs(program, input)).toEqual(expected)
    expect(input).toEqual(before)
  })

  it.each([
    ['.[-5] = 1', [1], 'Out of bounds negative array index'],
    ['.[600000000] = 1', [], 'Array index too large'],
    ['.a = 1', [1], 'Cannot index array with string ("a")'],
    ['.[0] = 1', { a: 1 }, 'Cannot index object with number (0)'],
    ['.[1:] = 1', [1], 'A slice of an array can only be assigned another array'],
    ['(. + 1) = 2', 1, 'Invalid path expression with result 2'],
    ['.[1:2] = "x"', 'abc', 'Cannot update string slices'],
  ])('%s fails with jq words', (program, input, message) => {
    expect(failure(program, input as Value).message).toBe(message)
  })
})

describe('folding into a growing value', () => {
  it('takes time in proportion to the number of turns', () => {
    const program = `
      (reduce range(200000) as $i ([]; . + [$i]) | length),
      (reduce range(200000) as $i ({}; .[$i % 1000 | tostring] += [$i]) | length),
      (reduce range(200000) as $i ({}; .list[$i] = $i | .count += 1) | .count),
      (reduce range(200000) as $i ({n: 0}; if $i % 2 == 0 then .even += [$i] else .n += 1 end) | .n)`
    const started = performance.now()
    expect(outputs(program)).toEqual([200000, 1000, 200000, 100000])
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it.each([
    ['a value put in twice', 'reduce (1, 2) as $x ({a: []}; .b = .a | .a += [$x])', { a: [1, 2], b: [1] }],
    ['the whole put into itself', 'reduce (1, 2) as $x ({}; .self = . | .n += $x)', { self: { self: {}, n: 1 }, n: 3 }],
    [
      'a value kept in a variable',
      'reduce (1, 2) as $x ({a: [0]}; .a as $old | .a += [$x] | .log += [$old])',
      {
        a: [0, 1, 2],
        log: [[0], [0, 1]],
      },
    ],
    [
      'the input of the loop',
      '{a: [1]} as $i | [(reduce (1, 2) as $x ($i; .a += [$x])), $i]',
      [{ a: [1, 1, 2] }, { a: [1] }],
    ],
    [
      'elements of the source',
      '[{l: [1]}, {l: [2]}] | [(reduce .[] as $x ({}; .all += $x.l)), .]',
      [{ all: [1, 2] }, [{ l: [1] }, { l: [2] }]],
    ],
    [
      'a literal',
      'def f: reduce (1, 2) as $x ([]; . + [$x]); [f, f]',
      [
        [1, 2],
        [1, 2],
      ],
    ],
    [
      'an old value captured twice',
      'reduce (1, 2) as $x ({a: {}}; .a[$x | tostring] = 1 | .a |= {x: ., y: .})',
      {
        a: { x: { x: { 1: 1 }, y: { 1: 1 }, 2: 1 }, y: { x: { 1: 1 }, y: { 1: 1 }, 2: 1 } },
      },
    ],
    ['a failed turn', 'reduce (1, 2) as $x ({n: 0}; try (.n += 1 | .m += error) catch {n: 5})', { n: 5 }],
  ])('never changes %s', (_what, program, expected) => {
    expect(outputs(program)).toEqual([expected])
  })
})
