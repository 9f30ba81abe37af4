import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { revisions } from '../../src/index.ts'
import type { Caller } from './caller.ts'
import type { Scene } from './scene.ts'

export function sessions(scene: () => Scene, alice: () => Caller): void {
  const insert = (id: number) => `INSERT INTO acct VALUES (${id}, 'new', 1)`
  const stored = (id: number) => scene().count('FROM acct WHERE id = $1', [id])
  const open = (database = scene().shop) =>
    scene().count(
      `FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
      [],
      database,
    )
  const slow = `SELECT count(*) FROM big a, big b WHERE a.txt || b.txt = 'slowly'`
  const running = (database = scene().shop) =>
    scene().count(
      `FROM pg_stat_activity WHERE query LIKE '%slowly%' AND backend_type = 'client backend' AND state = 'active' AND pid <> pg_backend_pid()`,
      [],
      database,
    )

  afterEach(async () => {
    await scene().ask('DELETE FROM acct WHERE id > 10')
    await expect.poll(() => open()).toBe(0)
  })

  it('what a session changes is seen there at once, and by others after its commit', async () => {
    await using bob = await scene().connect('bob', { era: 'modern' })
    const count = 'SELECT count(*)::int FROM acct'
    const session = await alice().begin()
    expect(session).toMatch(/^tx_[0-9a-f]{32}$/)
    const told = await alice().write(insert(20), { session })
    expect(told).toMatchObject({
      affected: 1,
      committed: false,
      session: { session, state: 'active', statements: 1, mode: 'write' },
    })
    expect((await alice().read(count, { session })).rows).toEqual([[11]])
    expect((await bob.read(count)).rows).toEqual([[10]])
    expect((await alice().ask('pg_tx', 'list')).items).toMatchObject([
      { session, statements: 2, isolation: 'read committed' },
    ])
    expect(await alice().ask('pg_tx', 'commit', { session })).toMatchObject({
      state: 'closed',
      expiresAt: null,
      statements: 2,
    })
    expect((await bob.read(count)).rows).toEqual([[11]])
    expect(await alice().refused('pg_tx', 'commit', { session })).toMatchObject({ code: 'POSTGRES_SESSION_MISSING' })
  })

  it('a failed session says so, takes nothing more, and its commit is an error', async () => {
    const session = await alice().begin()
    await alice().write(insert(20), { session })
    expect(await alice().refused('pg_query', 'write', { sql: insert(20), session })).toMatchObject({
      ...{ code: 'POSTGRES_CONSTRAINT', kind: 'invalid' },
      details: { sqlstate: '23505', session: { session, state: 'failed', statements: 2 } },
    })
    expect(await alice().refused('pg_query', 'read', { sql: 'SELECT 1', session })).toMatchObject({
      ...{ code: 'POSTGRES_TRANSACTION_FAILED', hint: expect.stringMatching(/roll back/i) },
      details: { sqlstate: '25P02', session: { state: 'failed' } },
    })
    expect(await alice().refused('pg_tx', 'commit', { session })).toMatchObject({
      code: 'TX_ABORTED',
      kind: 'conflict',
    })
    expect(await stored(20)).toBe(0)
  })

  it('a savepoint takes back what came after it, a failure too', async () => {
    const session = await alice().begin({ isolation: 'repeatable read' })
    await alice().write(insert(20), { session })
    expect(await alice().ask('pg_tx', 'savepoint', { session, name: 'a "b"' })).toMatchObject({ savepoints: ['a "b"'] })
    await alice().write(insert(21), { session })
    await alice().refused('pg_query', 'write', { sql: insert(21), session })
    const back = await alice().ask('pg_tx', 'rollback', { session, to: 'a "b"' })
    expect(back).toMatchObject({ state: 'active', savepoints: ['a "b"'], isolation: 'repeatable read' })
    expect(await alice().refused('pg_tx', 'release', { session, name: 'c' })).toMatchObject({
      code: 'POSTGRES_NAME_INVALID',
    })
    expect(await alice().ask('pg_tx', 'release', { session, name: 'a "b"' })).toMatchObject({ savepoints: [] })
    await alice().ask('pg_tx', 'commit', { session })
    expect([await stored(20), await stored(21)]).toEqual([1, 0])
  })

  it('a reading session sees one state of the data and changes nothing', async () => {
    const session = await alice().begin({ mode: 'read', isolation: 'repeatable read' })
    const count = 'SELECT count(*)::int FROM acct'
    expect((await alice().read(count, { session })).rows).toEqual([[10]])
    await alice().write(insert(20), { autocommit: true })
    expect((await alice().read(count, { session })).rows).toEqual([[10]])
    expect(await alice().refused('pg_query', 'write', { sql: insert(21), session })).toMatchObject({
      code: 'POLICY_DENIED',
    })
    await alice().ask('pg_tx', 'rollback', { session })
    await using carol = await scene().connect('carol')
    expect((await carol.refused('pg_tx', 'begin')).kind).toBe('denied')
    await carol.ask('pg_tx', 'rollback', { session: await carol.begin({ mode: 'read' }) })
  })

  it('a session that nobody uses ends by itself; one that works does not', async () => {
    await using caller = await scene().connect('alice', { project: 'lab' })
    const inBrief = { source: 'brief' }
    const session = await caller.begin(inBrief)
    await caller.write(insert(20), { session, ...inBrief })
    const busy = await caller.begin(inBrief)
    const sleeping = caller.read('SELECT pg_sleep(3.5)::text', { session: busy, ...inBrief, timeoutMs: 9_000 })
    await wait(2_800)
    expect(await caller.refused('pg_query', 'read', { sql: 'SELECT 1', session, ...inBrief })).toMatchObject({
      ...{ code: 'POSTGRES_SESSION_LOST', retryable: false, hint: expect.stringContaining('Begin') },
    })
    expect(await scene().count('FROM acct WHERE id = 20', [], scene().side)).toBe(0)
    expect(await sleeping).toMatchObject({
      count: 1,
      session: { state: 'active', warning: expect.stringContaining('ends') },
    })
    await caller.ask('pg_tx', 'rollback', { session: busy, ...inBrief })
    await expect.poll(() => open(scene().side)).toBe(0)
  }, 20_000)

  it('there are only so many, of one person and of all, and the rest goes on', async () => {
    await using bob = await scene().connect('bob')
    const begun = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? alice() : bob).ask('pg_tx', 'begin').catch(String)),
    )
    const opened = begun.flatMap((told, index) =>
      typeof told === 'string' ? [] : [{ session: told.session, who: index % 2 ? alice() : bob }],
    )
    expect(opened).toHaveLength(5)
    expect(begun.filter(told => String(told).includes('POSTGRES_SESSIONS_FULL'))).toHaveLength(15)
    expect(await open()).toBe(5)
    expect((await alice().read('SELECT 1')).rows).toEqual([[1]])
    expect(await alice().write(insert(20), { autocommit: true })).toMatchObject({ committed: true })
    const [first, ...others] = opened
    await first!.who.ask('pg_tx', 'rollback', { session: first!.session })
    others.push({ session: (await first!.who.ask('pg_tx', 'begin')).session, who: first!.who })
    await Promise.all(others.map(({ who, session }) => who.ask('pg_tx', 'rollback', { session })))
  })

  it('a session is nobody else’s: not another person’s, not another connection’s', async () => {
    await using bob = await scene().connect('bob')
    await using other = await scene().connect('alice')
    await using stateless = await scene().connect('alice', { era: 'modern' })
    const session = await alice().begin()
    await alice().write(insert(20), { session })
    const unknown = 'tx_00000000000000000000000000000000'
    const tried: string[] = []
    const thefts = [bob, other, stateless].map(async thief => {
      for (const [tool, action, fields] of [
        ['pg_query', 'read', { sql: 'SELECT 1' }],
        ['pg_query', 'write', { sql: insert(21) }],
        ['pg_query', 'explain', { sql: 'SELECT 1' }],
        ['pg_tx', 'commit', {}],
        ['pg_tx', 'rollback', {}],
        ['pg_tx', 'savepoint', { name: 'a' }],
        ['pg_tx', 'release', { name: 'a' }],
        ['pg_admin', 'settings', { name: 'work_mem', value: '8MB' }],
      ] as const) {
        const { requestId, ...said } = await thief.refused(tool, action, { ...fields, session })
        const { requestId: _, ...asIfUnknown } = await thief.refused(tool, action, { ...fields, session: unknown })
        expect(said, `${tool} ${action}`).toEqual(asIfUnknown)
        expect(said.code).toBe('POSTGRES_SESSION_MISSING')
        tried.push(requestId)
      }
      expect((await thief.ask('pg_tx', 'list')).items).toEqual([])
    })
    await Promise.all(thefts)
    const lines = new Map((await scene().audit()).map(line => [line.requestId, line]))
    for (const requestId of tried)
      expect(lines.get(requestId)).toMatchObject({ outcome: 'refused', code: 'POSTGRES_SESSION_MISSING' })
    expect((await alice().ask('pg_tx', 'list')).items).toMatchObject([{ session, state: 'active', statements: 1 }])
    await alice().ask('pg_tx', 'commit', { session })
    expect([await stored(20), await stored(21)]).toEqual([1, 0])
  })

  it('requests without a session of their own share what their person began', async () => {
    await using one = await scene().connect('alice', { era: 'modern' })
    await using two = await scene().connect('alice', { era: 'modern' })
    const session = await one.begin()
    await one.write(insert(20), { session })
    expect((await two.read('SELECT count(*)::int FROM acct', { session })).rows).toEqual([[11]])
    await two.ask('pg_tx', 'rollback', { session })
  })

  it('one statement at a time: the second is refused, and so is a commit meanwhile', async () => {
    const session = await alice().begin()
    const first = alice().ask('pg_query', 'read', { sql: slow, session, timeoutMs: 6_000 }).catch(String)
    await expect.poll(() => running()).toBe(1)
    expect(await alice().refused('pg_query', 'read', { sql: 'SELECT 1', session })).toMatchObject({
      ...{ code: 'POSTGRES_SESSION_BUSY', retryable: true },
    })
    expect(await alice().refused('pg_tx', 'commit', { session })).toMatchObject({ code: 'POSTGRES_SESSION_BUSY' })
    expect(await first).toContain('POSTGRES_TIMEOUT')
    await alice().ask('pg_tx', 'rollback', { session })
  })

  it.each(['legacy', 'modern'] as const)(
    'a call that is cancelled (%s) stops on the server, and its session is undone',
    async era => {
      await using caller = await scene().connect('alice', { era })
      const session = await caller.begin()
      await caller.write(insert(20), { session })
      for (const fields of [{ sql: slow, session }, { sql: slow }]) {
        const cancel = new AbortController()
        const asked = caller.ask('pg_query', 'read', fields, { signal: cancel.signal }).catch(() => 'cancelled')
        await expect.poll(() => running()).toBe(1)
        cancel.abort()
        expect(await asked).toBe('cancelled')
        await expect.poll(() => running()).toBe(0)
      }
      await expect.poll(() => open()).toBe(0)
      // Lost where the server took so long to stop (it cannot while it compiles a plan) that its backend was ended.
      const { code } = await caller.refused('pg_tx', 'commit', { session })
      expect(code).toMatch(/^POSTGRES_SESSION_(MISSING|LOST)$/)
      expect(await stored(20)).toBe(0)
    },
  )

  it('a connection that is dropped in the middle of a statement stops it', async () => {
    const leave = new AbortController()
    const body = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'pg_query', arguments: { action: 'read', sql: slow }, _meta: modernMeta },
    }
    const asked = fetch(`${scene().server.url}/mcp`, {
      method: 'POST',
      headers: {
        ...{ Authorization: `Bearer ${scene().keyOf('alice')}`, 'Content-Type': 'application/json' },
        ...{ Accept: 'application/json, text/event-stream', 'MCP-Protocol-Version': revisions.modern },
        ...{ 'Mcp-Method': 'tools/call', 'Mcp-Name': 'pg_query' },
      },
      body: JSON.stringify(body),
      signal: leave.signal,
    })
      .then(response => response.text())
      .catch(error => error.name)
    await Promise.race([expect.poll(() => running()).toBe(1), asked.then(text => expect(text).toBe('running'))])
    leave.abort()
    expect(await asked).toBe('AbortError')
    await expect.poll(() => running()).toBe(0)
  })

  it('an MCP session that ends takes its transactions with it', async () => {
    const caller = await scene().connect('alice')
    const session = await caller.begin()
    await caller.write(insert(20), { session })
    expect(await open()).toBe(1)
    await caller.connection.transport.terminateSession()
    await caller[Symbol.asyncDispose]()
    await expect.poll(() => open()).toBe(0)
    expect(await stored(20)).toBe(0)
  })

  it('nothing that one caller sets is there for the next on the same connection', async () => {
    const session = await alice().begin()
    await alice().ask('pg_admin', 'settings', { name: 'enable_seqscan', value: 'off', session })
    await alice().read('SELECT 1', { session })
    await alice().ask('pg_tx', 'commit', { session })
    await using bob = await scene().connect('bob')
    const settings = await Promise.all(Array.from({ length: 6 }, () => bob.read('SHOW enable_seqscan')))
    expect(settings.map(({ rows }) => rows[0]![0])).toEqual(Array(6).fill('on'))
    const left = await bob.read(
      `SELECT (SELECT count(*)::int FROM pg_prepared_statements), (SELECT count(*)::int FROM pg_cursors WHERE name <> '')`,
    )
    expect(left.rows).toEqual([[0, 0]])
  })
}

const modernMeta = {
  'io.modelcontextprotocol/protocolVersion': revisions.modern,
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}
