import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { JsonSplitter } from '../src/content/json-splitter.ts'
import { Folder } from './folder.ts'

it('cuts a document the same way wherever its chunks end', () => {
  const text = ' [ {"a":"]}\\"é"} ,[1,[2]],"x\\\\", 12.5e3 ,true,null,{} ]\n'
  const whole = JSON.parse(text)
  const bytes = Buffer.from(text)
  for (let size = 1; size <= bytes.length; size++) {
    const elements: unknown[] = []
    const splitter = new JsonSplitter(element => elements.push(JSON.parse(element.toString())), 1_000)
    for (let at = 0; at < bytes.length; at += size) splitter.write(bytes.subarray(at, at + size))
    expect(splitter.end()).toEqual({ shape: 'array', lines: false })
    expect(elements).toEqual(whole)
  }
})

it.each(['[', ']', '[1', '[1,', '[,1]', '[1,,2]', '[1}', '{"a":1', '"abc', '[1]]', '[1][2]', ',', '[1 2]', '{}}'])(
  'finds that %s is not a whole document',
  text => {
    const splitter = new JsonSplitter(element => JSON.parse(element.toString()), 1_000)
    expect(() => {
      splitter.write(Buffer.from(text))
      splitter.end()
    }).toThrow()
  },
)

it('refuses a single value beyond the limit without holding it', () => {
  const splitter = new JsonSplitter(() => undefined, 1024 * 1024)
  const chunk = Buffer.alloc(64 * 1024, 'x')
  splitter.write(Buffer.from('["'))
  expect(() => {
    for (let round = 0; round < 100; round++) splitter.write(chunk)
  }).toThrow('a single JSON value of more than 1 MiB')
})

const megabytes = process.env['SUPER_DATA_TORTURE'] ? 400 : 20

it(`reads ${megabytes} MB in memory that does not grow with the file`, async () => {
  await using folder = await Folder.make()
  await writeRecords(join(folder.data, 'lines.ndjson'), '', '\n', '')
  await writeRecords(join(folder.data, 'array.json'), '[', ',\n', ']')
  const before = process.memoryUsage.rss()
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 20)
  const datasets = await folder.open()
  clearInterval(watch)
  expect(datasets.list().map(({ name, records }) => [name, records])).toEqual([
    ['array', records],
    ['lines', records],
  ])
  expect((await datasets.describe('lines')).fields.map(field => field.path)).toContain('.[].customer.city')
  expect((most - before) / 1024 / 1024).toBeLessThan(200)
}, 120_000)

const records = megabytes * 5_000

async function writeRecords(path: string, head: string, between: string, tail: string): Promise<void> {
  const stream = createWriteStream(path)
  stream.write(head)
  for (let id = 0; id < records; id++) {
    const record = JSON.stringify({ id, note: 'x'.repeat(120), customer: { city: `city ${id % 20}`, score: id / 7 } })
    if (!stream.write((id === 0 ? '' : between) + record)) await once(stream, 'drain')
  }
  stream.end(tail)
  await once(stream, 'close')
  await utimes(path, 1_000_000_000, 1_000_000_000)
}
