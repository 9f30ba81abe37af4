import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { SqlSourceUnreadable } from '../errors.ts'
import type { TableFile } from '../table-file.ts'
import { outOfMemory, readDuckError } from './duck-error.ts'
import { identifier, literal } from './quote.ts'
import { fixColumns, keepDigits, readersOf } from './reader.ts'

export interface SandboxSettings {
  readonly memoryLimitMb: number
  readonly threads: number
}

/** Files up to this size are loaded once; larger ones are read in place by every query. */
const loadedBytesMax = { plain: 64 * 1024 * 1024, packed: 12 * 1024 * 1024 }

/** Files up to this size are read whole before types are chosen. */
const wholeBytesMax = 1024 * 1024 * 1024

/**
 * A database that holds some data files as tables and can reach nothing else: no other file, no extension, no
 * setting.
 */
export class Sandbox {
  readonly #instance: DuckDBInstance
  readonly tables: readonly TableFile[]
  /** Bytes of the files whose rows are kept in memory. */
  loadedBytes = 0

  private constructor(instance: DuckDBInstance, tables: readonly TableFile[]) {
    this.#instance = instance
    this.tables = tables
  }

  /** @throws SqlSourceUnreadable when a file cannot be read as a table · SqlMemory */
  static async open(tables: readonly TableFile[], settings: SandboxSettings): Promise<Sandbox> {
    const sandbox = new Sandbox(await openInstance(settings), tables)
    try {
      await sandbox.#fill()
      return sandbox
    } catch (error) {
      sandbox.close()
      throw error
    }
  }

  connect(): Promise<DuckDBConnection> {
    return this.#instance.connect()
  }

  close(): void {
    this.#instance.closeSync()
  }

  async #fill(): Promise<void> {
    const connection = await this.connect()
    try {
      const viewed: TableFile[] = []
      for (const table of this.tables) if (!(await this.#load(connection, table))) viewed.push(table)
      await confine(
        connection,
        viewed.map(table => table.file),
      )
      for (const table of viewed) await createView(connection, table)
      await connection.run('SET lock_configuration=true')
    } finally {
      connection.closeSync()
    }
  }

  /** @returns false when the file is too large to be kept in memory. */
  async #load(connection: DuckDBConnection, table: TableFile): Promise<boolean> {
    const packed = table.gzip === true || table.format === 'parquet'
    if (table.sizeBytes > (packed ? loadedBytesMax.packed : loadedBytesMax.plain)) return false
    try {
      await createTable(connection, table)
    } catch (error) {
      if (isOutOfMemory(error)) return false
      throw error
    }
    this.loadedBytes += table.sizeBytes
    return true
  }
}

async function openInstance(settings: SandboxSettings): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(settings.threads),
    memory_limit: `${settings.memoryLimitMb}MiB`,
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_persistent_secrets: 'false',
    errors_as_json: 'true',
  })
  const connection = await instance.connect()
  // Not one of the options an instance is created with: the calendar belongs to a part loaded after it.
  await connection.run("SET TimeZone='UTC'")
  connection.closeSync()
  return instance
}

/** From here on only these files can be opened, by anybody. */
export async function confine(connection: DuckDBConnection, files: readonly string[]): Promise<void> {
  await connection.run(`SET allowed_paths=[${files.map(literal).join(', ')}]`)
  await connection.run('SET enable_external_access=false')
}

/** A database for one trusted statement over these files; nothing else can be reached. */
export async function openConfined(files: readonly string[], settings: SandboxSettings): Promise<DuckDBInstance> {
  const instance = await openInstance(settings)
  const connection = await instance.connect()
  await confine(connection, files)
  connection.closeSync()
  return instance
}

async function createTable(connection: DuckDBConnection, table: TableFile): Promise<void> {
  await tryReaders(connection, table, true, reader =>
    connection.run(`CREATE TABLE ${identifier(table.name)} AS FROM ${reader}`),
  )
}

async function createView(connection: DuckDBConnection, table: TableFile): Promise<void> {
  await tryReaders(connection, table, table.sizeBytes < wholeBytesMax, async reader => {
    const fixed = await fixColumns(connection, reader)
    return connection.run(`CREATE VIEW ${identifier(table.name)} AS FROM ${fixed}`)
  })
}

/** Runs a statement with the strictest way to read the file that works. */
export async function tryReaders<T>(
  connection: DuckDBConnection,
  table: TableFile,
  whole: boolean,
  run: (reader: string) => Promise<T>,
): Promise<T> {
  let failure: unknown
  for (const reader of await readersOf(connection, table, whole)) {
    try {
      return await run(await keepDigits(connection, reader))
    } catch (error) {
      if (isOutOfMemory(error) || readDuckError(error).type.toLowerCase() === 'interrupt') throw error
      failure ??= error
    }
  }
  throw unreadable(table, failure)
}

const isOutOfMemory = (error: unknown) => readDuckError(error).type.toLowerCase() === 'out of memory'

function unreadable(table: TableFile, error: unknown) {
  if (isOutOfMemory(error)) return outOfMemory()
  const reason = readDuckError(error).message.replaceAll(table.file, table.name).split('\n')[0]!.slice(0, 300)
  return new SqlSourceUnreadable(`the dataset ${table.name} cannot be read as a table: ${reason}`, {
    hint: 'Ask it with jq, or mend the file.',
    details: { dataset: table.name },
  })
}
