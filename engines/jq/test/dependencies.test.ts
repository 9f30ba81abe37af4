import { describe, expect, it } from 'vitest'
import { dependencies, parse } from '../src/index.ts'

function of(text: string) {
  return dependencies(parse(text).definitions)
}

describe('dependencies of definitions', () => {
  it('come before what uses them', () => {
    const { order, cycles, uses } = of('def a: b + c(1); def b: c(2); def c(f): f; def d: 1;')
    expect(order).toEqual(['c/1', 'b/0', 'a/0', 'd/0'])
    expect(cycles).toEqual([])
    expect([...uses]).toEqual([
      ['a/0', ['b/0', 'c/1']],
      ['b/0', ['c/1']],
      ['c/1', []],
      ['d/0', []],
    ])
  })

  it('may call themselves, and not each other in a circle', () => {
    const { order, cycles } = of('def f: if . then f else g end; def g: h; def h: f; def i: g; def j: j;')
    expect(cycles).toEqual([['f/0', 'g/0', 'h/0']])
    expect(order).toEqual(['f/0', 'g/0', 'h/0', 'i/0', 'j/0'])
  })

  it('are not what arguments, local functions and builtins are called', () => {
    expect(of('def a: 1; def b(a): a; def c: def a: 2; a; def map(f): a; def d: map(.); def e: length;').uses).toEqual(
      new Map([
        ['a/0', []],
        ['b/1', []],
        ['c/0', []],
        ['map/1', ['a/0']],
        ['d/0', ['map/1']],
        ['e/0', []],
      ]),
    )
  })
})
