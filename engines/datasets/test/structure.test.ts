import { expect, it } from 'vitest'
import type { Field, JsonValue, SchemaStore } from '../src/index.ts'
import { SchemaTree } from '../src/schema/schema-tree.ts'
import { Folder } from './folder.ts'

function learn(values: JsonValue[]): Field[] {
  const tree = new SchemaTree()
  for (const value of values) tree.add(value)
  return tree.fields('.[]')
}

it('tells paths, types, what may be missing, few values, ranges and dates', () => {
  expect(
    learn([
      { id: 1, state: 'new', at: '2024-01-02', tags: ['a'], 'odd key': { deep: [{ x: null }] } },
      { id: 2.5, state: 'done', at: '2023-05-06T07:08:09Z', tags: [], note: 'x'.repeat(61) },
      { id: 3, state: 'new', at: '2024-01-01', tags: [null, 7] },
    ]),
  ).toEqual([
    { path: '.[]', types: ['object'], optional: false },
    { path: '.[].id', types: ['number'], optional: false, min: 1, max: 3 },
    { path: '.[].state', types: ['string'], optional: false, values: ['done', 'new'] },
    {
      path: '.[].at',
      types: ['string'],
      optional: false,
      values: ['2023-05-06T07:08:09Z', '2024-01-01', '2024-01-02'],
      min: '2023-05-06T07:08:09Z',
      max: '2024-01-02',
    },
    { path: '.[].tags', types: ['array'], optional: false },
    { path: '.[].tags[]', types: ['null', 'number', 'string'], optional: false },
    { path: '.[]."odd key"', types: ['object'], optional: true },
    { path: '.[]."odd key".deep', types: ['array'], optional: false },
    { path: '.[]."odd key".deep[]', types: ['object'], optional: false },
    { path: '.[]."odd key".deep[].x', types: ['null'], optional: false },
    { path: '.[].note', types: ['string'], optional: true },
  ])
})

it('treats keys that are data as one path', () => {
  const prices = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`product-${n}`, { price: n }]))
  expect(learn([{ prices }]).map(({ path, min, max }) => [path, min, max])).toEqual([
    ['.[]', undefined, undefined],
    ['.[].prices', undefined, undefined],
    ['.[].prices[]', undefined, undefined],
    ['.[].prices[].price', 0, 499],
  ])
})

it('stays small for data of any variety and depth', () => {
  const wide = (seed: number) =>
    Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`k${(seed * 150 + n) % 3_000}`, n]))
  let deep: JsonValue = 1
  for (let level = 0; level < 5_000; level++) deep = [deep]
  const fields = learn([...Array.from({ length: 400 }, (_, n) => ({ [`g${n}`]: wide(n) })), { deep }])
  expect(fields.length).toBeLessThanOrEqual(2_000)
  const types = Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [`k${n}`, n % 2 ? 'x' : n]))
  expect(learn([types]).length).toBe(2_000)
})

it('takes keys of every spelling as data', () => {
  const value = JSON.parse('{"__proto__":1,"constructor":2,"":3,"a\\"b":4}')
  const paths = ['.[]', '.[].__proto__', '.[].constructor', '.[].""', '.[]."a\\"b"']
  expect(learn([value]).map(field => field.path)).toEqual(paths)
})

it('raises the schema version only when the structure changes', async () => {
  await using folder = await Folder.make()
  await folder.write('orders.json', '[{"id":1}]')
  const datasets = await folder.open()
  const after = async (content: string, age: number) => {
    await folder.write('orders.json', content, age)
    await datasets.refresh()
    return datasets.get('orders').schemaVersion
  }
  expect(await after('[{"id":2},{"id":3}]', 50)).toBe(1)
  expect(await after('[{"id":"x"}]', 40)).toBe(2)
  expect(await after('[{"id":"y"}]', 30)).toBe(2)
  expect(await after('[{"id":"y"},{"id":"z","n":1}]', 20)).toBe(3)
  expect(await after('[{"id":"y","n":1},{"id":"z","n":1}]', 10)).toBe(4)
  expect((await datasets.describe('orders')).fields.map(field => field.path)).toEqual(['.[]', '.[].id', '.[].n'])
  expect(await datasets.sample('orders', 1)).toEqual([{ id: 'y', n: 1 }])
})

it('keeps versions of structures where it is told to, and goes on from there', async () => {
  const saved: [string, number, number][] = []
  const schemas: SchemaStore = {
    load: async name =>
      name === 'orders' ? { version: 7, fields: [{ path: '.[]', types: ['number'], optional: false }] } : undefined,
    save: async (name, version, fields) => void saved.push([name, version, fields.length]),
  }
  await using folder = await Folder.make()
  await folder.write('orders.json', '[1,2]')
  await folder.write('goods.json', '{"a":{"b":1}}')
  const datasets = await folder.open({ schemas })
  expect(datasets.list().map(({ name, schemaVersion }) => [name, schemaVersion])).toEqual([
    ['goods', 1],
    ['orders', 7],
  ])
  await folder.write('orders.json', '["x"]', 30)
  await datasets.refresh()
  expect(datasets.get('orders').schemaVersion).toBe(8)
  expect(saved).toEqual([
    ['goods', 1, 2],
    ['orders', 8, 1],
  ])
  expect((await datasets.describe('goods')).fields.map(field => field.path)).toEqual(['.a', '.a.b'])
})
