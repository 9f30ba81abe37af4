import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Folder } from './folder.ts'

it('does not read unchanged files again', async () => {
  await using folder = await Folder.make()
  await folder.write('orders.json', '[{"id":1}]')
  await folder.write('goods.csv', 'id,name\n1,x\n')
  await folder.write('datasets.yml', 'datasets: [{ name: orders, file: orders.json, description: All. }]')
  const first = await folder.open()
  const before = first.list()
  await first.close()
  // Other bytes of the same size and time: only someone who reads the file again sees them.
  const path = join(folder.data, 'orders.json')
  const { atime, mtime } = await stat(path)
  await writeFile(path, '[{"id":7}]')
  await utimes(path, atime, mtime)
  const second = await folder.open()
  expect(second.list()).toEqual(before)
  expect(folder.tables.conversions).toBe(1)
  using lease = second.lease('orders')
  expect(await readFile(lease.file, 'utf8')).toBe('[{"id":1}]')
  expect(await second.sample('goods', 5)).toEqual([{ id: '1', name: 'x' }])
  expect(folder.tables.conversions).toBe(1)
})

it('sees what changed, came and went meanwhile', async () => {
  await using folder = await Folder.make()
  await folder.write('a.json', '[1]')
  await folder.write('b.json', '[1,2]')
  await (await folder.open()).close()
  await folder.write('a.json', '[1,2,3]', 30)
  await folder.remove('b.json')
  await folder.write('c.json', '{}')
  const datasets = await folder.open()
  expect(datasets.list().map(({ name, records }) => [name, records])).toEqual([
    ['a', 3],
    ['c', null],
  ])
  expect((await folder.copies()).length).toBe(2)
})

it('still has the last good version of a file that went bad', async () => {
  await using folder = await Folder.make()
  await folder.write('a.json', '[1]')
  const first = await folder.open()
  await folder.write('a.json', '[1', 30)
  await first.refresh()
  await first.close()
  const second = await folder.open()
  expect(second.get('a')).toMatchObject({ records: 1, problem: 'the JSON ends in the middle' })
})

it('reads everything again when the cache is damaged or gone, and clears away what is left over', async () => {
  await using folder = await Folder.make()
  await folder.write('a.json', '[1]')
  await (await folder.open()).close()
  await writeFile(join(folder.cache, 'index.json'), '{"version":1,"datas')
  await writeFile(join(folder.cache, 'snapshots', 'incoming-1-1'), 'rest of a crash')
  const [copy] = (await folder.copies()).filter(name => !name.startsWith('incoming'))
  await writeFile(join(folder.cache, 'snapshots', copy!), '[')
  const second = await folder.open()
  using lease = second.lease('a')
  expect(await readFile(lease.file, 'utf8')).toBe('[1]')
  expect(await folder.copies()).toEqual([copy])
  await second.close()
  await rm(folder.cache, { recursive: true })
  expect((await folder.open()).get('a').records).toBe(1)
})
