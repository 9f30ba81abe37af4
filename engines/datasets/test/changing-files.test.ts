import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import type { Datasets } from '../src/index.ts'
import { Folder } from './folder.ts'

const idsOf = async (datasets: Datasets, name: string) => {
  using lease = datasets.lease(name)
  return JSON.parse(await readFile((await lease.json()).file, 'utf8'))
}

it('takes a changed file as a new version, and an untouched one as none', async () => {
  await using folder = await Folder.make()
  await folder.write('orders.json', '[1]')
  const datasets = await folder.open()
  const told: (readonly string[])[] = []
  const stop = datasets.onChange(names => told.push(names))
  const first = datasets.get('orders').version
  expect(await datasets.refresh()).toEqual([])
  await folder.write('orders.json', '[1,2]', 30)
  expect(await datasets.refresh()).toEqual(['orders'])
  expect(datasets.get('orders').version).not.toBe(first)
  await folder.write('orders.json', '[1]', 20)
  await datasets.refresh()
  expect(datasets.get('orders').version).toBe(first)
  stop()
  await folder.remove('orders.json')
  expect(await datasets.refresh()).toEqual(['orders'])
  expect(datasets.find('orders')).toBeUndefined()
  expect(told).toEqual([['orders'], ['orders']])
  await datasets.close()
  expect(await folder.copies()).toEqual([])
})

it.each([
  ['orders.json', '[{"id":1},{"id":', 'the JSON ends in the middle'],
  ['orders.json', '[{"id":1},]', 'unexpected "]"'],
  ['orders.json', '[{"id":1}] x', 'something follows the end'],
  ['orders.json', '[{"id":1} {"id":2}]', 'unexpected "{"'],
  ['orders.json', '[{"id":nope}]', 'value 1 is not JSON'],
  ['orders.json', '', 'the file is empty'],
  ['orders.json', '{"a":1} {"a":2}', 'several JSON values'],
  ['orders.json', '\ufeff[1]', 'byte order mark'],
  ['orders.json', new Uint8Array([0x5b, 0x22, 0xff, 0x22, 0x5d]), 'value 1 is not UTF-8'],
  ['orders.ndjson', '{"id":1}\n{"id":2', 'value 2 is not JSON'],
  ['orders.ndjson', '\n\n', 'the file is empty'],
  ['orders.json.gz', gzipSync('[1,2,3]').subarray(0, 20), 'the gzip file is cut off'],
  ['orders.json.gz', Buffer.concat([gzipSync('[1,2,3]').subarray(0, -8), Buffer.alloc(8)]), 'the gzip file is damaged'],
  ['orders.csv', '', 'the file is empty'],
  ['orders.csv', 'a,b\n1\0,2\n', 'zero byte'],
  ['orders.csv', new Uint8Array([0x61, 0x0a, 0xff, 0x0a]), 'not UTF-8'],
  ['orders.csv', 'a,b\n1\n', 'line 2 has 1 field, the header has 2'],
  ['orders.csv', 'a,b\n1,"x\ny"\n2,3,4,5\n', 'line 4 has 4 fields, the header has 2'],
  ['orders.csv', 'name,zip\nA,1\n"B,2\nC,3', 'line 3: a quote is not closed'],
  ['orders.csv', 'name;zip\r\nA;1\r\n"B;2\r\nC;"3"\r\n', 'line 3: a quote is not closed'],
  ['orders.csv', 'a,b\n"x"y,1\n', 'line 2: something follows a closing quote'],
  ['orders.csv.gz', gzipSync('a\tb\n1\n'), 'line 2 has 1 field, the header has 2'],
  ['orders.parquet', 'PAR1 and then nothing', 'the Parquet file is cut off'],
  ['orders.parquet', 'nothing of the kind', 'it is not a Parquet file'],
])('keeps the last good version while %s is bad: %j', async (file, bad, reason) => {
  await using folder = await Folder.make()
  await folder.write('orders.json', '[{"id":1},{"id":2}]')
  await folder.write('datasets.yml', 'datasets: [{ name: orders, file: orders.json }]')
  const datasets = await folder.open()
  const good = datasets.get('orders').version
  await folder.remove('orders.json')
  await folder.write(file, bad, 30)
  await folder.write('datasets.yml', `datasets: [{ name: orders, file: ${file} }]`, 30)
  expect(await datasets.refresh()).toEqual(['orders'])
  expect(datasets.get('orders')).toMatchObject({ version: good, records: 2, problem: expect.stringContaining(reason) })
  expect(await datasets.refresh()).toEqual([])
  expect((await folder.copies()).length).toBe(1)
})

it('does not list a file that has never been good, and says why when it is asked for', async () => {
  await using folder = await Folder.make()
  await folder.write('orders.json', '[1,')
  const datasets = await folder.open()
  expect(datasets.list()).toEqual([])
  expect(datasets.problems).toEqual([{ file: 'orders.json', name: 'orders', problem: 'the JSON ends in the middle' }])
  expect(() => datasets.lease('orders')).toThrow(
    expect.objectContaining({ code: 'DATASET_INVALID', message: 'orders.json: the JSON ends in the middle' }),
  )
  await folder.write('orders.json', '[1]', 30)
  await datasets.refresh()
  expect(datasets.get('orders')).toMatchObject({ records: 1, problem: null })
})

it('waits until a file that is being written keeps still', async () => {
  await using folder = await Folder.make()
  const datasets = await folder.open({ settings: { pollMs: 0, settleMs: 1_500 } })
  const path = join(folder.data, 'growing.ndjson')
  await writeFile(path, '{"n":1}\n')
  const writer = setInterval(() => void appendFile(path, '{"n":2}\n'), 30)
  expect(await datasets.refresh()).toEqual([])
  clearInterval(writer)
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(await datasets.refresh()).toEqual(['growing'])
})

it('keeps the version of a reader through changes and removal, and removes it after', async () => {
  await using folder = await Folder.make()
  await folder.write('orders.json', '[1]')
  const datasets = await folder.open()
  const first = datasets.lease('orders')
  await folder.write('orders.json', '[1,2]', 30)
  await datasets.refresh()
  const second = datasets.lease('orders')
  await folder.remove('orders.json')
  await datasets.refresh()
  expect(await readFile(first.file, 'utf8')).toBe('[1]')
  expect(await readFile(second.file, 'utf8')).toBe('[1,2]')
  expect(first.dataset.records).toBe(1)
  expect((await folder.copies()).length).toBe(2)
  first.release()
  first.release()
  second.release()
  await datasets.close()
  expect(await folder.copies()).toEqual([])
})

it('stores equal files once, and keeps the copy while one of them is there', async () => {
  await using folder = await Folder.make()
  await folder.write('a.json', '[1]')
  await folder.write('b.json', '[1]')
  const datasets = await folder.open()
  expect(datasets.get('a').version).toBe(datasets.get('b').version)
  expect((await folder.copies()).length).toBe(1)
  await folder.remove('a.json')
  await datasets.refresh()
  expect(await idsOf(datasets, 'b')).toEqual([1])
})

it('sees a change by itself', async () => {
  await using folder = await Folder.make()
  const datasets = await folder.open({ settings: { pollMs: 30, settleMs: 10 } })
  const told = new Promise<readonly string[]>(resolve => datasets.onChange(resolve))
  await folder.write('orders.json', '[1]')
  expect(await told).toEqual(['orders'])
})

it('stops a look when its caller gives up, and looks again', async () => {
  await using folder = await Folder.make()
  const datasets = await folder.open({ settings: { pollMs: 0, settleMs: 5_000 } })
  await folder.write('orders.json', '[1]', 0)
  const controller = new AbortController()
  const look = datasets.refresh(controller.signal)
  setTimeout(() => controller.abort(), 20)
  await expect(look).rejects.toMatchObject({ code: 'CANCELLED' })
  await folder.write('orders.json', '[1]', 60)
  expect(await datasets.refresh()).toEqual(['orders'])
  await datasets.close()
  await datasets.close()
  expect(() => datasets.lease('orders')).toThrow(expect.objectContaining({ code: 'DATASETS_CLOSED' }))
  await expect(datasets.refresh()).rejects.toMatchObject({ code: 'DATASETS_CLOSED' })
})
