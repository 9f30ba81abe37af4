import { describe, expect, it } from 'vitest'
import type { Value } from '../src/index.ts'
import { compile } from '../src/index.ts'
import { failure, outputs } from './outputs.ts'

describe('scoping', () => {
  it.each<[string, Value[]]>([
    ['def f: 1; def g: f + 1; def f: g + 1; f', [3]],
    ['def f(x): x * 2; f(f(3))', [12]],
    ['def f($x; g): $x + g; f(1; 10, 20)', [11, 21]],
    [
      '[def f($x; $y): [$x, $y]; f(1, 2; 3, 4)]',
      [
        [
          [1, 3],
          [1, 4],
          [2, 3],
          [2, 4],
        ],
      ],
    ],
    ['def f($x): x; 5 | f(. + 1)', [6]],
    ['def f(x): 1 as $y | x; 2 as $y | f($y)', [2]],
    ['def f: def g: def h: 3; h + 1; g + 1; f', [5]],
    ['def f(x): def g: x; 7 | g; 1 | f(. + 1)', [8]],
    ['def f(x): def f: x; f; f(4)', [4]],
    ['def f(f): f; f(4)', [4]],
    ['1 as $x | [$x, (2 as $x | $x), $x]', [[1, 2, 1]]],
    ['[(1, 2) as $x | (3, 4) as $y | $x * $y]', [[3, 4, 6, 8]]],
    ['def map(f): "mine"; map(.)', ['mine']],
    ['[1, 2] | map(def f: . + 1; f)', [[2, 3]]],
    ['def r(f): if . >= 3 then [.] else [.] + (f | r(f)) end; 1 | r(. as $x | $x + 1)', [[1, 2, 3]]],
    ['def apply(f; n): if n == 0 then . else f | apply(f; n - 1) end; 1 | apply(. * 2; 10)', [1024]],
    ['[recurse(. as $x | if $x < 3 then $x + 1, $x + 2 else empty end)]', [[null, 1, 2, 3, 4, 3, 2, 3, 4]]],
    ['def fib: if . < 2 then . else (. - 1 | fib) + (. - 2 | fib) end; 15 | fib', [610]],
    ['def even: if . == 0 then true else . - 1 | odd end; 1', []],
    ['. as [$a, {b: $c, $d}] | [$a, $c, $d]', [[null, null, null]]],
    ['[1, {b: 2, d: 3}] as [$a, {b: $c, $d}] | [$a, $c, $d]', [[1, 2, 3]]],
    ['{a: {b: 5}} as {a: {$b}} | $b', [5]],
    ['{a: {b: 5}} as {$a: {$b}} | [$a.b, $b]', [[5, 5]]],
    ['{"k": "a", "a": 9} as {k: $k, ($k): $v} | $v', [9]],
    ['{a: 1} as {("a", "b"): $x} | $x', [1, null]],
    ['[[1, 2], {a: 3}][] as [$a] ?// {$a} | $a', [1, 3]],
    ['[[1, 2]][] as [$a] ?// $b | if $b then [$a, $b] else error("again") end', [[null, [1, 2]]]],
    ['reduce ([1, 2], [3, 4]) as [$a, $b] (0; . + $a * $b)', [14]],
    ['def f(g): reduce (1, 2) as $x (0; . + ($x | g)); f(. * 10)', [30]],
    [
      '[range(3) as $i | range($i) as $j | [$i, $j]]',
      [
        [
          [1, 0],
          [2, 0],
          [2, 1],
        ],
      ],
    ],
    ['def f: reduce .[] as $x (0; . + $x); [[1, 2], [3]] | map(f)', [[3, 3]]],
    ['[1, [2, [3]]] | def s: if type == "array" then map(s) | add else . end; s', [6]],
  ])('%s', (program, expected) => {
    if (expected.length > 0) expect(outputs(program)).toEqual(expected)
    else expect(failure(program)).toMatchObject({ kind: 'invalid' })
  })

  it('finds unknown names before it runs anything, with their place and the name that was meant', () => {
    expect(failure('1 | slect(.)')).toMatchObject({
      code: 'JQ_UNKNOWN_FUNCTION',
      message: 'slect/1 is not defined at line 1, column 5',
      hint: 'Did you mean select?',
    })
    expect(failure('map(.; .)')).toMatchObject({ hint: 'Did you mean map/1?' })
    expect(failure('. as $total | $totl')).toMatchObject({ code: 'JQ_UNKNOWN_VARIABLE', hint: 'Did you mean $total?' })
    expect(failure('def f: $x; 1 as $x | f')).toMatchObject({ code: 'JQ_UNKNOWN_VARIABLE' })
    expect(failure('break $out')).toMatchObject({ code: 'JQ_UNKNOWN_LABEL' })
    expect(failure('def f: g; 1')).toMatchObject({ code: 'JQ_UNKNOWN_FUNCTION' })
    expect(failure('@nope')).toMatchObject({ code: 'JQ_SYNTAX' })
  })

  it('binds the variables the caller declares', () => {
    expect(outputs('$a + $b', null, { variables: ['a', 'b'], bind: { a: 1, b: 2 } })).toEqual([3])
    expect(failure('$a', null, { variables: ['a'] })).toMatchObject({ code: 'JQ_UNKNOWN_VARIABLE' })
    expect(failure('$c', null, { variables: ['a'], bind: { a: 1 } })).toMatchObject({ code: 'JQ_UNKNOWN_VARIABLE' })
  })

  it('shows the environment it is given and no other', () => {
    expect(outputs('env, $ENV.A', null, { env: { A: 'b' } })).toEqual([{ A: 'b' }, 'b'])
    expect(outputs('env, $ENV')).toEqual([{}, {}])
  })

  it('reads further inputs from its caller', () => {
    const queue: Value[] = [2, 3, 4]
    expect(outputs('., input, [inputs], (try input catch .)', 1, { inputs: () => queue.shift() })).toEqual([
      1,
      2,
      [3, 4],
      'No more inputs',
    ])
  })

  it('hands debug messages to its caller', () => {
    const messages: Value[] = []
    const onDebug = (message: Value) => void messages.push(message)
    expect(outputs('debug, debug("m\\(.)"), stderr', 1, { onDebug })).toEqual([1, 1, 1])
    expect(messages).toEqual([1, 'm1', 1])
  })

  it('runs again from within its own output', () => {
    const program = compile('$x, ., $x', { variables: ['x'] })
    const found: Value[] = []
    program.run('outer', {
      variables: { x: 1 },
      emit: output => {
        found.push(output)
        if (output === 'outer') program.run('inner', { variables: { x: 2 }, emit: each => void found.push(each) })
      },
    })
    expect(found).toEqual([1, 'outer', 2, 'inner', 2, 1])
  })

  it('stops when its caller has enough', () => {
    for (const text of [
      'range(10)',
      '[range(3)][]',
      'repeat(1)',
      'def f: 1, f; f',
      'label $x | repeat(1)',
      '(1, 2) | [., 3][]',
    ]) {
      let count = 0
      compile(text).run(null, { emit: () => ++count < 2 })
      expect(count).toBe(2)
    }
  })
})
