import { describe, expect, it } from 'vitest'
import { openRuns } from './telemetry.ts'
import { MovedClock, openWhole, problemOf } from './whole-platform.ts'

const dayMs = 86_400_000
const signal = new AbortController().signal

describe('statistics of runs', () => {
  it('give exact percentiles, by nearest rank, of each tool and of all', async () => {
    await using log = await openRuns()
    for (let ms = 100; ms >= 1; ms--) log.add({ tool: 'steady', elapsed_ms: ms })
    log.add({ tool: 'rare', elapsed_ms: 7 })
    const [steady, rare] = await log.statistics.byTool({ project: 'default', since: 0 }, signal)
    expect(steady).toMatchObject({ tool: 'steady', calls: 100, p50Ms: 50, p95Ms: 95, p99Ms: 99 })
    expect(rare).toMatchObject({ tool: 'rare', calls: 1, p50Ms: 7, p95Ms: 7, p99Ms: 7 })
    const overall = await log.statistics.overall({ project: 'default', since: 0 }, signal)
    expect(overall).toMatchObject({ calls: 101, p50Ms: 50, p99Ms: 99 })
  })

  it('count people, rows, bytes, cached answers and errors by their codes', async () => {
    await using log = await openRuns()
    log.add({ tool: 't', user_id: 'a', count: 10, bytes: 100 })
    log.add({ tool: 't', user_id: 'b', count: 5, bytes: 50, cached: 1 })
    for (const code of ['JQ_RUNTIME', 'JQ_TIMEOUT', 'JQ_RUNTIME'])
      log.add({ tool: 't', user_id: 'b', outcome: 'failed', code, count: null, bytes: null, elapsed_ms: 20 })
    log.add({
      tool: 't',
      user_id: 'c',
      outcome: 'cancelled',
      code: 'CANCELLED',
      count: null,
      bytes: null,
      elapsed_ms: 9_999,
    })
    const [tool] = await log.statistics.byTool({ project: 'default', since: 0 }, signal)
    expect(tool).toMatchObject({ calls: 6, users: 3, failed: 3, cancelled: 1, cached: 1, rows: 15, bytes: 150 })
    expect(tool!.errors).toEqual([
      { code: 'JQ_RUNTIME', count: 2 },
      { code: 'JQ_TIMEOUT', count: 1 },
    ])
    // What somebody gave up says nothing about how long it takes.
    expect(tool!.p99Ms).toBe(20)
  })

  it('see only their project and their period, and nothing when there is nothing', async () => {
    await using log = await openRuns()
    log.add({ tool: 'old', at: 10 })
    log.add({ tool: 'new', at: 20 })
    log.add({ tool: 'new', at: 20, project: 'other' })
    const since = (from: number, project = 'default') =>
      log.statistics.byTool({ project, since: from }, signal).then(tools => tools.map(each => [each.tool, each.calls]))
    expect(await since(0)).toEqual([
      ['new', 1],
      ['old', 1],
    ])
    expect(await since(20)).toEqual([['new', 1]])
    expect(await since(21)).toEqual([])
    expect(await since(0, 'nowhere')).toEqual([])
    expect(await log.statistics.overall({ project: 'nowhere', since: 0 }, signal)).toMatchObject({
      ...{ calls: 0, p50Ms: null, errors: [] },
    })
  })

  it('remember the last use of a tool whose runs are forgotten', async () => {
    await using log = await openRuns()
    log.add({ tool: 't', at: 5 })
    log.add({ tool: 't', at: 9 })
    await log.runs.flush()
    await log.runs.prune({ now: () => 1_000, elapsed: () => 0 }, 10)
    expect(await log.runs.list('default', { limit: 10 })).toEqual([])
    expect(await log.statistics.lastUse('default')).toEqual(new Map([['t', 9]]))
    expect(await log.statistics.since()).toBe(5)
  })

  it('forget the oldest runs when there are too many', async () => {
    await using log = await openRuns()
    for (let index = 0; index < 10; index++) log.add({ tool: 't' })
    await log.runs.flush()
    const clock = { now: () => 10, elapsed: () => 0 }
    await log.runs.prune(clock, 1_000, 10)
    expect(await log.runs.list('default', { limit: 100 })).toHaveLength(10)
    await log.runs.prune(clock, 1_000, 4)
    expect((await log.runs.list('default', { limit: 100 })).map(run => run.at)).toEqual([10, 9, 8, 7])
  })

  it('of very many runs do not hold up anybody else', async () => {
    await using log = await openRuns()
    for (let index = 0; index < 9_000; index++) log.add({ tool: `t${index % 50}`, elapsed_ms: index })
    await log.runs.flush()
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await log.statistics.byTool({ project: 'default', since: 0 }, signal)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(2)
  })
})

describe('tools.stats', () => {
  it('tells of calls through every way, by period, and of tools that nobody calls', async () => {
    const clock = new MovedClock()
    await using whole = await openWhole({ clock })
    await whole.publish('used', '$n + 1', {
      parameters: { type: 'object', properties: { n: {} }, additionalProperties: false },
    })
    await whole.publish('unused', '2')
    await whole.run('used', { n: 1 })
    await problemOf(whole.run('used', { n: 'text' }))
    await whole.jq('3')
    const stats = await whole.ask('tools.stats')
    expect(stats.overall).toMatchObject({ calls: 3, users: 1, failed: 1 })
    expect(stats.tools).toMatchObject([{ tool: 'used', calls: 2, failed: 1, errors: [{ count: 1 }] }])
    expect(stats.unused).toEqual([{ tool: 'unused', lastAt: null }])
    clock.advance(2 * dayMs)
    expect((await whole.ask('tools.stats', { period: 'day' })).unused).toMatchObject([
      { tool: 'unused', lastAt: null },
      { tool: 'used', lastAt: stats.tools[0]!.lastAt },
    ])
    expect((await whole.ask('tools.stats', { period: '3' })).tools).toHaveLength(1)
    expect((await whole.ask('tools.stats', { period: 'all', tool: 'unused' })).overall.calls).toBe(0)
    expect(await problemOf(whole.ask('tools.stats', { period: 'fortnight' }))).toMatchObject({ kind: 'invalid' })
  })
})
