import { describe, expect, it } from 'vitest'
import { type Field, type JsonValue, missingPaths, structureChanges } from '../src/index.ts'
import { SchemaTree } from '../src/schema/schema-tree.ts'

function learn(values: JsonValue[], path: '.' | '.[]' = '.[]'): Field[] {
  const tree = new SchemaTree()
  for (const value of values) tree.add(value)
  return tree.fields(path)
}

describe('changes of a structure', () => {
  const before = learn([
    { id: 1, name: 'a', zip: 1, note: 'x' },
    { id: 2, name: 'b', zip: 2 },
  ])
  const after = learn([
    { id: 1, zip: 'x', note: 'x', city: 'y' },
    { id: 2, note: 'y', city: 'z', zip: 1 },
  ])

  it('are told path by path, with what breaks those who read the older one', () => {
    expect(structureChanges(before, after)).toEqual([
      { path: '.[].city', change: 'added', after: 'string', breaking: false },
      { path: '.[].name', change: 'removed', before: 'string', breaking: true },
      { path: '.[].note', change: 'required', breaking: false },
      { path: '.[].zip', change: 'types', before: 'number', after: 'number|string', breaking: true },
    ])
    expect(structureChanges(after, before)).toMatchObject([
      { path: '.[].city', change: 'removed', breaking: true },
      { path: '.[].name', change: 'added', breaking: false },
      { path: '.[].note', change: 'optional', breaking: true },
      { path: '.[].zip', change: 'types', breaking: false },
    ])
    expect(structureChanges(before, before)).toEqual([])
  })
})

describe('paths that a program reads', () => {
  const orders = learn([
    { id: 1, 'odd key': { x: null }, tags: [], lines: [{ sku: 'a', price: null }], by: { name: 'n' } },
    { id: 2, 'odd key': { x: null }, tags: [], lines: [], by: null },
  ])
  const problems = (...paths: string[]) => missingPaths(orders, paths).map(({ problem }) => problem)

  it.each([
    ['.'],
    ['.[]'],
    ['.[].id'],
    ['.[]["odd key"].x'],
    ['.[]."odd key".x'],
    ['.[].lines[].sku'],
    ['.[].by.name'],
    // Null has every field, and nobody knows what an empty list would hold.
    ['.[].lines[].price.currency'],
    ['.[].tags[].name'],
    // The values of an object.
    ['.[].by[]'],
  ])('%s is there', path => {
    expect(problems(path)).toEqual([])
  })

  it.each([
    ['.[].total', '.[] has no field "total"'],
    ['.[].lines[].total', '.[].lines[] has no field "total"'],
    ['.[]["odd key"].y', '.[]["odd key"] has no field "y"'],
    ['.[].id.x', '.[].id is number, which has no fields'],
    ['.[].id[]', '.[].id is number, which has no elements'],
    ['.total', '. is array, which has no fields'],
  ])('%s is not: %s', (path, problem) => {
    expect(problems(path)).toEqual([problem])
  })

  it('of one document start at its top', () => {
    const document = learn([{ meta: { at: 'x' }, rows: [{ n: 1 }] }], '.')
    expect(missingPaths(document, ['.meta.at', '.rows[].n', '.[]', '.meta'])).toEqual([])
    expect(missingPaths(document, ['.rows[].m', '.n'])).toEqual([
      { path: '.rows[].m', problem: '.rows[] has no field "m"' },
      { path: '.n', problem: '. has no field "n"' },
    ])
    expect(missingPaths(learn([7], '.'), ['.', '.a'])).toEqual([
      { path: '.a', problem: '. is number, which has no fields' },
    ])
  })

  it('lead through keys that are data', () => {
    const prices = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`product-${n}`, { price: n }]))
    const map = learn([{ prices }])
    expect(missingPaths(map, ['.[].prices["product-7"].price', '.[].prices[].price'])).toEqual([])
    expect(missingPaths(map, ['.[].prices.anything.cost'])).toMatchObject([
      { problem: '.[].prices.anything has no field "cost"' },
    ])
  })
})
