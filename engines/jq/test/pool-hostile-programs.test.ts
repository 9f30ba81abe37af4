import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JqCall } from '../src/pool/call.ts'
import type { JqPool } from '../src/pool/jq-pool.ts'
import { ask, callOf, DataFolder, isAlive, json, openPool, until } from './pool-fixture.ts'

const canary = 'canary-7f3a'

let pool: JqPool
beforeAll(async () => {
  process.env['SECRET_CANARY'] = canary
  pool = await openPool()
})
afterAll(async () => {
  delete process.env['SECRET_CANARY']
  await pool.close()
})

const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
const brief = { timeMs: 400, bytes: 1_000_000 }

interface Hostile {
  readonly program: string
  readonly call?: Partial<JqCall>
  readonly ends: RegExp
}

const hostile: readonly Hostile[] = [
  { program: 'def f: f; f', call: { limits: brief }, ends: /^JQ_TIMEOUT$/ },
  {
    program: 'def f: f; f',
    call: { limits: { ...brief, timeMs: 20_000, steps: 100_000 } },
    ends: /^JQ_STEPS_EXCEEDED$/,
  },
  { program: '[range(1e9)]', ends: /^JQ_(MEMORY|VALUE_TOO_LARGE)$/ },
  { program: '[limit(1e9; repeat(1))]', ends: /^JQ_(MEMORY|VALUE_TOO_LARGE)$/ },
  { program: 'def f: 1+f; f', ends: /^JQ_DEPTH_EXCEEDED$/ },
  { program: 'def f: [f]; f', ends: /^JQ_DEPTH_EXCEEDED$/ },
  { program: '"x"*1e9', ends: /^JQ_(VALUE_TOO_LARGE|MEMORY|RUNTIME)$/ },
  { program: 'reduce range(60) as $i ("x"; . + .)', ends: /^JQ_(VALUE_TOO_LARGE|MEMORY|RUNTIME)$/ },
  { program: '("a"*60)|test("^(a+)+\\\\1b")', ends: /^JQ_REGEX_TOO_COSTLY$/ },
  { program: '("a"*60)|test("^(a+)+\\\\1b")', call: { limits: { ...brief, timeMs: 20 } }, ends: /^JQ_TIMEOUT$/ },
  { program: 'try ([range(1e9)]) catch 1', ends: /^JQ_(MEMORY|VALUE_TOO_LARGE)$/ },
  { program: deep, ends: /^JQ_(SYNTAX|DEPTH_EXCEEDED)$/ },
  { program: '$ENV', ends: /^JQ_FORBIDDEN$/ },
  { program: 'env', ends: /^JQ_FORBIDDEN$/ },
  { program: '"\\(env)"', ends: /^JQ_FORBIDDEN$/ },
  { program: 'import "a" as a {search:"/etc"}; .', ends: /^JQ_(FORBIDDEN|UNKNOWN_MODULE)$/ },
  { program: 'include "a" {search:"/etc"}; .', ends: /^JQ_(FORBIDDEN|UNKNOWN_MODULE)$/ },
  { program: 'input_filename', ends: /^JQ_FORBIDDEN$/ },
  { program: '"a"|modulemeta', ends: /^JQ_FORBIDDEN$/ },
  { program: 'get_search_list', ends: /^JQ_FORBIDDEN$/ },
  { program: 'debug', ends: /^JQ_FORBIDDEN$/ },
  { program: 'stderr', ends: /^JQ_FORBIDDEN$/ },
  { program: 'halt', ends: /^JQ_FORBIDDEN$/ },
  { program: 'halt_error', ends: /^JQ_FORBIDDEN$/ },
  { program: 'input', ends: /^JQ_FORBIDDEN$/ },
  { program: '[inputs]', ends: /^JQ_FORBIDDEN$/ },
  { program: '.)] | ([(.', ends: /^JQ_SYNTAX$/ },
  { program: 'constructor', ends: /^JQ_UNKNOWN_FUNCTION$/ },
]

describe('a hostile program ends in a typed error while the pool goes on', () => {
  it.each(hostile)('$program', async ({ program, call, ends }) => {
    const failure = await ask(pool, callOf(program.slice(0, 1e6), call)).catch((error: unknown) => error)
    const { code, message, hint } = failure as { code: string; message: string; hint: string }
    expect(code).toMatch(ends)
    expect(`${message} ${hint}`).not.toMatch(/canary|\/work|\/tmp|node_modules|\.ts/)
    expect((await ask(pool, callOf('1 + 1'))).lines).toEqual(['2'])
  })
})

it('an input nested 200,000 deep is answered or refused, and the process lives', async () => {
  const { ended } = pool.stats()
  for (const program of ['.', '[..] | length', 'flatten', 'tojson | fromjson', '. == .', 'tostream']) {
    const call = callOf(program, { input: { kind: 'json', text: deep }, limits: brief })
    const told = await ask(pool, call).catch((error: unknown) => error)
    expect(told).toSatisfy((end: object) => 'shape' in end || ('code' in end && /^JQ_/.test(String(end.code))))
  }
  expect(pool.stats().ended).toMatchObject({ crashed: ended.crashed, protocol: 0 })
})

it('a program without an end stops by itself when its time is up, and its process goes on', async () => {
  // A busy machine may keep the process from noticing for a while; here it has all the time.
  await using patient = await openPool({ workers: 1, graceMs: 15_000 })
  await ask(patient, callOf('1'))
  await until(() => patient.stats().processes.every(({ state }) => state === 'idle'))
  const before = patient.stats()
  const endless = ['def f: f; f', 'repeat(1) | empty', '[range(1e9) | select(false)]', 'last(range(1e12))']
  const records = { input: { kind: 'json', text: '[1,2]' }, mode: 'records' } as const
  for (const [at, program] of [...endless, ...endless].entries()) {
    const call = callOf(program, { limits: { ...brief, timeMs: 60 }, ...(at < endless.length ? {} : records) })
    const failure = await ask(patient, call).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'JQ_TIMEOUT', kind: 'limited', details: { timeMs: 60 } })
  }
  expect(patient.stats().ended).toEqual(before.ended)
  expect(patient.stats().processes.map(({ pid }) => pid)).toEqual(before.processes.map(({ pid }) => pid))
})

it('an expression that would backtrack for ever in JavaScript is answered', async () => {
  expect((await ask(pool, callOf('("a"*30+"!")|test("^(a+)+$")'))).lines).toEqual(['false'])
})

it.skipIf(process.platform !== 'linux' && process.platform !== 'darwin')(
  'recursion that is no tail call goes 5,000 levels deep',
  async () => {
    for (const program of [
      'def f: if . == 0 then 0 else (. - 1 | f) + 1 end; 5000 | f',
      'def f: if . == 0 then 0 else [. - 1 | f] | .[0] + 1 end; 5000 | f',
      'def f: if . == 0 then empty else (. - 1 | f), . end; 5000 | [f] | length',
      'def f(g): if . == 0 then 0 else (. - 1 | f(g)) + g end; 5000 | f(1)',
    ]) {
      expect((await ask(pool, callOf(program))).lines).toEqual(['5000'])
    }
  },
)

describe('inputs nest 10,000 levels deep and no deeper', () => {
  const nested = (levels: number, inner = '') => `${'['.repeat(levels)}${inner}${']'.repeat(levels)}`

  it('inline', async () => {
    const deepest = callOf('[..] | length', { input: { kind: 'json', text: nested(10_000) } })
    expect((await ask(pool, deepest)).lines).toEqual(['10000'])
    const tooDeep = callOf('1', { input: { kind: 'json', text: nested(10_001) } })
    await expect(ask(pool, tooDeep)).rejects.toThrow('Exceeds depth limit for parsing')
  })

  it.each(['a.json', 'a.ndjson', 'b.json', 'wrapped.json'])('in the file %s', async name => {
    using data = new DataFolder()
    const [open, close] = name === 'b.json' ? ['[1,{"a":', '}]'] : name === 'wrapped.json' ? ['{"a":', '}'] : ['', '']
    const around = name === 'b.json' ? 2 : name === 'wrapped.json' ? 1 : 0
    const text = (levels: number) => open + nested(levels - around) + close
    const good = callOf('1', { input: data.file(`good-${name}`, text(10_000)) })
    expect((await ask(pool, good)).lines).toEqual(['1'])
    const bad = callOf('1', { input: data.file(`bad-${name}`, text(10_001)) })
    await expect(ask(pool, bad)).rejects.toThrow('Exceeds depth limit for parsing')
    const one = callOf('1', { input: data.file(`bad-${name}`, text(10_001)), mode: 'records' })
    await expect(ask(pool, one)).rejects.toThrow('Exceeds depth limit for parsing')
  })
})

it('cheap calls of others are answered while bombs go off, and the server does not grow', async () => {
  const before = process.memoryUsage().rss
  const bombs = ['[range(1e9)]', 'def f: f; f', '[limit(1e9; repeat(1))]'].map(program =>
    ask(pool, callOf(program, { caller: 'mallory', limits: { timeMs: 1_500, bytes: 1e6 } })).catch(
      (error: unknown) => error,
    ),
  )
  const answers: string[] = []
  while (answers.length < 50) {
    const told = await ask(pool, callOf(`${answers.length} * 2`, { caller: 'alice', input: json(1) }))
    answers.push(...told.lines)
  }
  expect(answers).toEqual(Array.from({ length: 50 }, (_, n) => String(n * 2)))
  for (const failure of await Promise.all(bombs)) {
    expect((failure as { code: string }).code).toMatch(/^JQ_(MEMORY|TIMEOUT|VALUE_TOO_LARGE)$/)
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024)
})

it('the environment of the server is visible to nobody, not even an owner', async () => {
  const told = await ask(pool, callOf('[env, $ENV] | tostring', { policy: 'owner' }))
  expect(told.lines).toEqual(['"[{},{}]"'])
})

it('an owner sees the variables the pool was given', async () => {
  await using own = await openPool({ workers: 1, env: { REGION: 'north' } })
  expect((await ask(own, callOf('$ENV.REGION, env.REGION', { policy: 'owner' }))).lines).toEqual(['"north"', '"north"'])
})

it('no process survives the deadline of a call that does not look up', async () => {
  await using own = await openPool({ workers: 2 })
  const [pid] = own.stats().processes.map(each => each.pid)
  process.kill(pid!, 'SIGSTOP')
  const told = await ask(own, callOf('1', { limits: brief })).catch((error: unknown) => error)
  expect(told).toMatchObject({ code: 'JQ_TIMEOUT' })
  await until(() => !isAlive(pid!))
  expect((await ask(own, callOf('1'))).lines).toEqual(['1'])
  expect(own.stats().ended).toMatchObject({ timeout: 1 })
})
