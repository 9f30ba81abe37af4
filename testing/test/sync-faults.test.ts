import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { FaultRule } from '../src/s3.ts'
import { type Sharer, SharingServers, withoutS3 } from './sync-servers.ts'

const key = 'databases/tools.db'
const title = withoutS3 === undefined ? 'a bucket that fails' : `a bucket that fails (skipped: ${withoutS3})`

/** One pair of servers for all: what one fault leaves behind must not hinder the next. */
describe.skipIf(withoutS3 !== undefined)(title, { timeout: 120_000 }, () => {
  let sharing: SharingServers
  let a: Sharer
  let b: Sharer
  let changes = 0

  beforeAll(async () => {
    sharing = await SharingServers.open()
    a = await sharing.start()
    b = await sharing.start()
    await b.sync()
  }, 120_000)

  afterAll(async () => sharing[Symbol.asyncDispose]())

  beforeEach(() => sharing.proxy.heal())

  async function change(sharer: Sharer): Promise<void> {
    changes += 1
    await sharer.client.functions.create({ definition: `def change_${changes}: ${changes};` })
  }

  /** With the fault, then without: both end up with everything. */
  async function settle(): Promise<void> {
    sharing.proxy.heal()
    for (const sharer of [a, b, a]) expect(await sharer.sync()).toMatchObject({ code: null })
    expect(a.rows()).toEqual(b.rows())
    expect((await a.client.functions.list({ limit: 1_000 })).items).toHaveLength(changes)
    expect([...a.damage(), ...b.damage()]).toEqual([])
  }

  const passing: [name: string, FaultRule][] = [
    ['answers 412 once', { fault: 'precondition-failed', method: 'PUT', target: key }],
    ['answers 409 three times', { fault: 'conditional-conflict', method: 'PUT', target: key, times: 3 }],
    ['is too busy for a moment', { fault: 'slow-down', times: 2 }],
    ['loses the answer to a write that it did', { fault: 'lost-answer', method: 'PUT', target: key }],
    ['says 500 to a write that it did', { fault: 'error-after', method: 'PUT', target: key }],
    ['takes half of a write', { fault: 'cut-upload', method: 'PUT', target: key }],
    ['sends half of the library', { fault: 'cut-answer', method: 'GET', target: key }],
  ]
  it.each(passing)('that %s hinders nothing', async (_, rule) => {
    await change(a)
    await change(b)
    await a.sync()
    sharing.proxy.break(rule)
    expect(await b.sync()).toMatchObject({ outcome: 'synced', code: null })
    await settle()
  })

  const failing: [name: string, FaultRule][] = [
    ['says 500 to every write', { fault: 'internal-error', method: 'PUT', times: Infinity }],
    ['sends other bytes than it was given', { fault: 'wrong-bytes', method: 'GET', target: key, times: Infinity }],
    ['cuts every connection', { fault: 'lost-request', times: Infinity }],
  ]
  it.each(failing)('that %s changes nothing here, and all is well afterwards', async (_, rule) => {
    await change(a)
    await change(b)
    await a.sync()
    const before = b.rows()
    sharing.proxy.break(rule)
    expect(await b.sync()).toMatchObject({ outcome: 'failed' })
    expect((await b.client.sync.status({})).state).not.toBe('healthy')
    expect(b.rows()['functions']).toEqual(before['functions'])
    await settle()
    expect(await b.client.sync.status({})).toMatchObject({ state: 'healthy', code: null })
    const metrics = await (await fetch(`${b.server.url}/metrics`)).text()
    expect(metrics).toMatch(/^super_data_sync_lag_seconds \d/m)
    expect(metrics).toMatch(/^super_data_sync_runs_failed [1-9]/m)
  })

  it('that takes a minute to answer is given up on, and nobody waits for it', async () => {
    await change(a)
    sharing.proxy.break({ fault: 'delay', method: 'PUT', delayMs: 60_000, times: Infinity })
    const started = performance.now()
    const run = a.sync()
    const asked = performance.now()
    await a.client.tools.list({})
    expect(performance.now() - asked).toBeLessThan(10_000)
    expect(await run).toMatchObject({ outcome: 'failed' })
    expect(performance.now() - started).toBeLessThan(45_000)
    await settle()
  })

  it('that was emptied is not filled again by itself', async () => {
    await using store = await sharing.store()
    const kept = await (await store.get(key)).body.bytes()
    await store.delete(key)
    await change(a)
    expect(await a.sync()).toMatchObject({ outcome: 'refused', code: 'SYNC_LIBRARY_GONE' })
    expect(await b.sync()).toMatchObject({ outcome: 'refused', code: 'SYNC_LIBRARY_GONE' })
    expect(await a.client.sync.status({})).toMatchObject({ state: 'refused', message: expect.stringContaining('gone') })
    expect(await store.head(key)).toBeUndefined()
    expect(await b.client.functions.list({})).toMatchObject({ items: expect.any(Array) })
    await store.put(key, kept)
    await settle()
  })

  it('that holds garbage is left alone until somebody says otherwise', async () => {
    await using store = await sharing.store()
    await store.put(key, new TextEncoder().encode('garbage'.repeat(1_000)))
    await change(a)
    expect(await a.sync()).toMatchObject({ outcome: 'refused', code: 'SYNC_LIBRARY_DAMAGED' })
    expect(await a.sync()).toMatchObject({ outcome: 'refused', code: 'SYNC_LIBRARY_DAMAGED' })
    expect(await a.client.sync.now({ recreate: true })).toMatchObject({ outcome: 'synced' })
    await settle()
  })

  it('that holds the library of a newer version is only read', async () => {
    await using store = await sharing.store()
    const kept = await (await store.get(key)).body.bytes()
    await store.put(key, await asNewer(kept))
    await change(a)
    expect(await a.sync()).toMatchObject({ outcome: 'refused', code: 'SYNC_LIBRARY_NEWER' })
    expect(await a.client.sync.status({})).toMatchObject({ state: 'read_only' })
    expect((await store.head(key))?.metadata).not.toHaveProperty('op-id')
    await store.put(key, kept)
    await settle()
  })

  it('that ignores conditions is not written to, and readiness says why', async () => {
    await using other = await SharingServers.open()
    other.proxy.break({ fault: 'ignore-conditions', times: Infinity })
    const c = await other.start()
    expect(await c.sync()).toMatchObject({ outcome: 'refused', code: 'NO_CONDITIONAL_WRITES' })
    const response = await fetch(`${c.server.url}/health/ready`)
    expect(response.status).toBe(200)
    const { checks } = (await response.json()) as { checks: { name: string; problem: string | null }[] }
    expect(checks.find(check => check.name === 'sync')).toEqual({ name: 'sync', problem: 'no_conditional_writes' })
    await using store = await other.store()
    expect((await store.list({ prefix: 'databases/' })).objects).toEqual([])
  })
})

/** The same library with one more migration than anybody has. */
async function asNewer(bytes: Uint8Array): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'super-data-newer-'))
  try {
    const file = join(folder, 'tools.db')
    await writeFile(file, bytes)
    const database = new DatabaseSync(file)
    database.exec(`insert into _migrations values (99, '9999-of-the-future', 'x', 0)`)
    database.close()
    return await readFile(file)
  } finally {
    await rm(folder, { recursive: true })
  }
}
