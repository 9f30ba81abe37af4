import { join } from 'node:path'
import type { Event } from '@super-data/contract'
import { Database, migration } from '@super-data/metadata'
import { describe, expect, it } from 'vitest'
import type { Handlers } from '../src/call.ts'
import type { EventDraft } from '../src/events/outbox.ts'
import { governedTables } from '../src/state/governed-schema.ts'
import type { GovernedTables } from '../src/state/shared-tables.ts'
import { type Installation, openInstallation } from './identity-installation.ts'

const draft = (subject: string, project = 'default'): EventDraft => ({
  type: 'dataset.changed',
  project,
  subject,
  by: null,
})

async function principalOf(home: Installation, bearer: string) {
  return home.identity.authenticate({ bearer })
}

/** Follows in the background and collects. */
async function listen(home: Installation, bearer: string, after?: string) {
  const controller = new AbortController()
  const options = { signal: controller.signal, ...(after === undefined ? {} : { after }) }
  const stream = home.events.follow(await principalOf(home, bearer), options)
  const heard: Event[] = []
  const ended = (async () => {
    for await (const event of stream) heard.push(event)
  })()
  return {
    heard,
    subjects: () => heard.map(event => event.subject),
    async until(count: number) {
      while (heard.length < count) await new Promise(resolve => setImmediate(resolve))
    },
    async stop() {
      controller.abort()
      await ended
    },
    ended,
  }
}

describe('a follower', () => {
  it('hears what happens from now on, in order', async () => {
    await using home = await openInstallation()
    await home.events.record(home.platform, [draft('before')])
    const follower = await listen(home, home.owner)
    await home.events.record(home.platform, [draft('a'), draft('b')])
    await home.events.record(home.library, [draft('c')])
    await follower.until(3)
    await follower.stop()
    expect(follower.subjects()).toEqual(['a', 'b', 'c'])
    const ids = follower.heard.map(event => event.id)
    expect([...ids].sort()).toEqual(ids)
  })

  it('goes on just after the last one heard, over both files, and then live', async () => {
    await using home = await openInstallation()
    const first = await listen(home, home.owner)
    for (const [file, subject] of [
      [home.library, 'a'],
      [home.platform, 'b'],
      [home.library, 'c'],
      [home.platform, 'd'],
    ] as const) {
      await home.events.record(file as typeof home.platform, [draft(subject)])
    }
    await first.until(4)
    await first.stop()
    const second = await listen(home, home.owner, first.heard[1]!.id)
    await second.until(2)
    await home.events.record(home.platform, [draft('e')])
    await second.until(3)
    await second.stop()
    expect(second.subjects()).toEqual(['c', 'd', 'e'])
  })

  it('goes on after a restart, also when the clock was set back meanwhile', async () => {
    await using home = await openInstallation()
    const first = await listen(home, home.owner)
    await home.events.record(home.platform, [draft('a')])
    await first.until(1)
    await first.stop()
    await home.events.close()
    home.clock.advance(-3_600_000)
    await using again = await openInstallation({ folder: home.folder, clock: home.clock })
    await again.events.record(again.library, [draft('b')])
    const second = await listen(again, home.owner, first.heard[0]!.id)
    await second.until(1)
    await second.stop()
    expect(second.subjects()).toEqual(['b'])
  })

  it('who comes back with an id nobody keeps any more starts from the oldest kept', async () => {
    await using home = await openInstallation()
    await home.events.record(home.platform, [draft('a'), draft('b')])
    const follower = await listen(home, home.owner, 'event_0000')
    await follower.until(2)
    await follower.stop()
    expect(follower.subjects()).toEqual(['a', 'b'])
  })

  it('who is slow misses nothing and keeps no more than a bounded buffer', async () => {
    await using home = await openInstallation()
    const controller = new AbortController()
    const principal = await principalOf(home, home.owner)
    const stream = home.events.follow(principal, { signal: controller.signal })[Symbol.asyncIterator]()
    const total = 1_300
    for (let start = 0; start < total; start += 100) {
      const batch = Array.from({ length: 100 }, (_, offset) => draft(String(start + offset)))
      await home.events.record(home.platform, batch)
    }
    const subjects: string[] = []
    while (subjects.length < total) subjects.push((await stream.next()).value.subject)
    expect(subjects).toEqual(Array.from({ length: total }, (_, number) => String(number)))
    await home.events.record(home.platform, [draft('live')])
    expect((await stream.next()).value.subject).toBe('live')
    controller.abort()
    expect((await stream.next()).done).toBe(true)
  })

  it('hears only of projects they may see at that moment', async () => {
    await using home = await openInstallation()
    const anna = await home.join('anna')
    await home.ask(home.owner, 'projects.create', { name: 'sales' })
    const follower = await listen(home, anna)
    await home.events.record(home.platform, [draft('hidden', 'sales'), draft('first')])
    await follower.until(1)
    await home.ask(home.owner, 'members.set', { project: 'sales', user: 'anna', role: 'viewer' })
    await home.events.record(home.platform, [draft('shown', 'sales')])
    await follower.until(2)
    await home.ask(home.owner, 'members.remove', { project: 'sales', user: 'anna' })
    await home.events.record(home.platform, [draft('hidden again', 'sales'), draft('last')])
    await follower.until(3)
    await follower.stop()
    expect(follower.subjects()).toEqual(['first', 'shown', 'last'])
  })

  it('with a key for one project hears of that one', async () => {
    await using home = await openInstallation()
    await home.ask(home.owner, 'projects.create', { name: 'sales' })
    const input = { label: 'robot', project: 'sales', onlyProject: true }
    const { secret } = await home.ask(home.owner, 'keys.create', input)
    const follower = await listen(home, secret)
    await home.events.record(home.platform, [draft('other'), draft('own', 'sales')])
    await follower.until(1)
    await follower.stop()
    expect(follower.subjects()).toEqual(['own'])
  })

  it.each([
    ['the key is revoked', 'revoke'],
    ['the user is disabled', 'disable'],
  ])('hears nothing more once %s', async (_why, how) => {
    await using home = await openInstallation()
    const anna = await home.join('anna')
    const follower = await listen(home, anna)
    const [key] = (await home.ask(anna, 'keys.list')).items
    if (how === 'revoke') await home.ask(home.owner, 'keys.revoke', { key: key!.id })
    else await home.ask(home.owner, 'users.update', { user: 'anna', state: 'disabled' })
    await home.events.record(home.platform, [draft('late')])
    await follower.ended
    expect(follower.heard).toEqual([])
  })

  it('ends when the stream is closed', async () => {
    await using home = await openInstallation()
    const follower = await listen(home, home.owner)
    await home.events.close()
    await follower.ended
    expect(follower.heard).toEqual([])
  })
})

describe('events', () => {
  it('of calls in both files at once come in one order, the same live as stored', async () => {
    const inLibrary: Handlers['tools.disable'] = async (input, call) => {
      await call.changeLibrary(async (_transaction, record) => record.event('tool.disabled', 'default', input.tool))
      return {} as never
    }
    const inPlatform: Handlers['datasets.refresh'] = async (_input, call) => {
      const { requestId } = call.request
      await call.changePlatform(async (_transaction, record) => record.event('dataset.changed', 'default', requestId))
      return { datasets: 0, changed: [] }
    }
    const handlers = { 'tools.disable': inLibrary, 'datasets.refresh': inPlatform }
    await using home = await openInstallation({ handlers })
    const live: string[] = []
    home.events.onEvent(event => live.push(event.id))
    await Promise.all(
      Array.from({ length: 40 }, (_, number) =>
        number % 2 === 0
          ? home.ask(home.owner, 'tools.disable', { tool: `tool_${number}` })
          : home.ask(home.owner, 'datasets.refresh'),
      ),
    )
    expect(live).toHaveLength(40)
    expect([...live].sort()).toEqual(live)
    const follower = await listen(home, home.owner, '')
    await follower.until(40)
    await follower.stop()
    expect(follower.heard.map(event => event.id)).toEqual(live)
  })

  it('of what is found out again reach a listener again, and are kept once', async () => {
    await using home = await openInstallation()
    const heard: string[] = []
    home.events.onEvent(event => heard.push(`${event.type} ${event.key}`))
    const again = { ...draft('x'), key: 'fact_1' }
    for (const _ of [1, 2]) await home.events.record(home.library, [again])
    expect(heard).toEqual([`${again.type} fact_1`, `${again.type} fact_1`])
    expect(await home.library.read.selectFrom('outbox').select('key').execute()).toEqual([{ key: 'fact_1' }])
  })

  it('say who made them, and reach a listener only after their commit', async () => {
    const seen: { by: string | null; stored: number }[] = []
    const disable: Handlers['tools.disable'] = async (_input, call) => {
      await call.changeLibrary(async (_transaction, record) => record.event('tool.disabled', 'default', 'x'))
      return {} as never
    }
    await using home = await openInstallation({ handlers: { 'tools.disable': disable } })
    const told = new Promise<void>(resolve => {
      home.events.onEvent(event => {
        void home.library.read
          .selectFrom('outbox')
          .selectAll()
          .execute()
          .then(rows => seen.push({ by: event.by, stored: rows.length }))
          .then(() => resolve())
      })
    })
    home.events.onEvent(() => {
      throw new Error('a broken listener')
    })
    await home.ask(home.owner, 'tools.disable', { tool: 'x' })
    await told
    expect(seen).toEqual([{ by: 'owner', stored: 1 }])
  })

  it('outside a call are there with their change, or neither is', async () => {
    await using home = await openInstallation()
    const change = (fail: boolean) =>
      home.events.change(home.library, async transaction => {
        await transaction
          .insertInto('markers')
          .values({ name: `swept-${fail}`, at: 1 })
          .execute()
        if (fail) throw new Error('it broke')
        return [draft('swept')]
      })
    await expect(change(true)).rejects.toThrow('it broke')
    await change(false)
    const { read } = home.library
    const markers = await read.selectFrom('markers').select('name').where('name', 'like', 'swept%').execute()
    expect(markers.map(row => row.name)).toEqual(['swept-false'])
    expect(await read.selectFrom('outbox').select('subject').execute()).toMatchObject([{ subject: 'swept' }])
  })

  it('of a transaction that failed do not hold up the next', async () => {
    await using home = await openInstallation()
    const broken = home.events.change(home.library, async transaction => {
      await transaction.schema.dropTable('outbox').execute()
      return [draft('never')]
    })
    await expect(broken).rejects.toThrow()
    const heard: string[] = []
    home.events.onEvent(event => heard.push(event.subject))
    await home.events.record(home.platform, [draft('next')])
    expect(heard).toEqual(['next'])
  })

  it('of a transaction that ran out of time do not hold up the next', async () => {
    await using home = await openInstallation()
    await using hurried = await Database.open<GovernedTables>({
      file: join(home.folder, 'hurried.db'),
      migrations: [migration('governed', governedTables)],
      durability: 'normal',
      clock: home.clock,
      limits: { transactionMs: 20 },
    })
    let late: Promise<void> = Promise.resolve()
    const slow = home.events.change(hurried, async () => {
      late = new Promise(resolve => setTimeout(resolve, 60))
      await late
      return [draft('too late')]
    })
    await expect(slow).rejects.toMatchObject({ code: 'DATABASE_TRANSACTION_TIMEOUT' })
    await late
    const heard: string[] = []
    home.events.onEvent(event => heard.push(event.subject))
    await home.events.record(home.platform, [draft('next')])
    expect(heard).toEqual(['next'])
  })

  it('are forgotten when they are old, or too many', async () => {
    await using home = await openInstallation({ events: { keepMs: 1_000, rowsMax: 3 } })
    const stored = async () => {
      const rows = await home.platform.read.selectFrom('outbox').select('subject').orderBy('id').execute()
      return rows.map(row => row.subject)
    }
    await home.events.record(
      home.platform,
      ['a', 'b', 'c', 'd', 'e'].map(subject => draft(subject)),
    )
    await home.events.prune()
    expect(await stored()).toEqual(['c', 'd', 'e'])
    home.clock.advance(900)
    await home.events.record(home.platform, [draft('f')])
    home.clock.advance(900)
    await home.events.prune()
    expect(await stored()).toEqual(['f'])
  })
})
