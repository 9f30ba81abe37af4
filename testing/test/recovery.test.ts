import { cp, mkdir, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runCommand } from '../src/index.ts'
import { cleanEnvironment, launcher } from '../src/server-process.ts'
import { type Sharer, SharingServers, withoutS3 } from './sync-servers.ts'

const title = withoutS3 === undefined ? 'a server whose library' : `a server whose library (skipped: ${withoutS3})`

let folder = ''
let home = ''
let key = ''
let sharing: SharingServers
beforeAll(async () => {
  if (withoutS3 !== undefined) return
  folder = await mkdtemp(join(tmpdir(), 'super-data-recovery-'))
  sharing = await SharingServers.open()
  home = join(folder, 'left')
  await mkdir(home)
  await leave()
}, 60_000)
beforeEach(async context => {
  if (withoutS3 !== undefined) return
  const left = join(folder, 'left')
  home = join(folder, context.task.id)
  await cp(left, home, { recursive: true })
})
afterAll(async () => {
  if (withoutS3 !== undefined) return
  await sharing[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
})

const database = (name = '') => join(home, 'database', name)
const publish = (sharer: Sharer, tool: string) =>
  sharer.client.tools.propose({ tool, description: 'A question.', engine: 'jq', text: `"${tool}"` })
const answerOf = async (sharer: Sharer, tool: string) => (await sharer.client.tools.run({ tool, params: {} })).value
const namesOf = async (sharer: Sharer) => (await sharer.client.tools.list({})).items.map(item => item.name)
const setAside = async () => {
  const [folder = ''] = await readdir(database('quarantine'))
  return readdir(database(join('quarantine', folder)))
}

/** A server that shared `shared`, made `local` afterwards, and was killed with that still in SQLite's log. */
async function leave(): Promise<void> {
  const first = await sharing.start({ home })
  key = first.server.key
  await publish(first, 'shared')
  await first.sync()
  await first.server.close()
  const second = await sharing.start({ home, key })
  await second.sync()
  await publish(second, 'local')
  await second.server.kill()
}

async function flipBytes(): Promise<void> {
  const file = await open(database('tools.db'), 'r+')
  const { size } = await file.stat()
  for (let at = 4_096; at < size; at += 4_096) await file.write(Buffer.alloc(256, 0x5a), 0, 256, at)
  await file.close()
}

/** Starts a server that is not expected to stay. */
const serve = (...more: string[]) =>
  runCommand(process.execPath, {
    args: [launcher, 'serve', '--home', home, '--port', '0', ...more],
    env: { ...cleanEnvironment(), SUPER_DATA_DATASETS_PATH: '/nonexistent', ...sharing.env },
  })

describe.skipIf(withoutS3 !== undefined)(title, { timeout: 120_000 }, () => {
  it('was damaged takes the newest sound copy, keeps what was there, and says what is missing', async () => {
    await flipBytes()
    const again = await sharing.start({ home, key })
    expect(await answerOf(again, 'shared')).toBe('shared')
    expect(await setAside()).toEqual(
      expect.arrayContaining(['tools.db', 'tools.db-wal', 'tools.db-shm', 'recovery.json']),
    )
    expect(again.server.output).toContain('"reason":"damaged"')
    expect(again.server.output).toMatch(/"lostBetween":\[\d+,\d+\]/)
    expect(await again.sync()).toMatchObject({ code: null })
  })

  it('lost its log says what is missing, and has everything that was shared', async () => {
    await rm(database('tools.db-wal'))
    const again = await sharing.start({ home, key })
    await again.sync()
    expect(await namesOf(again)).toEqual(['shared'])
    expect(again.server.output).toContain('"reason":"behind"')
    expect(again.server.output).toMatch(/"lostBetween":\[\d+,\d+\]/)
  })

  it('was lost with every copy ends while the bucket is away, and takes what is there when it is back', async () => {
    for (const name of ['tools.db', 'tools.db-wal', 'tools.db-shm']) await rm(database(name), { force: true })
    for (const name of ['backups', 'sync']) await rm(database(name), { recursive: true, force: true })
    sharing.proxy.away()
    const refused = await serve()
    expect(refused).toMatchObject({ code: 70, stderr: expect.stringContaining('LIBRARY_LOST') })
    expect(refused.stderr).toContain('--reinit')
    sharing.proxy.back()
    const again = await sharing.start({ home, key })
    expect(await answerOf(again, 'shared')).toBe('shared')
  })

  it('belongs to a newer version is not opened, changed or pushed', async () => {
    {
      using file = new DatabaseSync(database('tools.db'))
      const [{ name: table } = { name: '' }] = file
        .prepare(`select name from sqlite_schema where type = 'table' and name like '%migrations%'`)
        .all() as { name: string }[]
      const columns = file
        .prepare(`select * from "${table}" limit 1`)
        .columns()
        .map(column => column.name)
      const copied = columns.map(name =>
        name === 'name' ? `'9999-of-the-future'` : name === 'position' ? '9999' : name,
      )
      file.exec(`insert into "${table}" select ${copied.join(', ')} from "${table}" limit 1`)
      file.exec('pragma wal_checkpoint(truncate)')
    }
    const before = await readFile(database('tools.db'))
    const asked = sharing.proxy.countOf('PUT')
    const refused = await serve()
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toMatch(/newer version/)
    expect(await readFile(database('tools.db'))).toEqual(before)
    expect(sharing.proxy.countOf('PUT')).toBe(asked)
  })
})
