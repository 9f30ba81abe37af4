import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Cancelled } from '@super-data/base/errors'
import { expect, it } from 'vitest'
import { Folder } from './folder.ts'

it('a lease tells what separates the fields of CSV, and nothing of other files', async () => {
  await using folder = await Folder.make()
  await folder.write('comma.csv', 'a,b\n1,2\n')
  await folder.write('semicolon.csv', 'a;"b,c,d"\n1;2\n')
  await folder.write('tab.csv', 'a\tb\n1\t2\n')
  await folder.write('one.csv', 'a\n1\n')
  await folder.write('escaped.csv', 'a|b\n"x \\" |"|2\n')
  await folder.write('values.json', '[1]')
  const tables = { toNdjson: async () => ({ rows: 0 }) }
  const datasets = await folder.open(tables)
  const separatorOf = (name: string) => {
    using lease = datasets.lease(name)
    return lease.separator
  }
  const names = ['comma', 'semicolon', 'tab', 'one', 'escaped', 'values']
  expect(names.map(separatorOf)).toEqual([',', ';', '\t', null, '|', undefined])
})

it('a second hold on a version outlives the first, and a lease that was released gives none', async () => {
  await using folder = await Folder.make()
  await folder.write('values.json', '[1]')
  const datasets = await folder.open()
  const first = datasets.lease('values')
  const second = first.hold()
  first.release()
  await folder.write('values.json', '[1, 2]')
  await datasets.refresh()
  expect(await folder.copies()).toHaveLength(2)
  expect(second.dataset.records).toBe(1)
  second.release()
  await datasets.close()
  expect(await folder.copies()).toHaveLength(1)
  expect(() => first.hold()).toThrow()
})

it('who gives up waiting for a conversion does not stop it for others', async () => {
  await using folder = await Folder.make()
  await folder.write(
    'rows.parquet',
    Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(5 * 1024 * 1024), Buffer.from([4, 0, 0, 0]), Buffer.from('PAR1')]),
  )
  const started = Promise.withResolvers<void>()
  const going = Promise.withResolvers<void>()
  const datasets = await folder.open({
    toNdjson: async (_, target) => {
      started.resolve()
      await going.promise
      await writeFile(target, '{"a":1}\n')
      return { rows: 1 }
    },
  })
  using lease = datasets.lease('rows')
  const impatient = new AbortController()
  const first = lease.json(impatient.signal)
  const second = lease.json()
  await started.promise
  impatient.abort()
  await expect(first).rejects.toThrow(Cancelled)
  await expect(lease.json(AbortSignal.abort())).rejects.toThrow(Cancelled)
  await sleep(5)
  going.resolve()
  expect(await second).toMatchObject({ format: 'ndjson' })
  expect(datasets.get('rows').records).toBe(1)
})
