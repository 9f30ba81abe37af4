import { afterAll, beforeAll, expect, it } from 'vitest'
import { Workbench } from './workbench.ts'

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open({ workers: 2 })
  await bench.write('tiny', 'json', '[{"id":1}]')
})
afterAll(() => bench[Symbol.asyncDispose]())

const endless = 'SELECT count(*) FROM range(1000000000000) WHERE range % 7 = 3'

it('stops at the row limit only when there is one row more', async () => {
  expect(await bench.ask('FROM range(10)', {}, { rows: 9 })).toMatchObject({ rows: 9, truncated: 'rows' })
  expect(await bench.ask('FROM range(10)', {}, { rows: 10 })).toMatchObject({ rows: 10, truncated: false })
  expect(await bench.ask('FROM range(100000)', {}, { rows: 4_000 })).toMatchObject({ rows: 4_000, truncated: 'rows' })
})

it('stops before the row that would exceed the byte limit', async () => {
  const answer = await bench.ask("SELECT repeat('é', 100) FROM range(1000)", {}, { bytes: 1_000 })
  expect(answer).toMatchObject({ rows: 4, truncated: 'bytes' })
  expect(await bench.ask("SELECT repeat('x', 5000)", {}, { bytes: 1_000 })).toMatchObject({
    rows: 0,
    truncated: 'bytes',
  })
})

it('stops when time is up', async () => {
  await expect(bench.ask(endless, {}, { timeMs: 200 })).rejects.toMatchObject({ code: 'SQL_TIMEOUT', kind: 'limited' })
  expect((await bench.ask('FROM tiny')).lines).toEqual(['[1]'])
})

it('stops when the caller gives up, at work or in the queue', async () => {
  const controllers = [new AbortController(), new AbortController(), new AbortController()]
  const [first, second, third] = controllers.map(({ signal }) => bench.ask(endless, {}, { timeMs: 60_000 }, signal))
  await expect.poll(() => bench.pool.pids).toHaveLength(2)
  const { pids } = bench.pool
  controllers[2]!.abort()
  await expect(third).rejects.toMatchObject({ code: 'CANCELLED' })
  for (const controller of controllers) controller.abort()
  const outcomes = await Promise.allSettled([first, second])
  expect(outcomes.map(outcome => outcome.status === 'rejected' && outcome.reason.code)).toEqual(
    Array(2).fill('CANCELLED'),
  )
  // A process that does not stop in time is ended: on a busy machine that may be one, but not both.
  expect(bench.pool.pids.some(pid => pids.includes(pid))).toBe(true)
  await expect(bench.ask('FROM tiny', {}, {}, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' })
})

it('waits for a slow receiver instead of collecting rows, and ends when it has enough', async () => {
  let taken = 0
  const result = await bench.pool.run(
    {
      text: "SELECT repeat('x', 1000) FROM range(100000000)",
      parameters: {},
      tables: [],
      limits: { timeMs: 20_000, bytes: 1e12 },
    },
    {
      onRows: async lines => {
        taken += lines.length
        await new Promise(resolve => setTimeout(resolve, 20))
        return taken < 2_000
      },
    },
  )
  expect(taken).toBeLessThan(4_000)
  expect(result).toMatchObject({ rows: taken, truncated: false })
})

const bombs = [
  'SELECT list(range) FROM range(1000000000000)',
  "SELECT string_agg(range::VARCHAR || repeat('x', 1000), '') FROM range(1000000000)",
  'SELECT a.range FROM range(1000000) a, range(1000000) b ORDER BY random()',
  'SELECT count(DISTINCT range::VARCHAR) FROM range(1000000000)',
  "SELECT repeat('x', 4000000000)",
  'SELECT range(100000000)',
]
it.each(bombs)(
  'survives a statement that wants all the memory: %s',
  async bomb => {
    const [outcome, other] = await Promise.allSettled([bench.ask(bomb, {}, { timeMs: 60_000 }), bench.ask('FROM tiny')])
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'SQL_MEMORY', kind: 'limited' } })
    expect(other).toMatchObject({ status: 'fulfilled', value: { lines: ['[1]'] } })
  },
  120_000,
)

it('refuses to queue without end', async () => {
  await using small = await Workbench.open({ waitingMax: 1 })
  const controller = new AbortController()
  const asked = [1, 2, 3].map(() => small.ask(endless, {}, {}, controller.signal))
  await expect(asked[2]).rejects.toMatchObject({ code: 'SQL_BUSY', kind: 'unavailable' })
  controller.abort()
  await Promise.allSettled(asked)
})

it('refuses a text of comments within comments, which takes long to read', async () => {
  const text = `SELECT 1 ${'/* '.repeat(60_000)}`
  await expect(bench.ask(text)).rejects.toMatchObject({ code: 'SQL_REFUSED', kind: 'invalid' })
  expect((await bench.ask(`SELECT 1 ${'/* a /* b */ */ '.repeat(100)}`)).lines).toEqual(['[1]'])
})
