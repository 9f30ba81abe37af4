import { copyFile, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock, systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { openLog } from '@super-data/base/log'
import { backUpFile, examineFile } from '@super-data/metadata'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { libraryMigrations } from '../src/state/library.ts'
import { DailyBackup } from '../src/sync/daily-backup.ts'
import { listCopies, restoreLibrary } from '../src/sync/library-backup.ts'
import { openBucket } from './sync-faulty-store.ts'
import { databaseKey, openInstallation, syncNow, toolNames } from './sync-installation.ts'
import { openWhole, problemOf } from './whole-platform.ts'

let home = ''
const file = () => join(home, 'database', 'tools.db')

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'super-data-recovery-'))
})

afterEach(() => rm(home, { recursive: true, force: true }))

/** Turns bits over in the middle of the file. */
async function damage(): Promise<void> {
  const handle = await open(file(), 'r+')
  const { size } = await handle.stat()
  for (let at = 4096; at < size; at += 4096) await handle.write(Buffer.alloc(512, 0xa5), 0, 512, at)
  await handle.close()
}

const setAside = async () => readdir(join(home, 'database', 'quarantine'))

describe('a library that is damaged', { timeout: 240_000 }, () => {
  it('comes back from the newest sound backup at hand, and says what is missing since', async () => {
    const first = await openWhole({ home })
    await first.publish('kept', '1')
    await backUpFile(file(), join(home, 'database', 'backups', 'tools.db.20260101-000000-good'))
    await first.publish('lost', '2')
    await first[Symbol.asyncDispose]()
    await damage()
    const lines: string[] = []
    const log = { write: (line: string) => void lines.push(line) }
    await using again = await openWhole({ home, owner: first.owner, log })
    expect(await toolNames(again)).toEqual(['kept'])
    expect(await again.run('kept')).toMatchObject({ value: 1 })
    const [folder] = await setAside()
    const kept = await readdir(join(home, 'database', 'quarantine', folder ?? ''))
    expect(kept).toContain('tools.db')
    const said = lines.map(line => JSON.parse(line)).find(line => line.reason === 'damaged')
    expect(said).toMatchObject({
      restored: { name: 'tools.db.20260101-000000-good', place: 'backups', upTo: expect.any(Number) },
      setAside: folder,
    })
    const report = JSON.parse(
      await readFile(join(home, 'database', 'quarantine', folder ?? '', 'recovery.json'), 'utf8'),
    )
    expect(report).toHaveProperty('lostRows')
  })

  it('comes back from what was synced last, and from the bucket when nothing is at hand', async () => {
    const bucket = openBucket()
    const first = await openInstallation(bucket, { home })
    await first.publish('shared', '1')
    await syncNow(first)
    await first[Symbol.asyncDispose]()
    await damage()
    const second = await openInstallation(bucket, { home, owner: first.owner })
    expect(await second.run('shared')).toMatchObject({ value: 1 })
    expect(await syncNow(second)).toMatchObject({ outcome: 'unchanged' })
    await second[Symbol.asyncDispose]()
    await damage()
    await rm(join(home, 'database', 'sync'), { recursive: true })
    await using third = await openInstallation(bucket, { home, owner: first.owner })
    expect(await third.run('shared')).toMatchObject({ value: 1 })
    expect(await setAside()).toHaveLength(2)
  })

  it('takes an older backup when the newest is damaged too', async () => {
    const bucket = openBucket()
    const first = await openInstallation(bucket, { home })
    await first.publish('one', '1')
    await syncNow(first)
    await first.publish('two', '2')
    await syncNow(first)
    await first[Symbol.asyncDispose]()
    await damage()
    await rm(join(home, 'database', 'sync'), { recursive: true })
    await bucket.inner.put('databases/tools.db', new TextEncoder().encode('garbage'))
    await using second = await openInstallation(bucket, { home, owner: first.owner })
    expect(await toolNames(second)).toEqual(['one'])
  })

  it('is not made anew when there is no copy, unless somebody says so', async () => {
    const bucket = openBucket()
    const first = await openInstallation(bucket, { home })
    await first.publish('shared', '1')
    await syncNow(first)
    await first[Symbol.asyncDispose]()
    await damage()
    await rm(join(home, 'database', 'sync'), { recursive: true })
    bucket.state.fault = () => 'away'
    for (let start = 0; start < 2; start++) {
      expect(await problemOf(openInstallation(bucket, { home }))).toMatchObject({ code: 'LIBRARY_LOST' })
    }
    expect(await readdir(join(home, 'database'))).not.toContain('quarantine')
    await using anew = await openInstallation(bucket, { home, owner: first.owner, settings: { reinit: true } })
    expect(await toolNames(anew)).toEqual([])
    bucket.state.fault = () => undefined
    await syncNow(anew)
    expect(await toolNames(anew)).toEqual(['shared'])
    expect(await anew.run('shared')).toMatchObject({ value: 1 })
  })
})

describe('a library whose log was lost', { timeout: 240_000 }, () => {
  /** A home with the tool `kept` in the library, and `lost` only in the log that is gone; `before` sees both. */
  async function loseLog(before: () => Promise<unknown> = async () => {}): Promise<string> {
    const first = await openWhole({ home })
    await first.publish('kept', '1')
    await first[Symbol.asyncDispose]()
    const second = await openWhole({ home, owner: first.owner })
    await second.publish('lost', '2')
    await before()
    await copyFile(file(), `${file()}-without-log`)
    await second[Symbol.asyncDispose]()
    await copyFile(`${file()}-without-log`, file())
    return first.owner
  }

  /** Starts it again. @returns what was said about the library */
  async function again(owner: string, check: (whole: Awaited<ReturnType<typeof openWhole>>) => Promise<void>) {
    const lines: string[] = []
    const log = { write: (line: string) => void lines.push(line) }
    await using whole = await openWhole({ home, owner, log })
    await check(whole)
    return lines.map(line => JSON.parse(line)).filter(line => line.reason !== undefined)
  }

  it('goes on without what was in it, and says from when to when changes are missing', async () => {
    const owner = await loseLog()
    const said = await again(owner, async whole => {
      expect(await toolNames(whole)).toEqual(['kept'])
      expect(await whole.run('kept')).toMatchObject({ value: 1 })
    })
    expect(said).toMatchObject([
      { reason: 'behind', restored: null, lostBetween: [expect.any(Number), expect.any(Number)] },
    ])
    expect(said[0].lostBetween[0]).toBeLessThan(said[0].lostBetween[1])
    expect(await again(owner, async whole => void (await whole.publish('more', '3')))).toEqual([])
  })

  it('comes back from a copy that has more', async () => {
    const copy = () => backUpFile(file(), join(home, 'database', 'backups', 'tools.db.20260101-000000-good'))
    const owner = await loseLog(copy)
    const said = await again(owner, async whole => {
      expect(await toolNames(whole)).toEqual(['kept', 'lost'])
      expect(await whole.run('lost')).toMatchObject({ value: 2 })
    })
    const restored = { name: 'tools.db.20260101-000000-good' }
    expect(said).toMatchObject([{ reason: 'behind', restored, lostBetween: null }])
    expect(await setAside()).toHaveLength(1)
  })

  it('is not taken for a new one when everything was in the log', async () => {
    const first = await openWhole({ home })
    await first.publish('lost', '1')
    await first[Symbol.asyncDispose]()
    for (const end of ['', '-wal', '-shm']) await rm(`${file()}${end}`, { force: true })
    await (await open(file(), 'w')).close()
    for (let start = 0; start < 2; start++) {
      expect(await problemOf(openWhole({ home }))).toMatchObject({ code: 'LIBRARY_LOST' })
    }
  })
})

describe('a library that is gone', () => {
  it('is not taken for a new one', async () => {
    const first = await openWhole({ home })
    await first.publish('gone', '1')
    await first[Symbol.asyncDispose]()
    for (const end of ['', '-wal', '-shm']) await rm(`${file()}${end}`, { force: true })
    expect(await problemOf(openWhole({ home }))).toMatchObject({
      ...{ code: 'LIBRARY_LOST', details: { reason: 'missing' } },
    })
  })
})

describe('a backup in the bucket', () => {
  it('can be restored by its name, however many came after it', async () => {
    const bucket = openBucket()
    await using whole = await openInstallation(bucket, { home })
    await syncNow(whole)
    const key = (n: number) => `backups/tools.db.20260101-0000${String(n).padStart(2, '0')}-made`
    for (let n = 0; n < 30; n++) await bucket.inner.put(key(n), await bucket.bytes(databaseKey))
    const parts = {
      ...{ file: file(), backupFolder: join(home, 'database', 'backups'), clock: systemClock, random: systemRandom },
      source: { store: bucket.store, key: databaseKey, requestMs: 20_000, objectBytesMax: 2 ** 27 },
      log: openLog({ level: 'silent' }),
    }
    const { copy } = await restoreLibrary(parts, { from: key(0), dryRun: true })
    expect(copy).toMatchObject({ name: key(0), place: 'bucket' })
    expect((await listCopies(parts)).map(({ name }) => name)).toContain(key(0))
  })
})

describe('a copy of each day', () => {
  it('is made once a day, and the oldest of them go', async () => {
    await using whole = await openWhole({ home })
    const backupFolder = join(home, 'database', 'backups')
    const clock = new ManualClock(Date.now() + 60_000)
    const log = openLog({ level: 'silent' })
    const daily = DailyBackup.start({ file: file(), backupFolder, clock, random: systemRandom, log })
    await whole.publish('kept', '1')
    for (let day = 0; day < 9; day++) {
      await daily.run()
      await daily.run()
      clock.advance(86_400_000)
    }
    await daily.close()
    const names = await readdir(backupFolder)
    expect(names.filter(name => name.endsWith('-daily'))).toHaveLength(7)
    expect(await examineFile(join(backupFolder, names[0] ?? ''), { migrations: libraryMigrations })).toMatchObject({
      state: 'sound',
    })
  })
})
