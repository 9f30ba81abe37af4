import { createHash } from 'node:crypto'
import { InternalError } from '@super-data/base/errors'
import { type CompiledQuery, Kysely, sql } from 'kysely'
import type { Migration } from '../migration.ts'
import { sqliteDialect } from './dialect.ts'
import type { AppliedMigration } from './inspection.ts'

export interface PlannedMigration extends AppliedMigration {
  readonly steps: readonly Pick<CompiledQuery, 'sql' | 'parameters'>[]
}

/** Compiles the steps and sums them up. */
export function planMigrations(migrations: readonly Migration[]): PlannedMigration[] {
  const names = new Set(migrations.map(({ name }) => name))
  if (names.size < migrations.length) throw new InternalError(new Error('two migrations have the same name'))
  const compiler = new Kysely<unknown>({ dialect: sqliteDialect() })
  return migrations.map(({ name, up }) => {
    const step = (text: TemplateStringsArray, ...values: readonly unknown[]) => ({
      compile: () => sql(text, ...values).compile(compiler),
    })
    // A compiled query also holds the tree it was made of, which threads cannot hand over.
    const compiled = up(compiler.schema, step).map(compilable => compilable.compile())
    const steps = compiled.map(({ sql: text, parameters }) => ({ sql: text, parameters }))
    return { name, steps, checksum: checksumOf(steps) }
  })
}

function checksumOf(steps: PlannedMigration['steps']): string {
  const text = JSON.stringify(steps.map(({ sql: statement, parameters }) => [statement, parameters]))
  return createHash('sha256').update(text).digest('hex')
}
