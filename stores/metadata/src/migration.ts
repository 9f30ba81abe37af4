import type { Compilable, SchemaModule } from 'kysely'

/** A step that the schema builder has no words for; one statement each. */
export type SqlStep = (text: TemplateStringsArray, ...values: readonly unknown[]) => Compilable

/** Makes the steps of a migration, always the same ones: their text is remembered by checksum. */
export type MigrationSteps = (schema: SchemaModule, sql: SqlStep) => readonly Compilable[]

/** One change of the schema, applied once, in the order of the list it stands in. */
export interface Migration {
  readonly name: string
  readonly up: MigrationSteps
}

/**
 * Declares a migration.
 *
 * All its steps and the record of it are one transaction. Foreign keys are not enforced between the steps (so a table
 * can be rebuilt), but must hold at the end.
 *
 * @param name unique for ever; a short phrase, e.g. `add tool versions`.
 */
export function migration(name: string, up: MigrationSteps): Migration {
  return { name, up }
}
