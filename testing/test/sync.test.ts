import { describe, expect, it } from 'vitest'
import { type Sharer, SharingServers, withoutS3 } from './sync-servers.ts'

const changes = process.env['SUPER_DATA_TORTURE'] ? 300 : 100
const title =
  withoutS3 === undefined ? 'servers that share a library' : `servers that share a library (skipped: ${withoutS3})`

/** Functions, tools and drafts of them, with names that say where they come from. */
async function makeChanges(sharer: Sharer, from: string, { count = changes, submit = true } = {}): Promise<void> {
  for (let n = 0; n < count; n++) {
    const name = `${from}_${n}`
    if (n % 2 === 0) await sharer.client.functions.create({ definition: `def ${name}: ${n};` })
    else await sharer.client.tools.create({ tool: name, description: 'A question.', engine: 'jq', text: `${n}` })
    if (submit && n % 4 === 1) await sharer.client.tools.submit({ tool: name })
  }
}

async function namesOf(sharer: Sharer): Promise<Set<string>> {
  const functions = await sharer.client.functions.list({ limit: 1_000 })
  const tools = await sharer.client.tools.list({ limit: 1_000 })
  return new Set([...functions.items, ...tools.items].map(item => item.name))
}

describe.skipIf(withoutS3 !== undefined)(title, { timeout: 300_000 }, () => {
  it(`lose none of ${changes} changes that each made while the bucket was away, and end up the same`, async () => {
    await using sharing = await SharingServers.open()
    const a = await sharing.start()
    const b = await sharing.start()
    sharing.proxy.away()
    await Promise.all([makeChanges(a, 'a'), makeChanges(b, 'b')])
    expect(await a.sync()).toMatchObject({ outcome: 'failed' })
    expect(await a.client.sync.status({})).toMatchObject({ state: 'degraded' })
    sharing.proxy.back()
    const first = await Promise.all([a.sync(), b.sync()])
    expect(first.map(run => run.outcome)).toEqual(['synced', 'synced'])
    await Promise.all([a.sync(), b.sync()])
    expect(a.rows()).toEqual(b.rows())
    const names = await namesOf(a)
    for (const from of ['a', 'b']) {
      for (let n = 0; n < changes; n++) expect(names).toContain(`${from}_${n}`)
    }
    const c = await sharing.start()
    await c.sync()
    expect(c.rows()).toEqual(a.rows())
    expect([...a.damage(), ...b.damage(), ...c.damage()]).toEqual([])
  })

  it('end up the same when three write at once, again and again', async () => {
    await using sharing = await SharingServers.open()
    const sharers = await Promise.all([sharing.start(), sharing.start(), sharing.start()])
    let conflicts = 0
    for (let round = 0; round < 4; round++) {
      await Promise.all(
        sharers.map((sharer, at) => makeChanges(sharer, `r${round}_${at}`, { count: 10, submit: false })),
      )
      // Whoever writes first does so when all have looked.
      sharing.proxy.break({ fault: 'delay', method: 'PUT', target: 'databases/tools.db', delayMs: 1_000, times: 3 })
      const runs = await Promise.all(sharers.map(sharer => sharer.sync()))
      expect(runs.map(run => run.code)).toEqual([null, null, null])
      conflicts += runs.reduce((sum, run) => sum + run.conflicts, 0)
    }
    for (const sharer of sharers) await sharer.sync()
    const [first, ...others] = sharers.map(sharer => sharer.rows())
    for (const other of others) expect(other).toEqual(first)
    expect(conflicts).toBeGreaterThan(0)
  })

  it('count a vote of somebody whom the other has never seen, and list the tool everywhere', async () => {
    await using sharing = await SharingServers.open()
    const a = await sharing.start()
    const b = await sharing.start()
    await b.sync()
    const author = await a.invite('author')
    const voters = [await a.invite('first'), await a.invite('second')]
    await a.as(author).tools.create({ tool: 'wanted', description: 'A question.', engine: 'jq', text: '7' })
    const { hash } = await a.as(author).tools.submit({ tool: 'wanted', justification: 'it is needed' })
    for (const voter of voters) await a.as(voter).tools.vote({ tool: 'wanted', vote: 'approve', hash })
    await a.sync()
    await b.sync()
    expect(await b.client.tools.get({ tool: 'wanted' })).toMatchObject({ state: 'approved' })
    expect(await b.client.tools.run({ tool: 'wanted', params: {} })).toMatchObject({ value: 7 })
    expect(b.rows()).toEqual(a.rows())
  })

  it('go on when each approved a tool of the same name: the first answers, the other is shown as in conflict', async () => {
    await using sharing = await SharingServers.open()
    const a = await sharing.start()
    await a.sync()
    const b = await sharing.start()
    sharing.proxy.away()
    const publish = (sharer: Sharer, text: string) =>
      sharer.client.tools.propose({ tool: 'clash', description: 'A question.', engine: 'jq', text })
    await publish(a, '"first"')
    await publish(b, '"second"')
    sharing.proxy.back()
    for (const sharer of [a, b, a]) expect(await sharer.sync()).toMatchObject({ code: null })
    expect(a.rows()).toEqual(b.rows())
    for (const { client } of [a, b]) {
      expect(await client.tools.run({ tool: 'clash', params: {} })).toMatchObject({ value: 'first' })
      expect(await client.tools.get({ tool: 'clash' })).toMatchObject({ state: 'conflict', approvedVersion: 1 })
    }
  })

  it('write what is left when they are stopped, and hear of it by themselves', async () => {
    await using sharing = await SharingServers.open()
    const a = await sharing.start()
    const b = await sharing.start({ env: { SUPER_DATA_SYNC_INTERVAL: '1' } })
    await makeChanges(a, 'last', { count: 4 })
    await a.server.close()
    await expect.poll(() => namesOf(b), { timeout: 20_000 }).toContain('last_3')
  })

  it('hear of an approval at their next look, however seldom the one looks that made it', async () => {
    await using sharing = await SharingServers.open()
    const a = await sharing.start({ env: { SUPER_DATA_SYNC_ON_CHANGE: 'true' } })
    const b = await sharing.start({ env: { SUPER_DATA_SYNC_INTERVAL: '1' } })
    await a.client.tools.propose({ tool: 'soon', description: 'A question.', engine: 'jq', text: '7' })
    await expect.poll(() => namesOf(b), { timeout: 20_000 }).toContain('soon')
    expect(await b.client.tools.run({ tool: 'soon', params: {} })).toMatchObject({ value: 7 })
    const { items } = await a.client.sync.history({})
    expect(items.map(run => run.trigger)).toContain('change')
  })

  it('need one request when nothing is new, two for a change, and three for an approval', async () => {
    await using sharing = await SharingServers.open()
    const a = await sharing.start()
    await makeChanges(a, 'a', { count: 4 })
    await a.sync()
    await a.sync()
    const total = () => [...sharing.proxy.counts.values()].reduce((sum, count) => sum + count, 0)
    const start = total()
    for (let n = 0; n < 3; n++) expect(await a.sync()).toMatchObject({ outcome: 'unchanged', requests: 1 })
    expect(total() - start).toBe(3)
    const idle = total()
    await a.client.tools.create({ tool: 'one_more', description: 'A question.', engine: 'jq', text: '1' })
    expect(await a.sync()).toMatchObject({ outcome: 'synced', rowsPushed: 2 })
    expect(total() - idle).toBe(2)
    const drafted = total()
    await a.client.tools.submit({ tool: 'one_more' })
    expect(await a.sync()).toMatchObject({ outcome: 'synced', requests: 3 })
    // The backup of the state before, the library, and the export that says what is approved now.
    expect(total() - drafted).toBe(3)
  })
})
