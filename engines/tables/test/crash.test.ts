import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { Workbench } from './workbench.ts'

const slow = 'SELECT count(*) FROM range(1000000000) WHERE range % 7 = 3'

it('asks another process when one is killed before it answered', async () => {
  await using bench = await Workbench.open()
  await bench.ask('SELECT 1')
  const [pid] = bench.pool.pids
  const asked = bench.ask(slow, {}, { timeMs: 60_000 })
  setTimeout(() => process.kill(pid!, 'SIGKILL'), 100)
  expect((await asked).lines).toEqual(['[142857143]'])
  expect(bench.pool.pids).not.toContain(pid)
})

it('says that asking again is safe when a process is killed twice', async () => {
  await using bench = await Workbench.open()
  const killer = setInterval(() => bench.pool.pids.forEach(pid => void process.kill(pid, 'SIGKILL')), 300)
  await expect(bench.ask('SELECT count(*) FROM range(1000000000000) WHERE range % 7 = 3')).rejects.toMatchObject({
    code: 'SQL_WORKER_LOST',
    kind: 'unavailable',
  })
  clearInterval(killer)
  expect((await bench.ask('SELECT 1')).lines).toEqual(['[1]'])
})

it('does not give rows twice when a process is killed between them', async () => {
  await using bench = await Workbench.open()
  let rows = 0
  const run = bench.pool.run(
    { text: 'FROM range(100000000)', parameters: {}, tables: [], limits: { timeMs: 20_000, bytes: 1e12 } },
    {
      onRows: lines => {
        if (rows === 0) process.kill(bench.pool.pids[0]!, 'SIGKILL')
        rows += lines.length
      },
    },
  )
  await expect(run).rejects.toMatchObject({ code: 'SQL_WORKER_LOST' })
  expect(rows).toBeLessThan(1_000_000)
})

it('hands on what the receiver throws', async () => {
  await using bench = await Workbench.open()
  const run = bench.pool.run(
    { text: 'FROM range(100000000)', parameters: {}, tables: [], limits: { timeMs: 20_000, bytes: 1e12 } },
    {
      onRows: () => {
        throw new TypeError('no room')
      },
    },
  )
  await expect(run).rejects.toThrow('no room')
  expect((await bench.ask('SELECT 1')).lines).toEqual(['[1]'])
})

it('closes while work is under way, twice, and leaves no process', async () => {
  const bench = await Workbench.open({ workers: 2 })
  const asked = [1, 2, 3].map(() => bench.ask(slow, {}, { timeMs: 60_000 }))
  const outcomes = Promise.allSettled(asked)
  await vi.waitFor(() => expect(bench.pool.pids).toHaveLength(2), { timeout: 10_000 })
  const pids = bench.pool.pids
  await Promise.all([bench.pool.close(), bench.pool.close()])
  expect((await outcomes).map(outcome => outcome.status === 'rejected' && outcome.reason.code)).toEqual(
    Array(3).fill('SQL_WORKER_LOST'),
  )
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow()
  await bench[Symbol.asyncDispose]()
})

it('starts no process before the first statement, and none stays that nobody asks anything', async () => {
  await using bench = await Workbench.open({ workers: 2, idleMs: 50 })
  await bench.pool.probe(2_000)
  expect(bench.pool.pids).toEqual([])
  await Promise.all([bench.ask('SELECT 1'), bench.ask('SELECT 2')])
  await vi.waitFor(() => expect(bench.pool.pids).toEqual([]), { timeout: 10_000 })
  expect((await bench.ask('SELECT 3')).lines).toEqual(['[3]'])
})

it('lets the rest end when nobody asks anything, after one was killed', async () => {
  await using bench = await Workbench.open({ workers: 2, idleMs: 1_000 })
  await bench.ask('SELECT 1')
  await Promise.all([bench.ask(slow, {}, { timeMs: 60_000 }), bench.ask('SELECT 2')])
  const killed = bench.pool.pids.at(-1)!
  process.kill(killed, 'SIGKILL')
  await vi.waitFor(() => expect(bench.pool.pids).not.toContain(killed), { timeout: 10_000 })
  await bench.ask('SELECT 3')
  await vi.waitFor(() => expect(bench.pool.pids).toEqual([]), { timeout: 10_000 })
})

it('is found to work again by whoever looks, after processes could not start', async () => {
  await using bench = await Workbench.open()
  const workingFolder = join(bench.folder, 'cache', 'sql-empty')
  await rm(workingFolder, { recursive: true })
  await expect(bench.ask('SELECT 1')).rejects.toMatchObject({ code: 'SQL_WORKER_LOST' })
  await expect(bench.pool.probe(10_000)).rejects.toMatchObject({ code: 'SQL_WORKER_LOST' })
  await mkdir(workingFolder)
  await bench.pool.probe(10_000)
  expect((await bench.ask('SELECT 2')).lines).toEqual(['[2]'])
})
