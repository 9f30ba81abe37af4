import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@super-data/contract/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openInstallation } from '../src/local.ts'
import { settle } from '../src/settings.ts'
import { caughtShell, run, temporaryFolder } from './shell.ts'

/** A home with data and one published tool. */
async function homeWithTool(name: string): Promise<string> {
  const cwd = temporaryFolder()
  mkdirSync(join(cwd, 'data', 'datasets'), { recursive: true })
  writeFileSync(join(cwd, 'data', 'datasets', 'orders.json'), '[{"amount":1},{"amount":2}]')
  await run(['init'], { cwd })
  await run(
    [
      'tools',
      'create',
      name,
      '--description',
      'Sum.',
      '--engine',
      'jq',
      '--source',
      'orders',
      '--text',
      'map(.amount) | add',
    ],
    { cwd },
  )
  await run(['tools', 'submit', name], { cwd })
  return cwd
}

/** The home with a server, and people who call it. */
async function teamOf(cwd: string, ...names: readonly string[]) {
  const keys = new Map<string, string>()
  for (const name of names) {
    const { link } = JSON.parse((await run(['users', 'invite', name, '--json'], { cwd })).out)
    keys.set(name, JSON.parse((await run(['users', 'redeem', link, '--json'], { cwd })).out).key.secret)
  }
  const { shell } = caughtShell({ cwd })
  const installation = await openInstallation(settle(shell.env, { port: '0' }), 'silent')
  onTestFinished(() => installation.close())
  const { url } = await installation.listen()
  const reached = (name: string) => ({ url, key: keys.get(name) ?? '' })
  const at = (name: string) => ({ cwd, env: { SUPER_DATA_URL: url, SUPER_DATA_API_KEY: reached(name).key } })
  const as = (name: string, ...words: readonly string[]) => run(words, at(name))
  return Object.assign(as, {
    reached,
    sitting: (name: string, ...words: readonly string[]) => run(words, { ...at(name), interactive: true }),
  })
}

describe('commands of a team', () => {
  it('export to a file, look at it from another home, import it there', { timeout: 120_000 }, async () => {
    const from = await homeWithTool('total')
    const exported = await run(['export', '--type=approved', '--output=tools.json'], { cwd: from })
    expect(exported).toMatchObject({ code: 0, err: expect.stringContaining('1 tool and 0 functions in tools.json') })
    const to = temporaryFolder()
    mkdirSync(join(to, 'data', 'datasets'), { recursive: true })
    writeFileSync(join(to, 'data', 'datasets', 'orders.json'), '[{"amount":5}]')
    await run(['init'], { cwd: to })
    const file = join(from, 'tools.json')
    const rehearsed = await run(['import', file, '--dry-run'], { cwd: to })
    expect(rehearsed.out).toMatch(/tool\s+total\s+1\s+create/)
    expect((await run(['tools', 'list', '--json'], { cwd: to })).out).toContain('"items":[]')
    await run(['import-tools', `--input=${file}`], { cwd: to })
    expect((await run(['run', 'total', '--json'], { cwd: to })).out).toContain('"value":5')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ format: 'super-data-library' })
    const empty = temporaryFolder()
    await run(['init'], { cwd: empty })
    const refused = await run(['import', file], { cwd: empty })
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('1 of 1 refused.') })
    expect(refused.out).toMatch(
      /total[\s\S]*refused[\s\S]*error: there is no dataset "orders"[\s\S]*code: {2}DATASET_MISSING/,
    )
  })

  it('say which file an export cannot write, and leave nothing beside it', async () => {
    const cwd = temporaryFolder()
    await run(['init'], { cwd })
    mkdirSync(join(cwd, 'taken'))
    for (const [output, reason] of [
      ['nowhere/tools.json', 'ENOENT'],
      ['taken', 'EISDIR'],
    ] as const) {
      const { code, err } = await run(['export', '--output', output], { cwd })
      expect({ code, err }).toMatchObject({
        code: 2,
        err: expect.stringContaining(`${output} cannot be written (${reason})`),
      })
      expect(err).toMatch(/hint: {2}Name a file in a folder that is there/)
    }
    expect(readdirSync(cwd).filter(name => name.endsWith('.part'))).toEqual([])
  })

  it('import through a server what is larger than other requests may be', { timeout: 120_000 }, async () => {
    const [from, to] = [temporaryFolder(), temporaryFolder()]
    await Promise.all([run(['init'], { cwd: from }), run(['init'], { cwd: to })])
    const [ada, ben] = [await teamOf(from, 'ada'), await teamOf(to, 'ben')]
    const client = createClient(ada.reached('ada'))
    const tests = [{ params: {}, input: ['x'.repeat(2_500_000)], expected: 1 }]
    for (const tool of ['large', 'long'])
      await client.tools.create({ tool, description: 'Count.', engine: 'jq', text: 'length', tests })
    await ada('ada', 'export', '--type', 'all', '--output', 'large.json')
    const file = join(from, 'large.json')
    expect(statSync(file).size).toBeGreaterThan(4 * 2 ** 20)
    const { code, out } = await ben('ben', 'import', file)
    expect({ code, out }).toMatchObject({
      code: 0,
      out: expect.stringMatching(/large\s+1\s+create[\s\S]*long\s+1\s+create/),
    })
  })

  it('lead from data of another shape to a draft that fits it', async () => {
    const cwd = await homeWithTool('total')
    await run(['run', 'total'], { cwd })
    writeFileSync(join(cwd, 'data', 'datasets', 'orders.json'), '[{"price":{"amount":3}},{"price":{"amount":4}}]')
    const migrate = (program: string, to: number) =>
      run(['datasets', 'migrate', 'orders', program, '--to', `${to}`], { cwd })
    expect((await migrate('.', 2)).err).toMatch(/hint: {2}Migrations lead from the structure now .* it has had: 1\./)
    expect((await migrate('.amount = .price.amount', 1)).err).toContain('super-data learning suggestions')
    const { items } = JSON.parse((await run(['learning', 'suggestions', '--json'], { cwd })).out)
    await run(['learning', 'accept', items[0].id], { cwd })
    await run(['tools', 'submit', 'total'], { cwd })
    expect((await run(['run', 'total', '--json'], { cwd })).out).toContain('"value":7')
  })

  it('refuse a file that no export wrote', async () => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'x.json'), 'tools: []')
    const refused = await run(['import', 'x.json'], { cwd })
    expect(refused.code).not.toBe(0)
    expect(refused.err).toContain('x.json is not JSON')
    writeFileSync(join(cwd, 'x.json'), '[{"amount":1}]')
    const other = await run(['import', 'x.json'], { cwd })
    expect(other.err).toMatch(/x\.json is not a library document[\s\S]*CLI_NOT_A_DOCUMENT/)
    writeFileSync(join(cwd, 'x.json'), '{"format":"super-data-library","version":2,"tools":[]}')
    const newer = await run(['import', 'x.json'], { cwd })
    expect(newer.err).toMatch(/x\.json is a library document of version 2[\s\S]*Upgrade[\s\S]*CLI_DOCUMENT_NEWER/)
  })

  it('list what waits, and vote only where somebody can be asked', { timeout: 120_000 }, async () => {
    const cwd = await homeWithTool('total')
    expect((await run(['pending-approvals'], { cwd })).out).toContain('nothing waits')
    expect((await run(['review-proposals'], { cwd })).err).toContain('Nothing waits for your vote')
    expect((await run(['list-learned-tools'], { cwd })).out).toContain('nothing')
    await run(['ask', 'SELECT 1 AS one'], { cwd })
    await run(['save', 'from_a_question', '--description', 'One.'], { cwd })
    expect((await run(['list-learned-tools'], { cwd })).out).toMatch(/from_a_question\s+draft/)
    expect(JSON.parse((await run(['list-learned-tools', '--json'], { cwd })).out)).toMatchObject({
      tools: [{ name: 'from_a_question', state: 'draft', version: 1 }],
      suggestions: [],
    })
  })

  it('list tools and functions that wait for a colleague', { timeout: 120_000 }, async () => {
    const cwd = await homeWithTool('total')
    const { link } = JSON.parse((await run(['users', 'invite', 'bob', '--json'], { cwd })).out)
    await run(['users', 'redeem', link], { cwd })
    await run(['functions', 'create', 'def twice: . * 2;'], { cwd })
    await run(['functions', 'submit', 'twice'], { cwd })
    const update = ['tools', 'update', 'total', '--expected-version', '1', '--description', 'The sum.']
    const updated = await run(update, { cwd })
    expect(updated.out).toMatch(/^total version 2 is saved, hash [0-9a-f]{12}\.\n$/)
    expect(updated.err).toBe(
      'Version 2 is a draft. Put it before the team: super-data tools submit total\n' +
        'Votes on earlier versions do not count for it.\nVersion 1 answers until it is approved.\n',
    )
    await run(['tools', 'submit', 'total'], { cwd })
    const waiting = JSON.parse((await run(['pending-approvals', '--json'], { cwd })).out)
    expect(waiting).toMatchObject([
      { kind: 'function', name: 'twice/0', version: 1, yourVote: 'own' },
      { kind: 'tool', name: 'total', version: 2, approvals: 0, votesNeeded: 1, yourVote: 'own' },
    ])
    const reviewed = await run(['review-proposals'], { cwd })
    expect(reviewed.err).toMatch(/total, version 2: you had a part in it; others vote\.\nNothing waits for your vote/)
  })

  it('ask for votes and count them, and stop when nobody answers any more', { timeout: 120_000 }, async () => {
    const cwd = await homeWithTool('total')
    const as = await teamOf(cwd, 'ada', 'bob')
    const submitted = await as('ada', 'functions', 'create', 'def twice: . * 2;', '--json')
    const hash = JSON.parse(submitted.out).hash.slice(0, 12)
    await as('ada', 'functions', 'submit', 'twice')
    const alone = await as('bob', 'review-proposals')
    expect(alone.err).toContain(`\`super-data functions get twice/0\`, then \`super-data functions vote twice/0`)
    expect(alone.err).toContain('CLI_NOBODY_THERE')
    expect((await as('bob', 'pending-approvals')).out).toMatch(/twice\/0[\s\S]*wanted/)
    const ended = await as.sitting('bob', 'review-proposals')
    expect(ended).toMatchObject({ code: 0, err: expect.stringContaining('Stopped. What you did not vote on') })
    const voted = await as('bob', 'functions', 'vote', 'twice', 'approve', '--hash', hash, '--comment', 'Fine.')
    expect(voted).toMatchObject({ out: 'twice/0 version 1: 1 of 2 approvals, pending.\n', err: '' })
    expect((await as('bob', 'review-proposals')).err).toContain(
      'twice/0, version 1: you have voted; it waits for others.',
    )
    const { out } = await as('bob', 'functions', 'history', 'twice')
    expect(out).toMatch(
      /^version 1: pending, 1 of 2 approvals\n {2}saved by ada, .*\n {2}submitted by ada, .*\n {2}approve by bob, .*\n {4}Fine\.\n$/,
    )
  })
})
