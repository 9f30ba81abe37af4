import { describe, expect, it } from 'vitest'
import { failure, outputs } from './outputs.ts'

describe('calls in last position', () => {
  it.each([
    ['def r: if . > 100000 then . else . + 1 | r end; 0 | r', 100001],
    ['def r($n; $sum): if $n == 0 then $sum else r($n - 1; $sum + $n) end; r(100000; 0)', 5000050000],
    ['def r(f): if . > 100000 then . else f | r(f) end; 0 | r(. + 1)', 100001],
    ['def my_until(c; u): def go: if c then . else (u | go) end; go; 0 | my_until(. > 100000; . + 1)', 100001],
    ['def r: if . < 100000 then ., (. + 1 | r) else empty end; [0 | r] | length', 100000],
    ['def r: . as $x | if $x > 100000 then $x else $x + 1 | r end; 0 | r', 100001],
    ['def r: try (if . > 50000 then . else error end) catch (. + 1 | r); 0 | r', 50001],
    ['0 | until(. > 100000; . + 1)', 100001],
    ['[0 | while(. < 100000; . + 1)] | length', 100000],
    ['[limit(100000; repeat(1))] | length', 100000],
    ['[0 | recurse(if . < 100000 then . + 1 else empty end)] | length', 100001],
    ['[0 | recurse(. + 1; . < 100000)] | length', 100000],
    ['last(range(100000))', 99999],
    ['[range(100000)] | map(. + 1) | add', 5000050000],
    ['reduce range(100000) as $i (0; . + 1)', 100000],
    ['[foreach range(100000) as $i (0; . + 1)] | last', 100000],
    ['reduce range(9000) as $i (null; [.]) | [..] | length', 9001],
  ])('%s needs no stack', (program, expected) => {
    expect(outputs(program)).toEqual([expected])
  })

  it('runs plain recursion a thousand calls deep', () => {
    expect(outputs('def d: if . == 0 then 0 else (. - 1 | d) + 1 end; 1000 | d')).toEqual([1000])
  })

  it.each([
    'def f: 1 + f; f',
    'def f: [f]; f',
    'def f: (f, 1); f',
    'def f(g): g | f(g) | 1; f(., 2)',
    'def f: path(f); f',
  ])('ends %s in a typed error that no try can catch', program => {
    expect(failure(program)).toMatchObject({ code: 'JQ_DEPTH_EXCEEDED', kind: 'limited' })
    expect(failure(`try (${program}) catch 1`)).toMatchObject({ code: 'JQ_DEPTH_EXCEEDED' })
  })

  it('survives values nested ten thousand deep', () => {
    const deep = 'reduce range(9999) as $i ([]; [.])'
    expect(outputs(`${deep} | tojson | fromjson | flatten`)).toEqual([[]])
    expect(
      outputs(`(${deep}) as $a | (${deep}) as $b | $a == $b, ([$a, $b] | sort | length, (unique | length))`),
    ).toEqual([true, 2, 1])
  })
})
