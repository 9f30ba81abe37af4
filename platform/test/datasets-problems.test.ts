import { afterAll, beforeAll, expect, it } from 'vitest'
import { openWhole, type Whole } from './whole-platform.ts'

const big = '12345678901234567890'

let whole: Whole
beforeAll(async () => {
  whole = await openWhole({
    files: {
      'good.csv': 'name,zip\nA,01\n',
      'never.csv': 'name,zip\nA,1\nB,2,3,4\n',
      'twice.csv': 'id\n1\n',
      'twice.json': '[1]',
      'large.json': `[{"id":${big}}]`,
    },
  })
})
afterAll(() => whole[Symbol.asyncDispose]())

const ragged = { file: 'never.csv', name: 'never', problem: 'line 3 has 4 fields, the header has 2' }
const twice = {
  file: 'twice.json',
  name: 'twice',
  problem: 'twice.csv is called twice already; give this file a name in datasets.yml',
}

it('the list tells of files that were never good, on its first page only', async () => {
  const first = await whole.ask('datasets.list', { project: 'default', limit: 1 })
  expect(first.items.map(({ name }) => name)).toEqual(['good'])
  expect(first.problems).toHaveLength(2)
  expect(first.problems).toEqual(expect.arrayContaining([ragged, twice]))
  const second = await whole.ask('datasets.list', { project: 'default', limit: 1, cursor: first.cursor! })
  expect(second.problems).toBeUndefined()
  await expect(whole.jq('.', { source: 'never' })).rejects.toMatchObject({
    message: expect.stringContaining(ragged.problem),
  })
})

it('a table that becomes ragged leaves its last good version answering, in jq and in SQL', async () => {
  await whole.write('good.csv', 'name,zip\nA,1\n"B,2\nC,3')
  await new Promise(resolve => setTimeout(resolve, 300))
  await whole.ask('datasets.refresh', { project: 'default' })
  const { items } = await whole.ask('datasets.list', { project: 'default', match: 'good' })
  expect(items).toMatchObject([{ name: 'good', records: 1, problem: 'line 3: a quote is not closed' }])
  expect((await whole.jq('.', { source: 'good' })).value).toEqual([{ name: 'A', zip: '01' }])
  expect((await whole.sql('SELECT zip FROM good')).rows).toEqual([['01']])
})

it('a large whole number is exact in jq and in SQL', async () => {
  for (const answer of [await whole.jq('.[0].id', { source: 'large' }), await whole.sql('SELECT id FROM large')]) {
    expect(JSON.stringify(answer)).toContain(big)
  }
})
