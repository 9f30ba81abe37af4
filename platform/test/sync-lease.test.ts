import { type Clock, ManualClock, systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { openLog } from '@super-data/base/log'
import type { ObjectStore } from '@super-data/objects'
import { describe, expect, it } from 'vitest'
import { Backups, outdated, type Retention } from '../src/sync/backups.ts'
import { Bucket } from '../src/sync/bucket.ts'
import { bucketKeys, parseCompactTime } from '../src/sync/bucket-keys.ts'
import { SyncHealth } from '../src/sync/health.ts'
import { Lease } from '../src/sync/lease.ts'
import { openBucket } from './sync-faulty-store.ts'

const key = 'databases/.lock'
const limits = { requestMs: 20_000, objectBytesMax: 1_000 }
const noTraffic = { requests: 0, bytesRead: 0, bytesWritten: 0 }

function leaseOf(bucket: ReturnType<typeof openBucket>, owner: string, ttlMs = 200, clock: Clock = systemClock) {
  const { signal } = new AbortController()
  const traffic = { ...noTraffic }
  return new Lease({
    ...{ bucket: new Bucket(bucket.store, { limits, traffic, signal }), key, owner, ttlMs, signal },
    ...{ clock, log: openLog({ level: 'silent' }) },
  })
}

async function lockOf(bucket: ReturnType<typeof openBucket>) {
  return JSON.parse(new TextDecoder().decode(await bucket.bytes(key))) as {
    state: string
    generation: number
    owner: string
  }
}

describe('the lease', () => {
  it('is held by one at a time, and its generation only grows', async () => {
    const bucket = openBucket()
    const holding: string[] = []
    let most = 0
    await Promise.all(
      ['a', 'b', 'c'].map(async owner => {
        const lease = leaseOf(bucket, owner, 10_000)
        await lease.acquire()
        holding.push(owner)
        most = Math.max(most, holding.length)
        await new Promise(resolve => setTimeout(resolve, 20))
        holding.pop()
        await lease.release()
      }),
    )
    expect(most).toBe(1)
    expect(await lockOf(bucket)).toMatchObject({ state: 'released', generation: 3 })
  })

  it('stays with whoever renews it', async () => {
    const bucket = openBucket()
    const holder = leaseOf(bucket, 'holder', 150)
    await holder.acquire()
    const clock = new ManualClock()
    const other = leaseOf(bucket, 'other', 150, clock)
    const acquired = other.acquire()
    for (let round = 0; round < 6; round++) {
      const before = await bucket.inner.head(key)
      await expect.poll(() => bucket.inner.head(key)).not.toMatchObject({ etag: before!.etag })
      bucket.take()
      await expect.poll(() => bucket.take()).toContain(`get ${key}`)
      clock.advance(100)
    }
    expect(await lockOf(bucket)).toMatchObject({ owner: 'holder', generation: 1 })
    await holder.release()
    await acquired
    expect(await lockOf(bucket)).toMatchObject({ owner: 'other', generation: 2 })
    await other.release()
  })

  it('passes on when its holder is gone without a word', async () => {
    const bucket = openBucket()
    await bucket.inner.put(
      key,
      new TextEncoder().encode(
        JSON.stringify({ state: 'held', generation: 7, owner: 'gone', ttlMs: 200, at: '2099-01-01T00:00:00.000Z' }),
      ),
    )
    const lease = leaseOf(bucket, 'next')
    const started = performance.now()
    await lease.acquire()
    expect(performance.now() - started).toBeGreaterThan(190)
    expect(lease.generation).toBe(8)
    await lease.release()
  })
})

describe('how sync stands', () => {
  it('tries less and less often while it fails, five minutes apart at most', () => {
    const health = new SyncHealth(30_000, systemRandom)
    expect(health.state).toBe('starting')
    health.worked()
    expect(health.nextDelayMs()).toBeGreaterThanOrEqual(24_000)
    expect(health.nextDelayMs()).toBeLessThanOrEqual(30_000)
    for (let n = 0; n < 50; n++) health.failed()
    expect(health.state).toBe('offline')
    expect(health.nextDelayMs()).toBeLessThanOrEqual(300_000)
    health.refused('SYNC_LIBRARY_NEWER')
    expect(health.state).toBe('read_only')
    health.worked()
    expect(health.state).toBe('healthy')
  })
})

describe('backups', () => {
  it('have the time in their name', () => {
    const at = new ManualClock(Date.UTC(2026, 1, 3, 4, 5, 6)).now()
    const keys = bucketKeys('team/databases/tools.db')
    expect(keys.backup(at, 'x1y2')).toBe('team/backups/tools.db.20260203-040506-x1y2')
    expect(parseCompactTime('20260203-040506-x1y2')).toBe(at)
    expect(bucketKeys('databases/tools.db')).toMatchObject({
      ...{ lock: 'databases/.lock', version: 'databases/.version' },
      ...{ approvedTools: 'exports/approved_tools.json', functions: 'exports/functions.json' },
    })
  })

  it('stay as long as the newest, and one of each hour and each day before', () => {
    const hours = [0, 1, 2, 20, 20.1, 20.2, 21, 30, 50, 51, 80]
    const all = hours.map(hour => ({
      name: String(hour),
      at: Date.UTC(2026, 0, 10) - hour * 3_600_000 - 1,
      sizeBytes: 1,
    }))
    const gone = (retention: Omit<Retention, 'newest'>) =>
      outdated(all, { newest: 3, ...retention }).map(({ name }) => name)
    expect(gone({ hours: 0, days: 2 })).toEqual(['20.1', '20.2', '21', '50', '51', '80'])
    expect(gone({ hours: 2, days: 0 })).toEqual(['20.1', '20.2', '30', '50', '51', '80'])
    expect(gone({ hours: 2, days: 3 })).toEqual(['20.1', '20.2', '51', '80'])
  })

  it('are removed several at once', async () => {
    const bucket = openBucket()
    let removing = 0
    let most = 0
    const store: ObjectStore = {
      ...bucket.store,
      delete: async key => {
        most = Math.max(most, ++removing)
        await new Promise(resolve => setTimeout(resolve, 5))
        removing -= 1
        return bucket.store.delete(key)
      },
    }
    const clock = new ManualClock(Date.UTC(2026, 1, 3))
    const backups = new Backups({
      bucket: new Bucket(store, { limits, traffic: { ...noTraffic }, signal: new AbortController().signal }),
      ...{ keys: bucketKeys('databases/tools.db'), clock, random: systemRandom },
    })
    for (let n = 0; n < 40; n++) await backups.add(new Uint8Array(1))
    expect(await backups.prune({ newest: 5, hours: 0, days: 0 })).toBe(35)
    expect(await backups.list()).toHaveLength(5)
    expect(most).toBe(16)
  })
})
