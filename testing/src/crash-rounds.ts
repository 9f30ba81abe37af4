import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@super-data/contract/client'
import { ServerProcess } from './server-process.ts'

export interface CrashReport {
  readonly rounds: number
  readonly acknowledged: number
  /** Acknowledged writes that were not there after a restart. */
  readonly lost: readonly string[]
  /** Written functions without exactly one audit line and one event. */
  readonly unrecorded: readonly string[]
  /** What SQLite found wrong with a file. */
  readonly damage: readonly string[]
  readonly slowestRestartMs: number
}

/** A small seeded generator (mulberry32), so that a failing run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Writes to a server, kills it at a random moment, starts it again and looks: again and again on one home. */
export async function crashRounds(options: {
  rounds: number
  seed: number
  home: string
  datasets: string
}): Promise<CrashReport> {
  const chance = seeded(options.seed)
  const acknowledged = new Set<string>()
  const lost = new Set<string>()
  let slowestRestartMs = 0
  for (let round = 0; round < options.rounds; round++) {
    const server = await ServerProcess.open({ datasets: options.datasets, home: options.home })
    slowestRestartMs = Math.max(slowestRestartMs, round === 0 ? 0 : server.startMs)
    for (const name of await missing(server, acknowledged)) lost.add(name)
    const writing = [0, 1, 2, 3].map(writer => writeUntilGone(server, `r${round}_w${writer}`, acknowledged))
    await sleep(20 + chance() * 250)
    await server.kill()
    await Promise.all(writing)
  }
  await using server = await ServerProcess.open({ datasets: options.datasets, home: options.home })
  for (const name of await missing(server, acknowledged)) lost.add(name)
  await server.close()
  const { damage, unrecorded } = inspect(options.home)
  return {
    rounds: options.rounds,
    acknowledged: acknowledged.size,
    lost: [...lost],
    unrecorded,
    damage,
    slowestRestartMs,
  }
}

async function writeUntilGone(server: ServerProcess, prefix: string, acknowledged: Set<string>): Promise<void> {
  const client = createClient({ url: server.url, key: server.key, project: 'default' })
  for (let index = 0; ; index++) {
    const name = `${prefix}_${index}`
    try {
      await client.functions.create({ definition: `def ${name}: ${index};` })
      acknowledged.add(name)
    } catch {
      return
    }
  }
}

async function missing(server: ServerProcess, acknowledged: ReadonlySet<string>): Promise<string[]> {
  const client = createClient({ url: server.url, key: server.key, project: 'default' })
  const present = new Set<string>()
  for (let cursor: string | undefined; ; ) {
    const page = await client.functions.list({ limit: 1_000, ...(cursor === undefined ? {} : { cursor }) })
    for (const each of page.items) present.add(each.name)
    if (page.cursor === null) return [...acknowledged].filter(name => !present.has(name))
    cursor = page.cursor
  }
}

/** Every function has its audit line and its event, and every file is sound. */
function inspect(home: string): { damage: string[]; unrecorded: string[] } {
  const damage: string[] = []
  for (const file of ['tools.db', 'platform.db', 'telemetry.db']) {
    using database = new DatabaseSync(join(home, 'database', file), { readOnly: true })
    const found = database.prepare('pragma quick_check').all() as { quick_check: string }[]
    damage.push(...found.map(row => row.quick_check).filter(text => text !== 'ok'))
  }
  using library = new DatabaseSync(join(home, 'database', 'tools.db'), { readOnly: true })
  const rows = library
    .prepare(
      `select name from functions
       where (select count(*) from audit where outcome = 'ok' and target = functions.name || '/0') <> 1
          or (select count(*) from outbox where subject = functions.name || '/0') <> 1
          or (select count(*) from versions where owner_id = functions.id) <> 1`,
    )
    .all() as { name: string }[]
  return { damage, unrecorded: rows.map(row => row.name) }
}
