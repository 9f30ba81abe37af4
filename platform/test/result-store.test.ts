import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandom } from '@super-data/base/ids'
import { FolderObjectStore } from '@super-data/objects'
import { expect, it } from 'vitest'
import { ResultMissing } from '../src/queries/errors.ts'
import { ResultStore } from '../src/queries/result-store.ts'
import { MovedClock } from './whole-platform.ts'

const hourMs = 3_600_000

async function openResults(totalBytesMax = 1_000_000) {
  const folder = await mkdtemp(join(tmpdir(), 'super-data-results-'))
  const clock = new MovedClock()
  const objects = await FolderObjectStore.open({ folder, clock, random: systemRandom })
  const settings = { resultBytesMax: 100_000, totalBytesMax, keepMs: 24 * hourMs }
  const results = new ResultStore(objects, settings, () => clock.now())
  const name = (handle: string) => ({ project: 'default', handle })
  return {
    ...{ clock, objects, results },
    write: async (handle: string, lines: string[]) => {
      const writer = await results.write(name(handle))
      await writer.begin([])
      await writer.lines(lines)
      await writer.finish({ keptBytes: 0, complete: true })
    },
    read: async (handle: string) => (await results.read(name(handle), { maxRows: 100, maxBytes: 10_000 })).items,
    share: (from: string, to: string) => results.share(name(from), name(to)),
    async [Symbol.asyncDispose]() {
      await objects.close()
      await rm(folder, { recursive: true })
    },
  }
}

it('a result is read by each of its names, and by no other', async () => {
  await using kept = await openResults()
  await kept.write('run_1', ['1', '2'])
  expect(await kept.share('run_1', 'run_2')).toBe(true)
  expect(await kept.read('run_2')).toEqual([1, 2])
  expect(await kept.share('run_9', 'run_3')).toBe(false)
  for (const handle of ['run_3', 'run_2.of.run_1', 'run', '../default/run_1', 'run_1.facts'])
    await expect(kept.read(handle)).rejects.toThrow(ResultMissing)
})

it('a result lives as long as one of its names, and each name as long as it was promised', async () => {
  await using kept = await openResults()
  await kept.write('run_1', ['1'])
  kept.clock.advance(20 * hourMs)
  await kept.share('run_1', 'run_2')
  kept.clock.advance(20 * hourMs)
  await kept.results.prune()
  expect(await kept.read('run_2')).toEqual([1])
  await kept.share('run_1', 'run_3')
  kept.clock.advance(20 * hourMs)
  await kept.results.prune()
  await expect(kept.read('run_2')).rejects.toThrow(ResultMissing)
  expect(await kept.read('run_3')).toEqual([1])
  kept.clock.advance(20 * hourMs)
  await kept.results.prune()
  expect((await kept.objects.list({})).objects).toEqual([])
})

it('results make room for newer ones, whole and with all their names', async () => {
  await using kept = await openResults(8_500)
  await kept.write('run_1', ['1'.repeat(2_000)])
  kept.clock.advance(10)
  await kept.write('run_2', ['2'.repeat(2_000)])
  kept.clock.advance(10)
  await kept.share('run_1', 'run_3')
  kept.clock.advance(10)
  await kept.write('run_4', ['4'.repeat(2_000)])
  await kept.results.prune()
  // The first was used last but one.
  await expect(kept.read('run_2')).rejects.toThrow(ResultMissing)
  expect(await Promise.all(['run_1', 'run_3', 'run_4'].map(kept.read))).toHaveLength(3)
})
