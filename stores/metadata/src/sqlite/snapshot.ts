import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { DatabaseCorrupt } from '../errors.ts'
import { Connection } from './connection.ts'
import { findDamage } from './inspection.ts'

export interface Backup {
  readonly sha256: string
  readonly sizeBytes: number
}

/** More pages than any file has: all in one step, which is one read transaction that no writer can disturb. */
const allPages = 0x7fff_ffff

/** Copies the state of a database, verified, into a file that is whole when it appears. */
export async function takeSnapshot(source: string, target: string): Promise<Backup> {
  const draft = `${target}.partial`
  await mkdir(dirname(target), { recursive: true })
  await rm(draft, { force: true })
  try {
    await copy(source, draft)
    verify(draft)
    return await putInPlace(draft, target)
  } catch (failure) {
    await rm(draft, { force: true })
    throw failure
  }
}

/** Makes a file that is complete durable under its name. */
export async function putInPlace(draft: string, target: string): Promise<Backup> {
  await syncFile(draft)
  const result = { sha256: await digestOf(draft), sizeBytes: (await stat(draft)).size }
  await rename(draft, target)
  await syncFile(dirname(target))
  return result
}

async function copy(source: string, draft: string): Promise<void> {
  const database = new DatabaseSync(source, { readOnly: true, timeout: 5000 })
  try {
    await backup(database, draft, { rate: allPages })
  } finally {
    database.close()
  }
}

/** Also makes it one file that needs no log beside it. */
function verify(draft: string): void {
  const connection = Connection.open(draft, { readOnly: false, busyMs: 0, foreignKeys: true })
  try {
    connection.settle('journal_mode', 'delete')
    const findings = checkWhole(connection)
    if (findings.length > 0) throw new DatabaseCorrupt(findings)
  } finally {
    connection.close()
  }
}

/** Damage, and rows that refer to rows that are not there. */
export function checkWhole(connection: Connection): string[] {
  const dangling = connection.run('pragma foreign_key_check').rows
  return [
    ...findDamage(connection),
    ...dangling.slice(0, 20).map(row => `a row of ${row['table']} refers to a missing row of ${row['parent']}`),
  ]
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}
