import { PlatformError } from '@super-data/base/errors'
import type { DatasetMigration, JsonValue } from '@super-data/contract'
import { type PathProblem, structureProblems } from '@super-data/datasets'
import type { JqPool } from '@super-data/jq'
import type { Database } from '@super-data/metadata'
import type { PlatformTables } from '../state/platform.ts'

/** The dataset has no structure of that version, or it is the one it has now. */
export class SchemaVersionUnknown extends PlatformError {
  readonly code = 'SCHEMA_VERSION_UNKNOWN'
  readonly kind = 'invalid'
  constructor(version: number, known: readonly number[]) {
    super(`there is no other structure of version ${version}`, {
      hint:
        known.length === 0
          ? 'The dataset has had one structure only.'
          : `Migrations lead from the structure now to another it has had: ${known.join(', ')}.`,
    })
  }
}

/** Tried on samples, the program does not make records of the structure it should. */
export class MigrationUnfit extends PlatformError {
  readonly code = 'MIGRATION_UNFIT'
  readonly kind = 'invalid'
  constructor(why: string, problems: readonly PathProblem[] = []) {
    super(`the migration does not fit: ${why}`, {
      hint: 'Each record must become exactly one record of the other structure; `datasets schemas` shows what changed.',
      ...(problems.length === 0 ? {} : { details: { problems: problems.slice(0, 10) } }),
    })
  }
}

const limits = { timeMs: 5_000, bytes: 4 * 2 ** 20 }

/**
 * What a program makes of samples, when that is of a structure.
 *
 * @throws MigrationUnfit, and what the program throws.
 */
export async function tryMigration(
  jq: JqPool,
  tried: {
    readonly program: string
    readonly samples: readonly JsonValue[]
    readonly isArray: boolean
    readonly fields: Parameters<typeof structureProblems>[1]
    readonly caller: string
    readonly signal: AbortSignal
  },
): Promise<JsonValue[]> {
  const { program, samples, isArray, fields, caller, signal } = tried
  if (samples.length === 0) throw new MigrationUnfit('there is no record to try it on')
  const made: JsonValue[] = []
  const input = { kind: 'json', text: JSON.stringify(samples) } as const
  const call = { program, variables: {}, input, mode: 'records', caller, limits, policy: 'stranger' } as const
  await jq.run(call, {
    signal,
    onItems: ({ lines }) => void made.push(...lines.map(line => JSON.parse(line) as JsonValue)),
  })
  if (made.length !== samples.length) throw new MigrationUnfit(`${samples.length} records became ${made.length}`)
  const problems = structureProblems(made, fields, isArray ? '.[]' : '.')
  if (problems.length > 0) throw new MigrationUnfit(problems[0]!.problem, problems)
  return made
}

/** How data of one structure becomes data of another, as far as somebody has said so. */
export class DatasetMigrations {
  readonly #database: Database<PlatformTables>
  readonly #project: string

  constructor(database: Database<PlatformTables>, project: string) {
    this.#database = database
    this.#project = project
  }

  async list(dataset: string): Promise<DatasetMigration[]> {
    const rows = await this.#database.read
      .selectFrom('dataset_migrations')
      .selectAll()
      .where('project', '=', this.#project)
      .where('dataset', '=', dataset)
      .orderBy('from_version', 'desc')
      .orderBy('to_version', 'desc')
      .execute()
    return rows.map(row => ({
      ...{ from: row.from_version, to: row.to_version, program: row.program },
      ...{ createdBy: row.user_name, createdAt: row.at },
    }))
  }

  /** The programs that lead from one version to one of some others, by the fewest steps. */
  async chain(dataset: string, from: number, targets: readonly number[]): Promise<string[] | undefined> {
    const steps = await this.list(dataset)
    const reached = new Map<number, string[]>([[from, []]])
    for (const [version, programs] of reached) {
      if (targets.includes(version)) return programs
      for (const step of steps)
        if (step.from === version && !reached.has(step.to)) reached.set(step.to, [...programs, step.program])
    }
    return undefined
  }
}
