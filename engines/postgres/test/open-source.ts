import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import {
  type DatabaseTemplate,
  openPostgres,
  type PostgresMajor,
  type TestDatabase,
  type TestPostgres,
} from '@super-data/testing/postgres'
import { afterAll, beforeAll, describe } from 'vitest'
import { PostgresSource, type PostgresSourceOptions } from '../src/index.ts'

/** What a test of a real server has at hand. */
export interface Scene {
  readonly postgres: TestPostgres
  readonly database: TestDatabase
  readonly source: PostgresSource
  /** Another source over the same database. */
  open(options?: Partial<PostgresSourceOptions>): Promise<PostgresSource>
  /** Out of band, as superuser. */
  ask<Row extends Record<string, unknown>>(text: string, params?: unknown[]): Promise<Row[]>
}

/** The source of a test database. */
export function openSource(
  database: TestDatabase,
  options: Partial<PostgresSourceOptions> = {},
): Promise<PostgresSource> {
  const { reader, writer } = database
  return PostgresSource.open({
    name: 'shop',
    reader,
    writer,
    clock: systemClock,
    random: systemRandom,
    ...options,
  })
}

/** The same tests on every server that is there; the others are skipped by name. */
export function describePostgres(
  name: string,
  options: { readonly template?: DatabaseTemplate; readonly source?: Partial<PostgresSourceOptions> },
  tests: (scene: Scene) => void,
): void {
  describe.each([18, 15] as const)(`PostgreSQL %i: ${name}`, major => describeOn(major, options, tests))
}

const servers = new Map<PostgresMajor, TestPostgres | undefined>()
for (const major of [18, 15] as const) servers.set(major, await openPostgres(major))

function describeOn(
  major: PostgresMajor,
  options: { readonly template?: DatabaseTemplate; readonly source?: Partial<PostgresSourceOptions> },
  tests: (scene: Scene) => void,
): void {
  const postgres = servers.get(major)
  describe.skipIf(!postgres)(postgres ? 'is there' : 'is not installed', () => {
    let database: TestDatabase
    let source: PostgresSource
    const opened: PostgresSource[] = []
    beforeAll(async () => {
      database = await postgres!.createDatabase(options.template)
      source = await openSource(database, options.source)
    })
    afterAll(async () => {
      await Promise.all([source, ...opened].map(one => one?.close()))
    })
    tests({
      get postgres() {
        return postgres!
      },
      get database() {
        return database
      },
      get source() {
        return source
      },
      open: async other => {
        const another = await openSource(database, other)
        opened.push(another)
        return another
      },
      ask: (text, params) => postgres!.ask(database, text, params),
    })
  })
}
