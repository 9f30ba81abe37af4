import { PlatformError } from '@super-data/base/errors'
import { describe, expect, it } from 'vitest'
import type { Handlers } from '../src/call.ts'
import type { ObservedCall } from '../src/door.ts'
import { auditOf, openInstallation, problemOf } from './identity-installation.ts'

class Refusal extends PlatformError {
  readonly code = 'TEST_REFUSAL'
  readonly kind = 'conflict'
}

/** A handler that changes something in a file, announces it and then does what the test wants. */
function change(after: (phase: 'inside' | 'outside') => void): Handlers['tools.disable'] {
  return async (_input, call) => {
    await call.changeLibrary(async (transaction, record) => {
      record.target('a tool')
      record.event('tool.disabled', 'default', 'a tool')
      await transaction.insertInto('markers').values({ name: 'changed', at: 1 }).execute()
      after('inside')
    })
    after('outside')
    return { name: 'a tool' } as never
  }
}

async function traces(home: Awaited<ReturnType<typeof openInstallation>>) {
  const { read } = home.library
  return {
    changes: (await read.selectFrom('markers').selectAll().where('name', '=', 'changed').execute()).length,
    events: (await read.selectFrom('outbox').selectAll().execute()).length,
    records: (await read.selectFrom('idempotency').selectAll().execute()).length,
    lines: (await auditOf(home)).map(line => [line.outcome, line.code]),
  }
}

const disable = { project: 'default', tool: 'a_tool' }

describe('a change is there with its audit line, its event and its idempotency record, or none of them is', () => {
  it('all, when it works', async () => {
    const handlers = { 'tools.disable': change(() => {}) }
    await using home = await openInstallation({ handlers })
    await home.ask(home.owner, 'tools.disable', disable, { idempotencyKey: 'x' })
    expect(await traces(home)).toEqual({ changes: 1, events: 1, records: 1, lines: [['ok', null]] })
  })

  it.each([
    ['refuses', new Refusal('no'), 'TEST_REFUSAL'],
    ['breaks', new TypeError('a bug'), 'INTERNAL'],
  ])('none but the line that says so, when the handler %s after its change', async (_how, failure, code) => {
    const handlers = {
      'tools.disable': change(phase => {
        if (phase === 'inside') throw failure
      }),
    }
    await using home = await openInstallation({ handlers })
    const heard: unknown[] = []
    home.events.onEvent(event => heard.push(event))
    const attempt = home.ask(home.owner, 'tools.disable', disable, { idempotencyKey: 'x' })
    expect(await problemOf(attempt)).toMatchObject({ code })
    expect(await traces(home)).toEqual({ changes: 0, events: 0, records: 0, lines: [['failed', code]] })
    expect(heard).toEqual([])
  })

  it('none, when the caller gives up before the commit', async () => {
    const controller = new AbortController()
    const handlers = { 'tools.disable': change(() => controller.abort()) }
    await using home = await openInstallation({ handlers })
    const extra = { idempotencyKey: 'x', signal: controller.signal }
    const attempt = home.ask(home.owner, 'tools.disable', disable, extra)
    expect(await problemOf(attempt)).toMatchObject({ code: 'CANCELLED' })
    expect(await traces(home)).toEqual({ changes: 0, events: 0, records: 0, lines: [['failed', 'CANCELLED']] })
  })

  it('all, and the failure besides, when the handler breaks after the commit; a repeat changes nothing more', async () => {
    const handlers = {
      'tools.disable': change(phase => {
        if (phase === 'outside') throw new Refusal('too late')
      }),
    }
    await using home = await openInstallation({ handlers })
    const attempt = () => problemOf(home.ask(home.owner, 'tools.disable', disable, { idempotencyKey: 'x' }))
    expect(await attempt()).toMatchObject({ code: 'TEST_REFUSAL' })
    const first = await traces(home)
    expect(first).toMatchObject({ changes: 1, events: 1, records: 1 })
    expect(first.lines).toEqual([
      ['ok', null],
      ['failed', 'TEST_REFUSAL'],
    ])
    expect(await attempt()).toMatchObject({ code: 'IDEMPOTENCY_ANSWER_UNKNOWN' })
    expect(await traces(home)).toMatchObject({ changes: 1, events: 1 })
  })

  it('one line and one record, when a call changes both files', async () => {
    const both: Handlers['tools.disable'] = async (_input, call) => {
      await call.changeLibrary(async (_transaction, record) => record.event('tool.disabled', 'default', 'first'))
      await call.changePlatform(async (_transaction, record) => record.event('dataset.changed', 'default', 'second'))
      return { name: 'a tool' } as never
    }
    await using home = await openInstallation({ handlers: { 'tools.disable': both } })
    const heard: string[] = []
    home.events.onEvent(event => heard.push(event.subject))
    await home.ask(home.owner, 'tools.disable', disable, { idempotencyKey: 'x' })
    expect((await traces(home)).lines).toEqual([['ok', null]])
    expect(heard).toEqual(['first', 'second'])
  })
})

describe('what goes wrong inside', () => {
  it('is said as INTERNAL alone, and logged with the request id', async () => {
    const lines: string[] = []
    const list: Handlers['tools.list'] = async () => {
      throw new Error('/home/data/tools.db is broken')
    }
    const log = { write: (line: string) => lines.push(line) }
    await using home = await openInstallation({ handlers: { 'tools.list': list }, log, logLevel: 'error' })
    const problem = await problemOf(home.ask(home.owner, 'tools.list', {}, { requestId: 'the-request' }))
    expect(problem).toMatchObject({ code: 'INTERNAL', kind: 'internal' })
    expect(JSON.stringify(problem)).not.toContain('tools.db')
    expect(lines.join('')).toContain('the-request')
    expect(lines.join('')).toContain('tools.db is broken')
  })

  it('is a cancellation when the caller had gone', async () => {
    const controller = new AbortController()
    const list: Handlers['tools.list'] = async (_input, call) => {
      controller.abort()
      call.signal.throwIfAborted()
      return { items: [], cursor: null }
    }
    await using home = await openInstallation({ handlers: { 'tools.list': list } })
    const attempt = home.ask(home.owner, 'tools.list', {}, { signal: controller.signal })
    expect(await problemOf(attempt)).toMatchObject({ code: 'CANCELLED', kind: 'cancelled' })
  })
})

describe('an input', () => {
  it('that is wrong is refused with every field and what is expected there', async () => {
    await using home = await openInstallation()
    const input = { name: 'Not A Name', description: 7 }
    const problem = await problemOf(home.ask(home.owner, 'projects.create', input as never))
    expect(problem).toMatchObject({ code: 'INPUT_INVALID', kind: 'invalid', retryable: false })
    const { fields } = problem.details as { fields: { path: string; problem: string }[] }
    expect(fields.map(field => field.path)).toEqual(['/name', '/description'])
    expect(fields[1]!.problem).toBe('must be a string')
    expect(JSON.stringify(problem)).not.toContain('Not A Name')
  })

  it('is refused in plain words, with what the wrong field is for', async () => {
    await using home = await openInstallation()
    const input = { tool: 'total', vote: 'approve', hash: '' }
    const problem = await problemOf(home.ask(home.owner, 'tools.vote', input as never))
    expect(problem).toMatchObject({
      message: '/hash: must have at least 12 characters',
      hint: 'hash: The hash that `get` showed, or its first 12 characters.',
    })
  })

  it('with a field nobody declared is refused, with the one that was meant', async () => {
    await using home = await openInstallation()
    const problem = await problemOf(home.ask(home.owner, 'projects.list', { limt: 5 } as never))
    expect(problem).toMatchObject({ code: 'INPUT_INVALID', hint: 'Did you mean limit?' })
    expect(problem.details).toEqual({ fields: [{ path: '/limt', problem: 'no such field' }] })
  })

  it.each([[[]], ['text'], [7], [null]])(
    'that is %j instead of an object is refused or taken as empty',
    async input => {
      await using home = await openInstallation()
      const call = home.call('users.invite', input, { credentials: { bearer: home.owner } })
      expect(await problemOf(call)).toMatchObject({ code: 'INPUT_INVALID' })
    },
  )

  it('that is absent is an empty one', async () => {
    await using home = await openInstallation()
    const { output } = await home.call('identity.whoami', undefined, { credentials: { bearer: home.owner } })
    expect(output.user.name).toBe('owner')
  })
})

describe('whoever watches calls', () => {
  it('is told of each with its outcome, and cannot break any', async () => {
    await using home = await openInstallation()
    const observed: ObservedCall[] = []
    const stop = home.calls.onCall(call => observed.push(call))
    home.calls.onCall(() => {
      throw new Error('a broken observer')
    })
    const anna = await home.join('anna')
    observed.length = 0
    await home.ask(anna, 'projects.list')
    await problemOf(home.ask(anna, 'users.list', {}, { door: 'mcp' }))
    await problemOf(home.ask(anna, 'projects.list', { cursor: 'x' }))
    await problemOf(home.call('projects.list', {}))
    stop()
    await home.ask(anna, 'projects.list')
    expect(observed.map(({ operation, door, outcome, code }) => [operation, door, outcome, code])).toEqual([
      ['projects.list', 'http', 'ok', null],
      ['users.list', 'mcp', 'refused', 'ACCESS_DENIED'],
      ['projects.list', 'http', 'failed', 'CURSOR_INVALID'],
      ['projects.list', 'http', 'refused', 'UNAUTHENTICATED'],
    ])
    expect(observed.every(call => call.elapsedMs >= 0)).toBe(true)
  })
})

describe('closing', () => {
  it('lets running calls end and new ones not begin', async () => {
    let finish: () => void = () => {}
    const gate = new Promise<void>(resolve => {
      finish = resolve
    })
    const list: Handlers['tools.list'] = async () => {
      await gate
      return { items: [], cursor: null }
    }
    await using home = await openInstallation({ handlers: { 'tools.list': list } })
    const running = home.ask(home.owner, 'tools.list')
    let closed = false
    const closing = home.calls.close().then(() => {
      closed = true
    })
    expect(await problemOf(home.ask(home.owner, 'projects.list'))).toMatchObject({
      code: 'SHUTTING_DOWN',
      kind: 'unavailable',
    })
    expect(closed).toBe(false)
    finish()
    expect(await running).toEqual({ items: [], cursor: null })
    await closing
    expect(closed).toBe(true)
  })
})

it('the way in costs a read little', async () => {
  const list: Handlers['tools.list'] = async () => ({ items: [], cursor: null })
  await using home = await openInstallation({ handlers: { 'tools.list': list } })
  const call = () => home.ask(home.owner, 'tools.list')
  for (let warm = 0; warm < 500; warm++) await call()
  const started = performance.now()
  for (let time = 0; time < 2_000; time++) await call()
  const each = (performance.now() - started) / 2_000
  expect(each).toBeLessThan(1.5)
})
