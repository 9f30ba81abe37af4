import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PostgresLogin } from '@super-data/testing/postgres'
import { table } from './machine.ts'
import { connect, load, type PostgresScene } from './postgres-scene.ts'

const tables = {
  loaded: { title: 'no index', definition: '(id integer, grp integer, txt text)' },
  keyed: { title: 'primary key', definition: '(id integer PRIMARY KEY, grp integer, txt text)' },
} as const
type Name = keyof typeof tables

const rounds = 4
const importedRows = 500_000
const singleRows = 1_000

/** One way to bring rows into a table. */
interface Way {
  readonly name: string
  readonly rows: number
  readonly bring: (into: Name) => Promise<unknown>
}

/** The same rows into the same tables, stored for good: by COPY, and one by one. */
export async function postgresImport(scene: PostgresScene): Promise<void> {
  const superuser = await connect(scene.database.superuser)
  const folder = await mkdtemp(join(tmpdir(), 'super-data-bench-'))
  try {
    for (const [name, { definition }] of Object.entries(tables)) {
      await superuser.query(`CREATE TABLE ${name} ${definition}`)
      await superuser.query(`GRANT SELECT, INSERT ON ${name} TO cq_writer`)
    }
    const best = await fastestInto(await waysOf(scene, folder), name =>
      superuser.query(`TRUNCATE ${name}`).then(() => superuser.query('CHECKPOINT')),
    )
    print(best)
  } finally {
    await rm(folder, { recursive: true, force: true })
    await superuser.end()
  }
}

async function waysOf({ source, bare, database }: PostgresScene, folder: string): Promise<readonly Way[]> {
  const csv = Buffer.from(`id,grp,txt\n${lines()}\n`)
  const file = join(folder, 'rows.csv')
  await writeFile(file, csv)
  const importing = (into: Name) =>
    source.import({ schema: 'public', table: into, bytesMax: 1 << 30, source: blocksOf(csv) })
  const each = (write: (text: string, values: unknown[]) => Promise<unknown>) => async (into: Name) => {
    for (let row = 0; row < singleRows; row++) await write(`INSERT INTO ${into} VALUES ($1, $2, $3)`, [row, 1, 'one'])
  }
  const psql = (await hasPsql())
    ? [{ name: 'psql, \\copy', rows: importedRows, bring: (into: Name) => copyByPsql(database.writer, into, file) }]
    : []
  return [
    { name: 'Super Data, import (COPY)', rows: importedRows, bring: importing },
    ...psql,
    {
      name: 'Super Data, write, one call a row',
      rows: singleRows,
      bring: each((text, params) => source.write({ text, params })),
    },
    { name: 'pg, one INSERT a row', rows: singleRows, bring: each((text, values) => bare.query(text, values)) },
  ]
}

/** Rows a second of the fastest of the rounds, in which the ways take turns, each with an empty table. */
async function fastestInto(ways: readonly Way[], empty: (name: Name) => Promise<unknown>) {
  const best = ways.map(({ name }) => ({ name, loaded: 0, keyed: 0 }))
  for (let round = 0; round < rounds; round++) {
    for (const [place, { rows, bring }] of ways.entries()) {
      for (const into of Object.keys(tables) as Name[]) {
        await empty(into)
        const started = performance.now()
        await bring(into)
        const rate = (rows / (performance.now() - started)) * 1000
        best[place]![into] = Math.max(best[place]![into], rate)
      }
    }
  }
  return best
}

function print(best: Awaited<ReturnType<typeof fastestInto>>): void {
  console.log(
    `The fastest of ${rounds} runs, taking turns, into empty tables; the server does not wait for its disk; ${load()}\n`,
  )
  const [copied] = best
  const cells = (way: (typeof best)[number], into: Name) => ({
    [`${tables[into].title}: rows a second`]: way[into].toFixed(0),
    'import is faster by': `${(copied![into] / way[into]).toFixed(0)}x`,
  })
  for (const into of Object.keys(tables) as Name[])
    console.log(`${table(best.map(way => ({ way: way.name, ...cells(way, into) })))}\n`)
  if (best.length < 4) console.log('psql is not installed: what it takes is left out')
}

const lines = () => Array.from({ length: importedRows }, (_, row) => `${row},${row % 1000},row ${row}`).join('\n')

async function* blocksOf(csv: Buffer): AsyncIterable<Uint8Array> {
  for (let at = 0; at < csv.length; at += 1 << 16) yield csv.subarray(at, at + (1 << 16))
}

async function copyByPsql(login: PostgresLogin, into: Name, file: string): Promise<void> {
  const { host, port, user, password, database } = login
  const where = ['-X', '-q', '-h', host, '-p', String(port), '-U', user, database]
  const child = spawn('psql', [...where, '-c', `\\copy ${into} from '${file}' csv header`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PGPASSWORD: password },
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`psql ended with ${code}`)
}

const hasPsql = () =>
  new Promise<boolean>(resolve => {
    const child = spawn('psql', ['--version'], { stdio: 'ignore' })
    child.once('error', () => resolve(false))
    child.once('close', code => resolve(code === 0))
  })
