import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWhole, problemOf, readOn, type Whole } from './whole-platform.ts'

const big = '12345678901234567890'

let whole: Whole
beforeAll(async () => {
  whole = await openWhole({
    files: {
      'orders.json': JSON.stringify(Array.from({ length: 50 }, (_, id) => ({ id, total: id * 2 }))),
      'exact.json': `[{"id": ${big}}]`,
      'other.json': '[1]',
    },
  })
})
afterAll(() => whole[Symbol.asyncDispose]())

/** Takes long enough for others to join, and nothing of it is on any disk. */
const slow = (label: string) => `reduce range(12000000) as $i (0; . + 1) | [., "${label}"]`

async function change(file: string, content: string): Promise<void> {
  await sleep(20)
  await whole.write(file, content)
  await sleep(250)
  await whole.ask('datasets.refresh')
}

describe('an answer given before', () => {
  it('is given again, to everybody in the project, and marked so; with a run and a time of its own', async () => {
    const first = await whole.jq('map(.total) | add', { source: 'orders' })
    expect(first).not.toHaveProperty('cached')
    const second = await whole.jq('map( .total )|add # the same program', { source: 'orders' })
    expect(second).toMatchObject({ cached: true, value: first.value, source: first.source })
    expect(second.runId).not.toBe(first.runId)
    const ann = await whole.join('ann')
    const third = await whole.askAs(ann, 'queries.ask', { engine: 'jq', text: 'map(.total) | add', source: 'orders' })
    expect(third.cached).toBe(true)
    expect(await whole.ask('queries.run', { run: third.runId })).toMatchObject({
      user: 'ann',
      cached: true,
      outcome: 'ok',
    })
    expect((await whole.ask('tools.stats')).overall.cached).toBe(2)
    const sql = 'select count(*) as n from orders'
    expect([(await whole.sql(sql)).cached, (await whole.sql(sql)).cached]).toEqual([undefined, true])
  })

  it('keeps every digit', async () => {
    await whole.jq('.', { source: 'exact' })
    const again = await whole.jq('.', { source: 'exact' })
    expect(again.cached).toBe(true)
    expect(JSON.stringify(again.value)).toContain(big)
  })

  it('is not given for other values, limits, modes, data, or another project', async () => {
    const ask = (more: object) => whole.jq('[.]|length, $n', { source: 'orders', params: { n: 1 }, ...more })
    await ask({})
    expect((await ask({})).cached).toBe(true)
    for (const other of [
      { params: { n: 2 } },
      { maxRows: 1 },
      { maxBytes: 1_000 },
      { mode: 'records' as const },
      { source: 'other' },
    ])
      expect(await ask(other)).not.toHaveProperty('cached')
    await whole.ask('projects.create', { name: 'second', description: '' } as never)
    await whole.jq('1 + 41')
    expect((await whole.jq('1 + 41')).cached).toBe(true)
    expect(await whole.jq('1 + 41', { project: 'second' })).not.toHaveProperty('cached')
  })

  it('is not given once the data has changed', async () => {
    const ask = () => whole.jq('length', { source: 'other' })
    await ask()
    expect(await ask()).toMatchObject({ value: 1, cached: true })
    await change('other.json', '[1, 2]')
    const fresh = await ask()
    expect(fresh).toMatchObject({ value: 2 })
    expect(fresh).not.toHaveProperty('cached')
  })

  it('is not given for what depends on more than the data', async () => {
    await whole.ask('functions.create', { definition: 'def stamp: now;' })
    await whole.ask('functions.create', { definition: 'def outer: [stamp];' })
    for (const text of ['now', 'stamp', 'outer', '[1, (def f: now; f)]']) {
      await whole.jq(text)
      expect(await whole.jq(text)).not.toHaveProperty('cached')
    }
    for (const text of ['select random()', 'select now()', 'select * from orders using sample 3', 'select uuidv7()']) {
      await whole.sql(text)
      expect(await whole.sql(text)).not.toHaveProperty('cached')
    }
  })

  it('was none when it failed', async () => {
    for (const _ of [1, 2]) expect(await problemOf(whole.jq('error("no")'))).toMatchObject({ kind: 'invalid' })
    const { items } = await whole.ask('queries.runs', { limit: 2 })
    expect(items.map(run => [run.outcome, run.cached])).toEqual([
      ['failed', false],
      ['failed', false],
    ])
  })

  it('follows a new version of a tool at once', async () => {
    await whole.publish('sums', 'map(.total) | add', { source: 'orders' })
    await whole.run('sums')
    expect((await whole.run('sums')).cached).toBe(true)
    await whole.ask('tools.update', { tool: 'sums', expectedVersion: 1, text: 'map(.total) | add + 1' })
    await whole.ask('tools.submit', { tool: 'sums' })
    const next = await whole.run('sums')
    expect(next).toMatchObject({ value: 2_451 })
    expect(next).not.toHaveProperty('cached')
  })
})

describe('a long answer given before', () => {
  const ask = () => whole.jq('.[].id', { source: 'orders', maxRows: 10 })

  it('has a handle of its own to read on', async () => {
    const first = await ask()
    const second = await ask()
    expect(second).toMatchObject({ cached: true, truncated: { by: 'rows', handle: second.runId } })
    const rest = await readOn(whole, second, { maxRows: 7 })
    expect(rest).toEqual(await readOn(whole, first, { maxRows: 7 }))
    expect([...(second.value as number[]), ...rest.items]).toHaveLength(50)
  })

  it('that has been cleared away is asked anew', async () => {
    await using own = await openWhole({
      settings: { resultBytesMax: 2_000 },
      files: { 'n.json': JSON.stringify(Array.from({ length: 300 }, (_, n) => n)) },
    })
    const ask = (add: number) => own.jq('.[] + $add', { source: 'n', maxRows: 3, params: { add } })
    const first = await ask(0)
    expect((await ask(0)).cached).toBe(true)
    // Results together may be ten times the longest one.
    for (let add = 1; add < 20; add++) await ask(add)
    expect(await problemOf(readOn(own, first))).toMatchObject({ code: 'RESULT_MISSING' })
    const fresh = await ask(0)
    expect(fresh).not.toHaveProperty('cached')
    expect((await readOn(own, fresh)).items).toHaveLength(297)
  })
})

describe('the same question asked by several at once', () => {
  it('runs once', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => whole.jq(slow('together'))))
    expect(answers.filter(answer => answer.cached)).toHaveLength(5)
    for (const answer of answers) expect(answer.value).toEqual([12_000_000, 'together'])
    expect(new Set(answers.map(answer => answer.runId)).size).toBe(6)
  })

  it('goes on for the others when the first gives up, and is recorded as each of them ended', async () => {
    const impatient = new AbortController()
    const first = whole.jq(slow('first gives up'), {}, { signal: impatient.signal })
    await sleep(30)
    const second = whole.jq(slow('first gives up'))
    await sleep(10)
    impatient.abort()
    expect(await problemOf(first)).toMatchObject({ kind: 'cancelled' })
    expect(await second).toMatchObject({ value: [12_000_000, 'first gives up'] })
    const { items } = await whole.ask('queries.runs', { limit: 2 })
    expect(items.map(run => run.outcome).sort()).toEqual(['cancelled', 'ok'])
    expect((await whole.jq(slow('first gives up'))).cached).toBe(true)
  })

  it('that nobody waits for any more is stopped and kept nowhere', async () => {
    const impatient = new AbortController()
    const only = whole.jq(slow('nobody'), {}, { signal: impatient.signal })
    await sleep(30)
    impatient.abort()
    expect(await problemOf(only)).toMatchObject({ kind: 'cancelled' })
    expect(await whole.jq(slow('nobody'))).not.toHaveProperty('cached')
  })
})
