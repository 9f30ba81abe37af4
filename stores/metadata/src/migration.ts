import { createHash } from 'node:crypto'
import type { Compilable, Kysely, SchemaModule } from 'kysely'

/** One step of a file's history. Never changed once released: its checksum is kept in the file. */
export interface Migration {
  readonly name: string
  readonly up: (schema: SchemaModule) => readonly Compilable[]
}

export function migration(name: string, up: Migration['up']): Migration {
  return { name, up }
}

/** SHA-256 over the SQL that a migration compiles to. */
export function checksumOf<Schema>(database: Kysely<Schema>, { up }: Migration): string {
  const statements = up(database.schema).map(statement => statement.compile().sql)
  return createHash('sha256').update(statements.join(';\n')).digest('hex')
}
