import { readFile } from 'node:fs/promises'
import { PlatformError } from '@super-data/base/errors'
import { expect, it } from 'vitest'
import { Folder } from './folder.ts'

class Busy extends PlatformError {
  readonly code = 'TEST_BUSY'
  readonly kind = 'unavailable'
}

it('converts a table once a version, however many ask at once', async () => {
  await using folder = await Folder.make()
  await folder.write('goods.csv', 'id,name\n1,x\n2,y\n')
  const datasets = await folder.open()
  using lease = datasets.lease('goods')
  const files = await Promise.all([lease.json(), lease.json(), datasets.lease('goods').json()])
  expect(new Set(files.map(each => each.file)).size).toBe(1)
  expect(files[0]).toMatchObject({ format: 'ndjson', gzip: false, sizeBytes: 44 })
  expect(await readFile(files[0]!.file, 'utf8')).toBe('{"id":"1","name":"x"}\n{"id":"2","name":"y"}\n')
  expect(lease).toMatchObject({ format: 'csv', gzip: false })
  expect(folder.tables.conversions).toBe(1)
  expect((await datasets.describe('goods')).fields.map(field => field.path)).toEqual(['.[]', '.[].id', '.[].name'])
})

it('answers without a count while the converter is busy, and converts later', async () => {
  await using folder = await Folder.make()
  folder.tables.failure = new Busy('later')
  await folder.write('goods.csv', 'id\n1\n')
  const datasets = await folder.open()
  expect(datasets.get('goods')).toMatchObject({ records: null, problem: null, schemaVersion: 1 })
  await expect(datasets.describe('goods')).rejects.toMatchObject({ code: 'TEST_BUSY' })
  folder.tables.failure = undefined
  expect(await datasets.sample('goods', 3)).toEqual([{ id: '1' }])
  expect(datasets.get('goods')).toMatchObject({ records: 1, schemaVersion: 1 })
})

it('gives JSON as it is, whatever its packing', async () => {
  await using folder = await Folder.make()
  await folder.write('plain.json', '{"a":1}\n{"a":2}\n')
  const datasets = await folder.open()
  using lease = datasets.lease('plain')
  expect(await lease.json()).toEqual({ file: lease.file, format: 'ndjson', gzip: false, sizeBytes: 16 })
  expect(lease.dataset).toMatchObject({ format: 'ndjson', shape: 'array', records: 2 })
})
