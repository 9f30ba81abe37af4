import { type FileHandle, open, stat } from 'node:fs/promises'
import { DatabaseCorrupt, DatabaseForeign } from '../errors.ts'
import { Connection } from './connection.ts'
import { toDatabaseError } from './failure.ts'

export interface AppliedMigration {
  readonly name: string
  readonly checksum: string
}

export interface Inspection {
  readonly applied: readonly AppliedMigration[]
  /** Whether there is something a backup would save. */
  readonly holdsData: boolean
}

export const migrationTable = '_migrations'

const signature = 'SQLite format 3\0'
/** Up to this size a file is checked whole when it is opened: a fraction of a second. */
const checkedBytesMax = 64 * 1024 * 1024

/**
 * Looks at a file without changing it, so that whatever is wrong is known before anything is written.
 *
 * @throws DatabaseCorrupt · DatabaseForeign · DatabaseUnavailable
 */
export async function inspect(file: string): Promise<Inspection> {
  // The log first: a process that is just making the file writes into it before there is a log.
  const logBytes = await sizeOf(`${file}-wal`)
  const sizeBytes = await sizeOf(file)
  if (sizeBytes === 0) {
    // SQLite would take the file for new and delete the log, which holds all that is left.
    if (logBytes > 0) throw new DatabaseCorrupt(['the file is empty but its log is not'])
    return { applied: [], holdsData: false }
  }
  if ((await firstBytes(file)) !== signature) throw new DatabaseCorrupt(['the file is not a database'])
  const connection = Connection.open(file, { readOnly: true, busyMs: 5000, foreignKeys: true })
  try {
    if (sizeBytes <= checkedBytesMax) assertSound(connection)
    return readState(connection)
  } finally {
    connection.close()
  }
}

export function readApplied(connection: Connection): AppliedMigration[] {
  const { rows } = connection.run(`select name, checksum from ${migrationTable} order by position`)
  return rows as unknown as AppliedMigration[]
}

/** What is wrong with the structure of the file; nothing when it is sound. */
export function findDamage(connection: Connection): string[] {
  const findings = connection.run('pragma quick_check(20)').rows.map(row => String(Object.values(row)[0]))
  return findings.filter(finding => finding !== 'ok')
}

function assertSound(connection: Connection): void {
  const findings = findDamage(connection)
  if (findings.length > 0) throw new DatabaseCorrupt(findings)
}

function readState(connection: Connection): Inspection {
  const { rows } = connection.run(
    `select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'`,
  )
  const tables = rows.map(row => String(row['name']))
  const ours = tables.includes(migrationTable)
  if (!ours && tables.length > 0) throw new DatabaseForeign()
  return { applied: ours ? readApplied(connection) : [], holdsData: tables.length > 1 }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw toDatabaseError(failure)
  }
}

async function firstBytes(file: string): Promise<string> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file, 'r')
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(signature.length), 0, signature.length, 0)
    return buffer.toString('latin1', 0, bytesRead)
  } catch (failure) {
    throw toDatabaseError(failure)
  } finally {
    await handle?.close()
  }
}
