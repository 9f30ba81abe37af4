import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { parseFileName, toDatasetName } from '../src/folder/dataset-name.ts'
import { Folder } from './folder.ts'

describe('the name of a dataset', () => {
  it.each([
    ['orders.json', 'orders', 'json', false],
    ['Orders 2024 (final).NDJSON', 'orders_2024_final_', 'ndjson', false],
    ['2024-orders.jsonl.gz', '_2024_orders', 'ndjson', true],
    ['Žluťoučký-kůň.csv', 'zlutoucky_kun', 'csv', false],
    ['a.b.tsv.GZ', 'a_b', 'csv', true],
    ['数据.parquet', '_', 'parquet', false],
  ])('of %s is %s', (file, name, format, gzip) => {
    expect(parseFileName(file)).toEqual({ name, format, gzip })
  })

  it('is none for other files', () => {
    for (const file of ['readme.md', 'json', '.json', 'functions.yaml', 'orders.json.bak', 'orders.zip']) {
      expect(parseFileName(file)).toBeUndefined()
    }
  })

  it('is always a name that jq and SQL take without quotes', () => {
    for (const base of ['', ' ', '-', '9', 'x'.repeat(300), '../../etc']) {
      expect(toDatasetName(base) || '_').toMatch(/^[a-z_][a-z0-9_]{0,99}$/)
    }
  })
})

it('lists files of every format, in folders too, and passes over hidden ones and other files', async () => {
  await using folder = await Folder.make()
  await folder.write('orders.json', '[{"id":1},{"id":2}]')
  await folder.write('north/deep/events.ndjson.gz', gzipSync('{"a":1}\n{"a":2}\n{"a":3}\n'))
  await folder.write('goods.csv', 'id,name\n1,x\n')
  await folder.write('config.json', '{"a":{"b":1}}')
  await folder.write('.hidden.json', '[1]')
  await folder.write('.git/objects.json', '[1]')
  await folder.write('node_modules/package/package.json', '{}')
  await folder.write('home/cache/orders.json', '[1]')
  await folder.write('functions.yaml', 'functions: []')
  await folder.write('notes.txt', 'x')
  const datasets = await folder.open({ ignoredFolder: join(folder.data, 'home') })
  expect(datasets.list().map(({ name, format, gzip, records, shape }) => [name, format, gzip, records, shape])).toEqual(
    [
      ['config', 'json', false, null, 'object'],
      ['events', 'ndjson', true, 3, 'array'],
      ['goods', 'csv', false, 1, 'array'],
      ['orders', 'json', false, 2, 'array'],
    ],
  )
  expect(datasets.problems).toEqual([])
  expect(datasets.find('orders')).toMatchObject({
    sizeBytes: 19,
    problem: null,
    schemaVersion: 1,
    version: expect.stringMatching(/^[0-9a-f]{16}$/),
  })
})

it('gives a name to the first file by path and says so about the others', async () => {
  await using folder = await Folder.make()
  await folder.write('a/orders.json', '[1]')
  await folder.write('b/Orders.csv', 'id\n1\n')
  const datasets = await folder.open()
  expect(datasets.list().map(({ name, format }) => [name, format])).toEqual([['orders', 'json']])
  expect(datasets.problems).toEqual([
    {
      file: 'b/Orders.csv',
      name: 'orders',
      problem: 'a/orders.json is called orders already; give this file a name in datasets.yml',
    },
  ])
})

it('leaves a name with the file that answers when another comes that wants it', async () => {
  await using folder = await Folder.make()
  await folder.write('products.json', '[1]')
  const datasets = await folder.open()
  await folder.write('products.csv', 'id\n1\n2\n')
  const problems = [
    {
      file: 'products.csv',
      name: 'products',
      problem: 'products.json is called products already; give this file a name in datasets.yml',
    },
  ]
  for (const each of [datasets, await folder.open()]) {
    await each.refresh()
    expect(each.list()).toMatchObject([{ name: 'products', format: 'json', problem: null }])
    expect(each.problems).toEqual(problems)
  }
  await folder.remove('products.json')
  await datasets.refresh()
  expect(datasets.list()).toMatchObject([{ name: 'products', format: 'csv' }])
  expect(datasets.problems).toEqual([])
})

it('takes names, formats and descriptions from datasets.yml', async () => {
  await using folder = await Folder.make()
  await folder.write('a/orders.json', '[1]')
  await folder.write('b/orders.json', '[1,2]')
  await folder.write('export.dat', '{"a":1}\n{"a":2}\n')
  await folder.write(
    'datasets.yml',
    'datasets:\n  - { name: north, file: b/orders.json, description: Orders of the north. }\n  - { name: raw, file: export.dat, format: ndjson }\n  - { name: gone, file: gone.json }\n',
  )
  const datasets = await folder.open()
  expect(datasets.list().map(({ name, records, description }) => [name, records, description])).toEqual([
    ['north', 2, 'Orders of the north.'],
    ['orders', 1, null],
    ['raw', 2, null],
  ])
  expect(datasets.problems).toEqual([{ file: 'gone.json', name: 'gone', problem: 'there is no such file' }])
})

it.each([
  ['datasets: [{ name: Bad-Name, file: a.json }]', 'entry 1: `name`'],
  ['datasets: [{ name: a, fil: a.json }]', 'did you mean file?'],
  ['datasets: [{ name: a, file: a.xml }]', '`format` is one of'],
  ['datasets: [{ name: a, file: a.json }, { name: a, file: b.json }]', 'named twice'],
  ['datasets: [{ name: a }]', 'entry 1 needs `file`, or `from`'],
  ['datasets: [{ name: a, file: a.json, from: "s3://bucket/a.json" }]', 'entry 1 needs `file`, or `from`'],
  ['datasets: [{ name: a, from: "s3://bucket/folder/" }]', '`from` is the address of one object'],
  ['datasets: [{ name: a, from: "s3://evil.test:80/../a.json" }]', '`from` is the address of one object'],
  ['datasets: [{ name: a, from: "s3://user@bucket/a.json" }]', '`from` is the address of one object'],
  ['datasets: [{ name: a, from: "http://169.254.169.254/a.json" }]', '`from` is the address of one object'],
  ['datasets: [{ name: a, from: "s3://bucket/a.xml" }]', '`format` is one of'],
  ['datasets: {', 'datasets.yml: '],
  ['a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]', 'datasets.yml: '],
  ['datasets: !!js/function "x"', 'datasets.yml: '],
])('keeps the last good datasets.yml when it becomes wrong: %s', async (text, reason) => {
  await using folder = await Folder.make()
  await folder.write('a.json', '[1]')
  await folder.write('datasets.yml', 'datasets: [{ name: first, file: a.json }]')
  const datasets = await folder.open()
  await folder.write('datasets.yml', text, 30)
  await datasets.refresh()
  expect(datasets.list().map(dataset => dataset.name)).toEqual(['first'])
  expect(datasets.problems).toEqual([{ file: 'datasets.yml', name: null, problem: expect.stringContaining(reason) }])
})

it('says what there is when a name is not known', async () => {
  await using folder = await Folder.make()
  const datasets = await folder.open()
  expect(() => datasets.lease('orders')).toThrow(
    expect.objectContaining({ code: 'DATASET_MISSING', hint: expect.stringContaining('no data yet') }),
  )
  await folder.write('orders.json', '[1]')
  await datasets.refresh()
  expect(() => datasets.lease('ordes')).toThrow(
    expect.objectContaining({ code: 'DATASET_MISSING', hint: 'Did you mean orders?' }),
  )
  expect(() => datasets.get('zzz')).toThrow(expect.objectContaining({ hint: 'There is orders.' }))
  expect(datasets.find('constructor')).toBeUndefined()
})
