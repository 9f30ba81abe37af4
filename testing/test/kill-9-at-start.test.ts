import { cp, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createClient } from '@super-data/contract/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seeded } from '../src/crash-rounds.ts'
import { killedStart, ServerProcess } from '../src/server-process.ts'

const rounds = Number(process.env['TEST_CRASH_ROUNDS'] ?? (process.env['SUPER_DATA_TORTURE'] ? 50 : 4))
const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000)
const seeds = fileURLToPath(new URL('../../examples/seeds', import.meta.url))
const runsBefore = 30_000

let folder: string
let old: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'super-data-start-crash-'))
  old = join(folder, 'old')
  const server = await ServerProcess.open({ datasets: seeds, home: old })
  await server.close()
  undoMigrations(join(old, 'database'))
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))

/** As an older version left them: without what the last migrations made, and with runs in the older form. */
function undoMigrations(database: string): void {
  using platform = new DatabaseSync(join(database, 'platform.db'))
  platform.exec(`drop index audit_position; alter table audit drop column position; alter table audit drop column chain;
    drop table vote_codes;
    delete from ${migrationsOf(platform)} where name like '%vote-codes' or name like '%audit-chain'`)
  using telemetry = new DatabaseSync(join(database, 'telemetry.db'))
  telemetry.exec(`drop table tool_use; drop index runs_period; drop table runs;
    delete from ${migrationsOf(telemetry)} where name = '0002-use';
    create table runs (id text primary key, at bigint not null, project text not null, user_id text not null,
      user_name text not null, engine text not null, source text, text text not null, mode text not null, params text,
      tool text, tool_hash text, outcome text not null, code text, elapsed_ms double precision not null, count bigint,
      bytes bigint);
    create index runs_project on runs (project, id); create index runs_tool on runs (project, tool, id);
    create index runs_at on runs (at);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${runsBefore})
    insert into runs select 'run_' || i, strftime('%s') * 1000, 'default', 'u', 'owner', 'jq', null, '.', 'document',
      null, 'old_tool', null, 'ok', null, 1.5, 1, 10 from n`)
}

function migrationsOf(file: DatabaseSync): string {
  const [table] = file.prepare(`select name from sqlite_schema where name like '%migrations%' and type = 'table'`).all()
  return `"${String(table?.['name'])}"`
}

it(`a first start that is killed ${rounds} times leaves the seeds whole or none, and the next has them once (seed ${seed})`, async () => {
  const chance = seeded(seed)
  const home = join(folder, 'seeded')
  await mkdir(home)
  const seen: number[] = []
  for (let round = 0; round < rounds; round++) {
    await killedStart({ datasets: seeds, home }, () => sleep(300 + chance() * 1_500))
    seen.push(await seedsIn(home))
  }
  expect(seen.filter(count => count !== 0 && count !== 5)).toEqual([])
  await using server = await ServerProcess.open({ datasets: seeds, home })
  const client = createClient({ url: server.url, key: server.key, project: 'default' })
  expect((await client.functions.list({})).items.map(each => each.state)).toEqual(['approved', 'approved', 'approved'])
  expect((await client.tools.list({})).items.map(each => each.state)).toEqual(['approved', 'approved'])
  expect(await seedsIn(home)).toBe(5)
  expect((await client.tools.run({ tool: 'trend_analysis', params: { window_size: 3 } })).value).toBeTruthy()
}, 600_000)

/** How many versions a file holds; none where there is no library yet. */
async function seedsIn(home: string): Promise<number> {
  const file = join(home, 'database', 'tools.db')
  if (!(await stat(file).catch(() => undefined))) return 0
  using library = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
  expect(library.prepare('pragma quick_check').get()).toEqual({ quick_check: 'ok' })
  if (library.prepare(`select 1 from sqlite_schema where name = 'versions'`).get() === undefined) return 0
  return Number(library.prepare('select count(*) as n from versions').get()?.['n'])
}

it(`a migration that is killed ${rounds} times is taken up again, and loses nothing (seed ${seed})`, async () => {
  const chance = seeded(seed)
  const home = join(folder, 'migrated')
  for (let round = 0; round < rounds; round++) {
    await rm(home, { recursive: true, force: true })
    await cp(old, home, { recursive: true })
    await killedStart({ datasets: seeds, home }, () => sleep(200 + chance() * 1_200))
    await killedStart({ datasets: seeds, home }, () => sleep(200 + chance() * 1_200))
  }
  await using server = await ServerProcess.open({ datasets: seeds, home })
  const client = createClient({ url: server.url, key: server.key, project: 'default' })
  const { overall, tools } = await client.tools.stats({ period: 'all' })
  expect(overall.calls).toBe(runsBefore)
  expect(tools).toMatchObject([{ tool: 'old_tool', calls: runsBefore }])
  expect((await client.tools.list({})).items).toHaveLength(2)
  await server.close()
  for (const name of ['tools.db', 'platform.db', 'telemetry.db']) {
    using file = new DatabaseSync(join(home, 'database', name), { readOnly: true })
    expect(file.prepare('pragma quick_check').get()).toEqual({ quick_check: 'ok' })
    const before = file.prepare(`select name from sqlite_schema where name like '%_before'`).all()
    expect(before).toEqual([])
  }
}, 600_000)
