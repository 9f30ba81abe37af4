import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { openWhole } from './whole-platform.ts'

const openFiles = () => readdirSync('/proc/self/fd').length

/** Processes started by this one that live, without those that have ended and wait to be collected. */
function children(): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return Number(parent) === process.pid && state !== 'Z'
      } catch {
        return false
      }
    })
}

async function useOnce(): Promise<void> {
  await using whole = await openWhole({ files: { 'a.json': '[1,2]', 'b.csv': 'x\n1\n' } })
  const controller = new AbortController()
  const principal = await whole.platform.authenticate({ bearer: whole.owner })
  const followed = whole.platform.events.follow(principal, { signal: controller.signal })[Symbol.asyncIterator]().next()
  expect(await whole.jq('.[0]', { source: 'a' })).toMatchObject({ value: 1 })
  expect(await whole.sql('select * from b, a', { maxRows: 1 })).toMatchObject({ count: 1 })
  await whole.jq('range(3000)', { maxRows: 1 })
  await Promise.allSettled([whole.jq('.['), whole.jq('def f: f; f', {}, { signal: AbortSignal.timeout(50) })])
  expect((await whole.platform.readiness()).ready).toBe(true)
  await whole.platform.close()
  expect(await followed).toMatchObject({ done: true })
}

it.skipIf(process.platform !== 'linux')('opening, using and closing leaves no file and no process behind', async () => {
  await useOnce()
  const before = { files: openFiles(), children: children().length, resources: process.getActiveResourcesInfo().length }
  for (let round = 0; round < 3; round++) await useOnce()
  await expect.poll(children).toHaveLength(before.children)
  await expect.poll(openFiles).toBeLessThanOrEqual(before.files)
  // To wait takes timers, too.
  await expect.poll(() => process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before.resources + 2)
})

it.skipIf(process.platform !== 'linux')('an opening that fails leaves no process behind either', async () => {
  const before = children().length
  await expect(openWhole({ files: { 'tools.yaml': 'tools: [' } })).rejects.toMatchObject({ code: 'SEED_INVALID' })
  await expect(openWhole({ settings: { libraryFile: '/dev/null/tools.db' } })).rejects.toThrow()
  await expect.poll(children).toHaveLength(before)
})

it.skipIf(process.platform !== 'linux')(
  'data that cannot be read fails a start, and leaves no process behind',
  async () => {
    const before = children().length
    {
      await using whole = await openWhole({ settings: { datasetsFolder: '/dev/null/datasets' } })
      await expect(whole.platform.startUpkeep()).rejects.toThrow()
    }
    await expect.poll(children).toHaveLength(before)
  },
)
