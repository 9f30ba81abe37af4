import { systemClock } from '@super-data/base/clock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JqPool } from '../src/pool/jq-pool.ts'
import { ask, callOf, json, openPool } from './pool-fixture.ts'

/** Programs that would run or grow for ever; whatever ends them must do so soon after the limit. */
const endless = [
  'def f: f; f',
  '[range(1e9)] | length',
  '[limit(1e9; repeat(1))]',
  'last(range(1e12))',
  'until(false; . + 1)',
  'reduce range(1e12) as $i (0; . + $i)',
  '[1] | until(false; . + .)',
  'reduce range(60) as $i ("x"; . + .)',
  '"x" * 1e9 | length',
  '[combinations(9)]',
  '[range(300)] | [combinations(5)] | length',
  'def f: 1 + f; f',
  'def f: [f]; f',
  'def f(g): f(g | g); f(.)',
  '[recurse(. + 1)]',
  '("a" * 60 + "!") | test("^(a+)+$")',
  '("a" * 60 + "!") | test("^(a|aa)+$")',
  '("ab" * 5000) | [match("(a|b)*?c"; "g")]',
  '("a" * 50000) | gsub("a*b"; "x")',
  '[range(200000)] | map(tostring) | join(",") | [scan("\\\\d")] | group_by(.) | map(length) | until(false; .)',
  'try (def f: f; f) catch 1',
  'label $out | def f: f; f | break $out',
  '[paths] | until(false; [.[], .])',
  'path(repeat(.a))',
  '{} | until(false; {a: .})',
]

const timeMs = 250
/** Starting another process and a busy machine, not the program. */
const graceMs = 15_000

let pool: JqPool
beforeAll(async () => {
  pool = await openPool()
})
afterAll(() => pool.close())

describe('a program without an end', () => {
  it.each(endless)('%s', async program => {
    const started = systemClock.elapsed()
    const call = callOf(program, { limits: { timeMs, bytes: 1_000_000 } })
    const end = await ask(pool, call).catch((error: unknown) => error)
    expect(systemClock.elapsed() - started).toBeLessThan(timeMs + graceMs)
    const code = 'shape' in (end as object) ? 'answered' : (end as { code: string }).code
    expect(code).toMatch(/^(answered|JQ_(TIMEOUT|MEMORY|VALUE_TOO_LARGE|DEPTH_EXCEEDED|STEPS_EXCEEDED|RUNTIME))$/)
  })
})

it('cheap calls beside them are answered soon on most occasions, and the server does not grow', async () => {
  const before = process.memoryUsage.rss()
  const attack = (async () => {
    for (const program of endless.slice(0, 8)) {
      const limits = { timeMs: 300, bytes: 1_000_000 }
      await ask(pool, callOf(program, { caller: 'mallory', limits })).catch(() => {})
    }
  })()
  let attacking = true
  void attack.finally(() => {
    attacking = false
  })
  const times: number[] = []
  while (attacking) {
    const started = systemClock.elapsed()
    expect((await ask(pool, callOf('. + 1', { input: json(1) }))).lines).toEqual(['2'])
    times.push(systemClock.elapsed() - started)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  const share = (part: number) => times.sort((a, b) => a - b)[Math.floor(times.length * part)] ?? 0
  console.log(`${times.length} cheap calls: p50 ${share(0.5).toFixed(1)} ms, p99 ${share(0.99).toFixed(1)} ms`)
  expect(share(0.9)).toBeLessThan(500)
  expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024)
})
