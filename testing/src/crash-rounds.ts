import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@super-data/contract/client'
import { ServerProcess } from './server-process.ts'

export interface CrashReport {
  readonly rounds: number
  /** Writes of each kind that were acknowledged. */
  readonly acknowledged: Readonly<Record<Written, number>>
  /** Acknowledged writes that were not there after a restart. */
  readonly lost: readonly string[]
  /** What was written without exactly its audit lines and events, or in part. */
  readonly unrecorded: readonly string[]
  /** What SQLite found wrong with a file. */
  readonly damage: readonly string[]
  readonly slowestRestartMs: number
}

type Written = 'functions' | 'proposals' | 'votes'

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

/**
 * Writes functions, proposals and votes to a server, kills it at a random moment, starts it again and looks: again and
 * again on one home.
 */
export async function crashRounds(options: {
  rounds: number
  seed: number
  home: string
  datasets: string
}): Promise<CrashReport> {
  const chance = seeded(options.seed)
  const told = new Told()
  const lost = new Set<string>()
  let slowestRestartMs = 0
  const start = () => ServerProcess.open({ datasets: options.datasets, home: options.home, env })
  const keys = await join_(await start())
  for (let round = 0; round < options.rounds; round++) {
    const server = await start()
    slowestRestartMs = Math.max(slowestRestartMs, server.startMs)
    for (const name of await missing(server, told)) lost.add(name)
    const before = told.votes.size
    const writing = writers(server, keys, told).map((write, index) => untilGone(write, `r${round}_w${index}`))
    // Early, while the first writes are under way, or late, among votes.
    if (round % 2 === 1) await until(() => told.votes.size > before + 1, 10_000)
    await sleep(20 + chance() * 250)
    await server.kill()
    await Promise.all(writing)
  }
  await using server = await start()
  for (const name of await missing(server, told)) lost.add(name)
  await server.close()
  const { damage, unrecorded } = inspect(options.home, told)
  return {
    rounds: options.rounds,
    acknowledged: { functions: told.functions.size, proposals: told.proposals.size, votes: told.votes.size },
    lost: [...lost],
    unrecorded,
    damage,
    slowestRestartMs,
  }
}

const env = { SUPER_DATA_MAX_PENDING_TOOLS: '1000' }
const voters = ['bob', 'carol'] as const

/** What was acknowledged. */
class Told {
  readonly functions = new Set<string>()
  readonly proposals = new Set<string>()
  /** `voter tool` */
  readonly votes = new Set<string>()
}

/** Everybody's keys. Ends the server. */
async function join_(server: ServerProcess): Promise<ReadonlyMap<string, string>> {
  const owner = createClient({ url: server.url, key: server.key })
  const keys = new Map([['owner', server.key]])
  for (const name of ['alice', ...voters]) {
    const { link } = await owner.users.invite({ name, project: 'default', projectRole: 'editor' })
    keys.set(name, (await owner.users.redeem({ token: link })).key.secret)
  }
  await server.close()
  return keys
}

/** Each writes one thing, named after what it is given. */
function writers(server: ServerProcess, keys: ReadonlyMap<string, string>, told: Told) {
  const as = (name: string) => createClient({ url: server.url, key: keys.get(name) ?? '', project: 'default' })
  const [owner, alice] = [as('owner'), as('alice')]
  const fresh: { tool: string; hash: string }[] = []
  const writeFunction = async (name: string) => {
    await owner.functions.create({ definition: `def ${name}: "${name}";` })
    told.functions.add(name)
  }
  const propose = async (name: string) => {
    const tool = `p_${name}`
    const { hash } = await alice.tools.propose({ tool, description: 'A question.', engine: 'jq', text: `"${name}"` })
    told.proposals.add(tool)
    fresh.push({ tool, hash })
  }
  const voteAs = (voter: string) => {
    const client = as(voter)
    let next = 0
    return async () => {
      const proposal = fresh[next]
      if (proposal === undefined) {
        await client.identity.whoami({})
        return
      }
      next += 1
      await client.tools.vote({ ...proposal, vote: 'approve', comment: '' })
      told.votes.add(`${voter} ${proposal.tool}`)
    }
  }
  return [writeFunction, writeFunction, propose, propose, ...voters.map(voteAs)]
}

async function until(isDone: () => boolean, msMax: number): Promise<void> {
  for (let waited = 0; waited < msMax && !isDone(); waited += 5) await sleep(5)
}

async function untilGone(write: (name: string) => Promise<void>, prefix: string): Promise<void> {
  for (let index = 0; ; index++) {
    try {
      await write(`${prefix}_${index}`)
    } catch {
      return
    }
  }
}

/** What was acknowledged and is not there, asked as anybody would. */
async function missing(server: ServerProcess, told: Told): Promise<string[]> {
  const client = createClient({ url: server.url, key: server.key, project: 'default' })
  const functions = await namesOf(cursor => client.functions.list({ limit: 1_000, ...cursor }))
  const tools = await namesOf(cursor => client.tools.list({ limit: 1_000, ...cursor }))
  return [
    ...[...told.functions].filter(name => !functions.has(name)),
    ...[...told.proposals].filter(name => !tools.has(name)),
  ]
}

type Page = { readonly items: readonly { readonly name: string }[]; readonly cursor: string | null }

async function namesOf(read: (cursor: { cursor?: string }) => Promise<Page>): Promise<Set<string>> {
  const names = new Set<string>()
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await read(cursor === undefined ? {} : { cursor })
    for (const each of page.items) names.add(each.name)
    cursor = page.cursor
  }
  return names
}

/** Everything written has its audit lines and its events, and every file is sound. */
function inspect(home: string, told: Told): { damage: string[]; unrecorded: string[] } {
  const damage: string[] = []
  for (const file of ['tools.db', 'platform.db', 'telemetry.db']) {
    using database = new DatabaseSync(join(home, 'database', file), { readOnly: true })
    const found = [
      ...database.prepare('pragma quick_check').all(),
      ...database.prepare('pragma foreign_key_check').all(),
    ]
    damage.push(...found.map(row => String(Object.values(row)[0])).filter(text => text !== 'ok'))
  }
  using library = new DatabaseSync(join(home, 'database', 'tools.db'), { readOnly: true })
  return { damage, unrecorded: [...unrecordedIn(library), ...lostVotes(library, told)] }
}

/** Written once, told once, in the audit once: each of it, or none. */
function unrecordedIn(library: DatabaseSync): string[] {
  const audited = (target: string, operation: string) =>
    `(select count(*) from audit where outcome = 'ok' and target = ${target} and operation = '${operation}')`
  const events = (subject: string, type: string) =>
    `(select count(*) from outbox where subject = ${subject} and type = '${type}')`
  const functions = `select name from functions where ${audited(`name || '/0'`, 'functions.create')} <> 1
    or ${events(`name || '/0'`, 'function.created')} <> 1
    or (select count(*) from versions where owner_id = functions.id) <> 1`
  const tools = `select name from tools where ${audited('name', 'tools.propose')} <> 1
    or ${events('name', 'tool.created')} <> 1 or ${events('name', 'tool.submitted')} <> 1
    or ${events('name', 'tool.approved')} <> (approved_version is not null)
    or (select count(*) from versions where owner_id = tools.id) <> 1
    or (select count(*) from submissions where version_id in (select id from versions where owner_id = tools.id)) <> 1
    or ${audited('name', 'tools.vote')} <> (select count(*) from votes where submission_id in
      (select submission_id from versions where owner_id = tools.id))
    or (approved_version is not null) <> ((select count(*) from votes where submission_id in
      (select submission_id from versions where owner_id = tools.id)) = ${voters.length})`
  return [...library.prepare(functions).all(), ...library.prepare(tools).all()].map(row => String(row['name']))
}

function lostVotes(library: DatabaseSync, told: Told): string[] {
  const rows = library
    .prepare(
      `select users.name || ' ' || tools.name as vote from votes join users on users.id = votes.user_id
       join submissions on submissions.id = votes.submission_id
       join versions on versions.id = submissions.version_id join tools on tools.id = versions.owner_id`,
    )
    .all()
  const written = new Set(rows.map(row => String(row['vote'])))
  return [...told.votes].filter(vote => !written.has(vote))
}
