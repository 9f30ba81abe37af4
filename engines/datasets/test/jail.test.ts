import { execFileSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Folder } from './folder.ts'

it('does not follow a link out of the folder, by name or through a folder', async () => {
  await using folder = await Folder.make()
  await mkdir(join(folder.root, 'outside'))
  await writeFile(join(folder.root, 'outside', 'secret.json'), '["secret"]')
  await symlink('/etc/passwd', join(folder.data, 'passwd.csv'))
  await symlink(join(folder.root, 'outside', 'secret.json'), join(folder.data, 'secret.json'))
  await symlink(join(folder.root, 'outside'), join(folder.data, 'linked'))
  await folder.write('datasets.yml', 'datasets: [{ name: through, file: linked/secret.json }]')
  const datasets = await folder.open()
  expect(datasets.list()).toEqual([])
  expect(datasets.problems.map(({ file, problem }) => [file, problem])).toEqual([
    ['linked/secret.json', 'it leads outside the dataset folder'],
    ['passwd.csv', 'it leads outside the dataset folder'],
    ['secret.json', 'it leads outside the dataset folder'],
  ])
  expect(() => datasets.lease('secret')).toThrow(expect.objectContaining({ code: 'DATASET_INVALID', kind: 'invalid' }))
})

it('does not leave the folder for datasets.yml', async () => {
  await using folder = await Folder.make()
  await writeFile(join(folder.root, 'secret.json'), '["secret"]')
  await folder.write(
    'datasets.yml',
    'datasets: [{ name: up, file: ../secret.json }, { name: top, file: /etc/hosts, format: csv }]',
  )
  const datasets = await folder.open()
  expect(datasets.list()).toEqual([])
  expect(datasets.problems.map(({ problem }) => problem)).toEqual(Array(2).fill('it leads outside the dataset folder'))
})

it('follows a link that stays inside', async () => {
  await using folder = await Folder.make()
  await folder.write('.releases/7/orders.json', '[1,2,3]')
  await symlink('.releases/7', join(folder.data, '.current'))
  await symlink('.current/orders.json', join(folder.data, 'orders.json'))
  const datasets = await folder.open()
  expect(datasets.find('orders')).toMatchObject({ records: 3 })
})

it.runIf(process.platform !== 'win32')('does not wait at a pipe or read a device', async () => {
  await using folder = await Folder.make()
  execFileSync('mkfifo', [join(folder.data, 'pipe.json')])
  await mkdir(join(folder.data, 'folder.json'))
  await symlink('/dev/zero', join(folder.data, 'zero.json'))
  const datasets = await folder.open()
  expect(datasets.list()).toEqual([])
  expect(datasets.problems.map(({ file, problem }) => [file, problem])).toEqual([
    ['pipe.json', 'it is not a regular file'],
    ['zero.json', 'it leads outside the dataset folder'],
  ])
})

it('keeps the last good version when a file turns into a link that leads outside', async () => {
  await using folder = await Folder.make()
  await folder.write('orders.json', '[1]')
  const datasets = await folder.open()
  await folder.remove('orders.json')
  await symlink('/etc/passwd', join(folder.data, 'orders.json'))
  expect(await datasets.refresh()).toEqual(['orders'])
  expect(datasets.get('orders')).toMatchObject({ records: 1, problem: 'it leads outside the dataset folder' })
  await folder.remove('orders.json')
  await folder.write('orders.json', '[1]')
  expect(await datasets.refresh()).toEqual(['orders'])
  expect(datasets.get('orders')).toMatchObject({ problem: null })
})

it('refuses what is too large, packed or unpacked, and more files than it looks at', async () => {
  const { gzipSync } = await import('node:zlib')
  await using folder = await Folder.make()
  await folder.write('a.json', `["${'x'.repeat(2_000)}"]`)
  await folder.write('b.json.gz', gzipSync(`["${'x'.repeat(2_000)}"]`))
  await folder.write('c.json', '[1]')
  await folder.write('d.json', '[1]')
  const datasets = await folder.open({ settings: { pollMs: 0, settleMs: 0, fileBytesMax: 1_000, filesMax: 3 } })
  expect(datasets.list().map(dataset => dataset.name)).toEqual(['c'])
  expect(datasets.problems.map(({ file, problem }) => [file, problem])).toEqual([
    ['d.json', 'only 3 files are looked at'],
    ['a.json', 'it is larger than the server takes'],
    ['b.json.gz', 'unpacked, it is larger than the server takes'],
  ])
})
