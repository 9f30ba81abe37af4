import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openWhole, problemOf, type Whole } from './whole-platform.ts'

/** Files must keep still before they are read. */
async function change(whole: Whole, file: string, content: string): Promise<void> {
  await sleep(20)
  await whole.write(file, content)
  await sleep(250)
  await whole.ask('datasets.refresh')
}

const json = (value: unknown) => JSON.stringify(value)

describe('the structures a dataset has had', () => {
  it('are counted only when paths, types or what may be missing change', async () => {
    await using whole = await openWhole({ files: { 'orders.json': json([{ id: 1, total: 5 }]) } })
    await change(whole, 'orders.json', json([{ id: 2, total: 6 }]))
    expect((await whole.ask('datasets.schemas', { dataset: 'orders' })).items).toHaveLength(1)
    await change(whole, 'orders.json', json([{ id: '2', sum: 6 }]))
    await change(whole, 'orders.json', json([{ id: '2', sum: 6, at: 'x' }]))
    const { items, cursor } = await whole.ask('datasets.schemas', { dataset: 'orders', limit: 2 })
    expect(items).toMatchObject([
      { version: 3, fields: 4, breaking: false, changes: [{ path: '.[].at', change: 'added' }] },
      {
        version: 2,
        breaking: true,
        changes: [
          { path: '.[].id', change: 'types', before: 'number', after: 'string' },
          { path: '.[].sum', change: 'added' },
          { path: '.[].total', change: 'removed' },
        ],
      },
    ])
    const rest = await whole.ask('datasets.schemas', { dataset: 'orders', limit: 2, cursor: cursor! })
    expect(rest).toMatchObject({ items: [{ version: 1, changes: [], breaking: false }], cursor: null })
    expect(await problemOf(whole.ask('datasets.schemas', { dataset: 'none' }))).toMatchObject({
      code: 'DATASET_MISSING',
    })
  })
})

describe('introspection', () => {
  it('says which tools no longer fit, and why, in either language and mode', async () => {
    const files = { 'orders.json': json([{ id: 1, total: 5, by: { name: 'a' } }]) }
    await using whole = await openWhole({ files })
    await whole.ask('functions.create', { definition: 'def buyer: .by.name;' })
    await whole.ask('functions.submit', { function: 'buyer' })
    await whole.publish('totals', 'map(.total) | add', { source: 'orders' })
    await whole.publish('buyers', 'buyer', { source: 'orders', mode: 'records' })
    await whole.publish('keys_of', '.[] | .[$k]', {
      source: 'orders',
      parameters: { type: 'object', properties: { k: { type: 'string' } } },
    })
    await whole.publish('sums', 'select sum(total) as s from orders', { engine: 'sql' })
    await whole.publish('elsewhere', '1 + 1')
    const before = await whole.ask('datasets.introspect', { dataset: 'orders' })
    expect(before).toMatchObject({ dataset: 'orders', schemaVersion: 1, isCompatible: true })
    expect(before.tools.map(({ tool, isCertain, reads }) => [tool, isCertain, reads])).toEqual([
      ['buyers', true, ['.[].by.name']],
      ['keys_of', false, ['.[]']],
      ['sums', true, []],
      ['totals', true, ['.[].total']],
    ])
    await change(whole, 'orders.json', json([{ id: 1, sum: 5, by: { name: 'a' } }]))
    const after = await whole.ask('datasets.introspect', { dataset: 'orders' })
    expect(after).toMatchObject({ schemaVersion: 2, isCompatible: false })
    expect(after.dataVersion).not.toBe(before.dataVersion)
    expect(after.tools).toMatchObject([
      { tool: 'buyers', isCompatible: true, worksWith: [2, 1] },
      { tool: 'keys_of', isCompatible: true, isCertain: false },
      { tool: 'sums', isCompatible: false, worksWith: [] },
      { tool: 'totals', isCompatible: false, worksWith: [1] },
    ])
    expect(after.tools[2]!.problems[0]!.problem).toContain('total')
    expect(after.tools[3]!.problems).toEqual([{ path: '.[].total', problem: '.[] has no field "total"' }])
  })
})

describe('a description', () => {
  it('shows the columns that SQL sees, with their types, and none for what is no table', async () => {
    await using whole = await openWhole({
      files: { 'people.csv': 'id;name;born\n1;Ann;2000-01-02\n', 'one.json': '7' },
    })
    expect((await whole.ask('datasets.describe', { dataset: 'people' })).columns).toEqual([
      { name: 'id', type: 'BIGINT' },
      { name: 'name', type: 'VARCHAR' },
      { name: 'born', type: 'DATE' },
    ])
    expect(await whole.ask('datasets.describe', { dataset: 'one' })).toMatchObject({ fields: [{ path: '.' }] })
  })
})

describe('SQL over a file that was never good', () => {
  it('says what is wrong with the file, as jq does', async () => {
    await using whole = await openWhole({ files: { 'bad.json': '[1,' } })
    const sql = await problemOf(whole.sql('select * from BAD'))
    expect(sql).toEqual(await problemOf(whole.jq('.', { source: 'bad' })))
    expect(sql).toMatchObject({ code: 'DATASET_INVALID', message: expect.stringContaining('bad.json') })
    expect(await problemOf(whole.sql('select * from other'))).toMatchObject({ code: 'SQL_UNKNOWN_TABLE' })
  })
})

it('a tool says with its answer what its data had and has no more', async () => {
  await using whole = await openWhole({ files: { 'orders.json': json([{ id: 1, total: 5 }]) } })
  await whole.publish('totals', 'map(.total) | add', { source: 'orders' })
  await whole.publish('records', '.total', { source: 'orders', mode: 'records' })
  await whole.publish('guessing', 'map(.never // 0) | add', { source: 'orders' })
  expect((await whole.run('totals')).warnings).toBeUndefined()
  await change(whole, 'orders.json', json([{ id: 1, sum: 5 }]))
  const warnings = ['orders has changed since structure 1: .[] has no field "total"']
  expect(await whole.run('totals')).toMatchObject({ value: null, warnings })
  expect(await whole.run('totals')).toMatchObject({ cached: true, warnings })
  expect(await whole.run('records')).toMatchObject({ warnings })
  expect((await whole.run('guessing')).warnings).toBeUndefined()
  await change(whole, 'orders.json', json([{ id: 1, total: 6 }]))
  const again = await whole.run('totals')
  expect(again).toMatchObject({ value: 6 })
  expect(again.warnings).toBeUndefined()
})
