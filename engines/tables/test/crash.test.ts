import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { WorkerProcess } from '../src/worker-process.ts'
import { Workbench } from './workbench.ts'

const endless = 'SELECT count(*) FROM range(1000000000000) WHERE range % 7 = 3'

it('asks another process when one is killed before it answered', async () => {
  await using bench = await Workbench.open()
  await bench.ask('SELECT 1')
  const [pid] = bench.pool.pids
  const asked = bench.ask('SELECT count(*) FROM range(100000000) WHERE range % 7 = 3')
  process.kill(pid!, 'SIGKILL')
  expect((await asked).lines).toEqual(['[14285714]'])
  expect(bench.pool.pids).not.toContain(pid)
})

it('says that asking again is safe when a process is killed twice', async () => {
  await using bench = await Workbench.open()
  const killer = setInterval(() => bench.pool.pids.forEach(pid => void process.kill(pid, 'SIGKILL')), 300)
  await expect(bench.ask(endless)).rejects.toMatchObject({ code: 'SQL_WORKER_LOST', kind: 'unavailable' })
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

it('has stopped a statement whose receiver threw before the next one begins', async () => {
  await using bench = await Workbench.open()
  const request = { parameters: {}, tables: [], limits: { timeMs: 60_000, bytes: 1e12 } }
  const fail = () => Promise.reject(new TypeError('no room'))
  const thrown = bench.pool.run({ ...request, text: 'FROM range(100000000)' }, { onRows: fail })
  await expect(thrown).rejects.toThrow('no room')
  let rows = 0
  const slowly = async (lines: string[]) => {
    rows += lines.length
    await sleep(50)
  }
  await bench.pool.run({ ...request, text: 'FROM range(200000)' }, { onRows: slowly })
  expect(rows).toBe(200_000)
})

it('takes a process that was told to end for one that is gone', async () => {
  await using bench = await Workbench.open()
  const folders = { dataFolder: join(bench.folder, 'data'), cacheFolder: join(bench.folder, 'cache') }
  const worker = await WorkerProcess.start(
    { memoryLimitMb: 128, threads: 1, ...folders },
    { readable: Object.values(folders), empty: join(bench.folder, 'cache', 'sql-empty') },
  )
  expect(worker.alive).toBe(true)
  worker.kill()
  expect(worker.alive).toBe(false)
  await worker.ended
})

it('closes while work is under way, twice, and leaves no process', async () => {
  const bench = await Workbench.open({ workers: 2 })
  const asked = [1, 2, 3].map(() => bench.ask(endless, {}, { timeMs: 60_000 }))
  const outcomes = Promise.allSettled(asked)
  await expect.poll(() => bench.pool.pids).toHaveLength(2)
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
  await expect.poll(() => bench.pool.pids).toEqual([])
  expect((await bench.ask('SELECT 3')).lines).toEqual(['[3]'])
})

it('lets the rest end when nobody asks anything, after one was killed', async () => {
  await using bench = await Workbench.open({ workers: 2, idleMs: 1_000 })
  await bench.ask('SELECT 1')
  await Promise.all([bench.ask('SELECT count(*) FROM range(300000000) WHERE range % 7 = 3'), bench.ask('SELECT 2')])
  const killed = bench.pool.pids.at(-1)!
  process.kill(killed, 'SIGKILL')
  await expect.poll(() => bench.pool.pids).not.toContain(killed)
  await bench.ask('SELECT 3')
  await expect.poll(() => bench.pool.pids).toEqual([])
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
