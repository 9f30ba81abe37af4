import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { toProblem } from '@super-data/base/errors'
import type { Client } from '@super-data/contract/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../src/crash-rounds.ts'
import { type Finished, runCommand } from '../src/run-command.ts'
import { cleanEnvironment, launcher } from '../src/server-process.ts'
import { Team } from '../src/team.ts'

const torture = process.env['SUPER_DATA_TORTURE'] !== undefined
const clients = torture ? 200 : 20
const seconds = torture ? 60 : 5
const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000)
const voters = ['alice', 'bob', 'carol', 'dave'] as const

/** What a run of many clients was told. */
class Told {
  /** Names of what was acknowledged as written. */
  readonly functions = new Set<string>()
  readonly proposals = new Set<string>()
  votes = 0
  reads = 0
  readonly refusals = new Map<string, number>()
  /** Answers that no client should ever get. */
  readonly broken: string[] = []
  readonly ms: number[] = []

  async try(work: () => Promise<void>): Promise<void> {
    const started = performance.now()
    try {
      await work()
    } catch (failure) {
      const { code, kind, message } = toProblem(failure)
      if (kind === 'internal' || kind === 'unavailable') this.broken.push(`${code}: ${message}`)
      else this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1)
    }
    this.ms.push(performance.now() - started)
  }
}

let team: Team<(typeof voters)[number]>
beforeAll(async () => {
  const people = { alice: 'editor', bob: 'editor', carol: 'editor', dave: 'editor' } as const
  const env = { SUPER_DATA_MAX_PENDING_TOOLS: '1000' }
  team = await Team.open({ people, files: { 'orders.json': '[{"amount":1},{"amount":2}]' }, server: { env } })
  await proposed('total', 'map(.amount) | add')
  await proposed('waiting', 'map(.amount) | max')
  const { hash } = await team.owner.tools.get({ tool: 'total' })
  for (const name of ['bob', 'carol'])
    await team.as(name).tools.vote({ tool: 'total', vote: 'approve', hash, comment: '' })
}, 60_000)
afterAll(() => team[Symbol.asyncDispose]())

const proposed = (tool: string, text: string) =>
  team.as('alice').tools.propose({ tool, description: 'A question.', engine: 'jq', source: 'orders', text })

describe(`${clients} clients that read, list, vote, propose and write functions (seed ${seed})`, () => {
  const told = new Told()
  const commands: Record<string, Finished> = {}

  beforeAll(async () => {
    const until = performance.now() + seconds * 1000
    let busy = true
    const people = Array.from({ length: clients }, (_, index) =>
      onePerson(index, () => busy || performance.now() < until),
    )
    const exported = await run('export', '--type', 'all')
    await writeFile(join(team.folder, 'library.json'), exported.stdout)
    const [pending, rehearsed, doctor] = await Promise.all([
      run('pending-approvals', '--json'),
      run('import', join(team.folder, 'library.json'), '--dry-run', '--json'),
      run('doctor', '--json'),
    ])
    Object.assign(commands, { exported, pending, rehearsed, doctor })
    busy = false
    await Promise.all(people)
  }, 300_000)

  async function onePerson(index: number, goesOn: () => boolean): Promise<void> {
    const chance = seeded(seed + index)
    const client = team.as(voters[index % voters.length]!)
    for (let turn = 0; goesOn(); turn++) await told.try(() => oneTurn(client, `c${index}_${turn}`, chance()))
  }

  async function oneTurn(client: Client, name: string, dice: number): Promise<void> {
    if (dice < 0.55) {
      await client.tools.run({ tool: 'total' })
      told.reads++
    } else if (dice < 0.7) {
      await client.tools.list({ limit: 20, state: 'pending' })
      told.reads++
    } else if (dice < 0.8) {
      await client.functions.create({ definition: `def f_${name}: ${dice};` })
      told.functions.add(`f_${name}`)
    } else if (dice < 0.88) {
      const text = `"${name}" | length`
      await client.tools.propose({ tool: `t_${name}`, description: 'Under load.', engine: 'jq', text })
      told.proposals.add(`t_${name}`)
    } else await voteOnSomething(client, dice)
  }

  async function voteOnSomething(client: Client, dice: number): Promise<void> {
    const names = [...told.proposals]
    const tool = names[Math.floor(((dice - 0.88) / 0.12) * names.length)]
    if (tool === undefined) return
    const { hash } = await client.tools.get({ tool })
    // Each says something else: the same vote once more would change nothing.
    await client.tools.vote({ tool, vote: 'approve', hash, comment: `It was thrown ${dice}.` })
    told.votes++
  }

  it('are answered, all of them: no locked database, no error of the server', () => {
    console.log(
      `seed ${seed}: ${told.reads} reads, ${told.functions.size} functions, ${told.proposals.size} proposals, ` +
        `${told.votes} votes; refused ${JSON.stringify([...told.refusals])}; p99 ${percentile(told.ms, 0.99)} ms`,
    )
    expect(told.broken).toEqual([])
    expect(team.server.output).not.toMatch(/SQLITE_BUSY|database is locked/i)
    expect([...told.refusals.keys()].sort()).toEqual(
      expect.not.arrayContaining(['INTERNAL', 'INPUT_INVALID', 'RATE_LIMITED', 'VERSION_CONFLICT']),
    )
    expect(Math.min(told.reads, told.functions.size, told.proposals.size, told.votes)).toBeGreaterThan(0)
  })

  it('find everything there that was acknowledged, once', async () => {
    using file = new DatabaseSync(join(team.server.home, 'database', 'tools.db'), { readOnly: true })
    const names = (statement: string) =>
      file
        .prepare(statement)
        .all()
        .map(row => String(row['name']))
    expect(new Set(names(`select name from functions where name like 'f_c%'`))).toEqual(told.functions)
    const proposals = names(
      `select name from tools join versions on versions.owner_id = tools.id
       join submissions on submissions.version_id = versions.id where name like 't_c%'`,
    )
    expect(proposals).toHaveLength(told.proposals.size)
    expect(new Set(proposals)).toEqual(told.proposals)
    expect(names(`select count(*) as name from votes`)).toEqual([String(told.votes + 2)])
    expect(names('pragma quick_check')).toHaveLength(1)
  })

  it('do not disturb whoever works on the command line at the same time', () => {
    expect(Object.fromEntries(Object.entries(commands).map(([name, { code }]) => [name, code]))).toEqual({
      exported: 0,
      pending: 0,
      rehearsed: 0,
      doctor: 0,
    })
    const pending = JSON.parse(commands['pending']!.stdout) as { name: string; createdBy: string }[]
    expect(pending).toContainEqual(expect.objectContaining({ name: 'waiting', createdBy: 'alice', votesNeeded: 2 }))
    const document = JSON.parse(commands['exported']!.stdout) as { format: string; tools: { name: string }[] }
    expect(document.format).toBe('super-data-library')
    expect(document.tools.map(tool => tool.name)).toEqual(expect.arrayContaining(['total', 'waiting']))
    const { changes } = JSON.parse(commands['rehearsed']!.stdout) as { changes: { action: string }[] }
    expect(new Set(changes.map(change => change.action))).toEqual(new Set(['same']))
    const findings = JSON.parse(commands['doctor']!.stdout) as { check: string; state: string }[]
    expect(findings).toContainEqual(expect.objectContaining({ check: 'connection', state: 'ok' }))
  })
})

describe('the command line', () => {
  it('ends with its own code when something fails, and says it in JSON', async () => {
    await writeFile(join(team.folder, 'no-library.json'), '{"tools": []}')
    const [missing, refused, noFile] = await Promise.all([
      run('tools', 'get', 'nothing_there', '--json'),
      run('import', join(team.folder, 'no-library.json'), '--json'),
      run('import', join(team.folder, 'no-such-file.json'), '--json'),
    ])
    expect(missing.code).toBe(5)
    expect(JSON.parse(missing.stderr)).toMatchObject({ code: 'TOOL_MISSING' })
    expect(refused.code).toBe(2)
    expect(JSON.parse(refused.stderr)).toMatchObject({ code: expect.any(String), kind: 'invalid' })
    expect(noFile.code).not.toBe(0)
    expect(JSON.parse(noFile.stderr)).toMatchObject({ code: expect.any(String) })
  }, 60_000)

  it('does the same without a server, on its home', async () => {
    await team.server.close()
    const where = { SUPER_DATA_HOME: team.server.home, SUPER_DATA_DATASETS_PATH: join(team.folder, 'datasets') }
    const [pending, rehearsed, doctor] = await Promise.all([
      run('pending-approvals', '--json', where),
      run('import', join(team.folder, 'library.json'), '--dry-run', '--json', where),
      run('doctor', '--json', where),
    ])
    expect([pending, rehearsed, doctor].map(({ code }) => code)).toEqual([0, 0, 0])
    expect(pending.stdout).toContain('"waiting"')
    expect(rehearsed.stdout).toContain('"same"')
    const findings = JSON.parse(doctor.stdout) as { check: string; state: string }[]
    expect(findings.filter(({ state }) => state === 'failed')).toEqual([])
  }, 120_000)
})

/** A command in a process of its own; by default against the server, as its owner. */
function run(...given: (string | Record<string, string>)[]): Promise<Finished> {
  const words = given.filter(each => typeof each === 'string')
  const ofServer = { SUPER_DATA_URL: team.url, SUPER_DATA_API_KEY: team.server.key }
  const env = given.find(each => typeof each === 'object') ?? ofServer
  const quiet = { ...cleanEnvironment(), XDG_CONFIG_HOME: join(team.folder, 'config') }
  return runCommand(process.execPath, { args: [launcher, ...words], env: { ...quiet, ...env }, cwd: team.folder })
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN)
}
