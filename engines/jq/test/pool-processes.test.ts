import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { JqPool } from '../src/pool/jq-pool.ts'
import { ask, callOf, DataFolder, isAlive, json, openPool, until } from './pool-fixture.ts'

const forever = { timeMs: 60_000, bytes: 1_000_000 }
const pids = (pool: JqPool) => pool.stats().processes.map(({ pid }) => pid)
const codeOf = (error: unknown) => (error as { code?: string }).code

describe('a caller that leaves', () => {
  it('ends the work at once, even when the program never looks up', async () => {
    await using pool = await openPool({ workers: 1 })
    const before = pids(pool)
    const leaving = new AbortController()
    const run = ask(pool, callOf('def f: f; f', { limits: forever }), { signal: leaving.signal }).catch(codeOf)
    await until(() => pool.stats().running === 1)
    leaving.abort()
    expect(await run).toBe('CANCELLED')
    expect((await ask(pool, callOf('1'))).lines).toEqual(['1'])
    await until(() => pool.stats().ended.cancelled === 1)
    await until(() => before.filter(isAlive).length === before.length - 1)
  })

  it('costs no process when the program is between two items', async () => {
    await using pool = await openPool({ workers: 1, graceMs: 15_000 })
    const leaving = new AbortController()
    const onItems = () => leaving.abort()
    const run = ask(pool, callOf('repeat(1)', { limits: forever }), { signal: leaving.signal, onItems })
    expect(await run.catch(codeOf)).toBe('CANCELLED')
    await until(() => pool.stats().processes.every(({ state }) => state === 'idle'))
    expect(pool.stats().ended).toMatchObject({ cancelled: 0, timeout: 0 })
  })

  it('takes its waiting call out of the queue', async () => {
    await using pool = await openPool({ workers: 1 })
    const leaving = new AbortController()
    const busy = ask(pool, callOf('def f: f; f', { limits: { ...forever, timeMs: 300 } })).catch(codeOf)
    const waits = ask(pool, callOf('1'), { signal: leaving.signal }).catch(codeOf)
    await until(() => pool.stats().waiting === 1)
    leaving.abort()
    expect(await waits).toBe('CANCELLED')
    expect(pool.stats().waiting).toBe(0)
    expect(await busy).toBe('JQ_TIMEOUT')
  })

  it('before the call starts nothing', async () => {
    await using pool = await openPool({ workers: 1 })
    expect(await ask(pool, callOf('1'), { signal: AbortSignal.abort() }).catch(codeOf)).toBe('CANCELLED')
    expect(pool.stats().calls).toBe(0)
  })
})

describe('many callers', () => {
  it('take turns: a flood does not keep one question waiting', async () => {
    await using pool = await openPool({ workers: 1, callerWaitingMax: 300 })
    let answered = 0
    const flood = Array.from({ length: 200 }, () =>
      ask(pool, callOf('[range(2000)] | length', { caller: 'flood' })).then(() => answered++),
    )
    expect((await ask(pool, callOf('"quiet"', { caller: 'quiet' }))).lines).toEqual(['"quiet"'])
    expect(answered).toBeLessThan(20)
    await Promise.all(flood)
  })

  it('hear JQ_BUSY when too many wait, or wait too long', async () => {
    await using pool = await openPool({ workers: 1, callerWaitingMax: 1, waitMsMax: 100 })
    const slow = callOf('def f: f; f', { limits: { ...forever, timeMs: 1_000 } })
    const first = ask(pool, slow).catch(codeOf)
    const second = ask(pool, callOf('1')).catch((error: unknown) => error)
    const third = ask(pool, callOf('1')).catch((error: unknown) => error)
    expect(await third).toMatchObject({ code: 'JQ_BUSY', kind: 'limited', details: { of: 'caller' } })
    expect(await second).toMatchObject({ code: 'JQ_BUSY', kind: 'limited', details: { of: 'wait' } })
    expect(await first).toBe('JQ_TIMEOUT')
  })
})

describe('processes', () => {
  it('are replaced after so many calls', async () => {
    await using pool = await openPool({ workers: 1, callsMax: 5 })
    const first = new Set(pids(pool))
    for (let n = 0; n < 18; n++) expect((await ask(pool, callOf(`${n}`))).lines).toEqual([String(n)])
    expect(pool.stats().ended.retired).toBeGreaterThanOrEqual(3)
    expect(pids(pool).filter(pid => first.has(pid))).toHaveLength(0)
  })

  it('are replaced when they hold too much memory', async () => {
    using folder = new DataFolder()
    await using pool = await openPool({ workers: 1, rssBytesMax: 1 })
    await ask(pool, callOf('length', { input: folder.file('a.json', '[1]') }))
    await until(() => pool.stats().ended.retired === 1)
    expect((await ask(pool, callOf('1'))).lines).toEqual(['1'])
  })

  it('are one until calls overlap, and one more than those at work from then on', async () => {
    await using pool = await openPool({ workers: 2 })
    for (const text of ['1', '2', '3']) await ask(pool, callOf(text))
    expect(pids(pool)).toHaveLength(1)
    const run = ask(pool, callOf('def f: f; f', { limits: { ...forever, timeMs: 3_000 } })).catch(() => {})
    expect((await ask(pool, callOf('4'))).lines).toEqual(['4'])
    expect(pids(pool).length).toBeGreaterThan(1)
    await run
  })

  it('that crash fail one call and are replaced', async () => {
    await using pool = await openPool({ workers: 1 })
    const run = ask(pool, callOf('def f: f; f', { limits: forever })).catch((error: unknown) => error)
    await until(() => pool.stats().running === 1)
    process.kill(pool.stats().processes.find(({ state }) => state === 'busy')!.pid, 'SIGSEGV')
    expect(await run).toMatchObject({ code: 'JQ_CRASHED', kind: 'unavailable' })
    expect((await ask(pool, callOf('1'))).lines).toEqual(['1'])
  })

  it('that die while idle are replaced before they are given a call', async () => {
    await using pool = await openPool({ workers: 1 })
    await Promise.all([ask(pool, callOf('1')), ask(pool, callOf('2'))])
    await until(() => pool.stats().processes.filter(({ state }) => state === 'idle').length === 2)
    for (const pid of pids(pool)) process.kill(pid, 'SIGTERM')
    await until(() => pool.stats().ended.crashed === 2)
    expect((await ask(pool, callOf('1'))).lines).toEqual(['1'])
  })

  it('that cannot start make `open` fail', async () => {
    await expect(openPool({ workers: 1, memoryMb: 1 })).rejects.toMatchObject({ code: 'JQ_CRASHED' })
  })

  it('cannot read the disk, start programs or see the environment', async () => {
    await using pool = await openPool({ workers: 1 })
    const { readFileSync } = await import('node:fs')
    const pid = pids(pool)[0]!
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean)
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    // From sources, Node keeps what it has compiled in a folder of the checkout; a built package keeps nothing.
    expect(environment.filter(line => !line.startsWith('NODE_COMPILE_CACHE='))).toEqual(['TZ=UTC'])
    expect(commandLine).toContain('--permission')
    const allowed = /^--allow-(worker|fs-read=.*\/(jq|base)(\/(src|dist|package\.json))?|fs-.*\.cache\/super-data-jq)$/
    for (const word of commandLine.filter(word => word.startsWith('--allow-'))) expect(word).toMatch(allowed)
  })

  it('are all gone after `close`, and what ran or waited has failed', async () => {
    const pool = await openPool({ workers: 2 })
    const all = pids(pool)
    const runs = Array.from({ length: 4 }, () => ask(pool, callOf('def f: f; f', { limits: forever })).catch(codeOf))
    await until(() => pool.stats().running === 2)
    await Promise.all([pool.close(), pool.close()])
    expect(await Promise.all(runs)).toEqual(Array(4).fill('JQ_POOL_CLOSED'))
    expect(all.filter(isAlive)).toEqual([])
    expect(await ask(pool, callOf('1')).catch(codeOf)).toBe('JQ_POOL_CLOSED')
  })

  it('end by themselves when the server is killed, even in an endless loop', async () => {
    const script = fileURLToPath(new URL('./pool-server.ts', import.meta.url))
    // What a killed server cannot clean up goes with the test.
    using folder = new DataFolder()
    const server = spawn(process.execPath, ['--conditions=source', script], {
      env: { ...process.env, TMPDIR: folder.path },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const told = await new Promise<Buffer>(resolve => server.stdout.once('data', resolve))
    const children = JSON.parse(told.toString()) as number[]
    expect(children.every(isAlive)).toBe(true)
    server.kill('SIGKILL')
    await until(() => !children.some(isAlive))
  })
})

it('a small call is quick', async () => {
  await using pool = await openPool({ workers: 1 })
  const times: number[] = []
  for (let n = 0; n < 600; n++) {
    const start = performance.now()
    await ask(pool, callOf('.a', { input: json({ a: 1 }) }))
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  expect(times[300]).toBeLessThan(20)
})
