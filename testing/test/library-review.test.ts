import { writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Tool } from '@super-data/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusalOf, Team } from '../src/team.ts'

type Name = 'alice' | 'bob' | 'carol' | 'dave' | 'viktor'
const people = { alice: 'editor', bob: 'editor', carol: 'editor', dave: 'editor', viktor: 'viewer' } as const

let team: Team<Name>
beforeAll(async () => {
  const env = { SUPER_DATA_MAX_EXECUTION_TIME_MS: '1500' }
  team = await Team.open({ people, files: { 'orders.json': '[{"amount":1},{"amount":2}]' }, server: { env } })
}, 60_000)
afterAll(() => team[Symbol.asyncDispose]())

const propose = (tool: string, more: Record<string, unknown> = {}, name: Name = 'dave') =>
  team.as(name).tools.propose({ tool, description: 'A question.', engine: 'jq', text: '1', ...more })
const vote = (name: string, tool: Tool, how: 'approve' | 'reject' = 'approve', comment = 'Because.') =>
  team.as(name).tools.vote({ tool: tool.name, vote: how, hash: tool.hash, comment })

/** Read from the file, as somebody who counts rows would. */
function rows(statement: string, ...values: (string | number)[]): Record<string, unknown>[] {
  using file = new DatabaseSync(join(team.server.home, 'database', 'tools.db'), { readOnly: true, timeout: 5_000 })
  return file.prepare(statement).all(...values) as Record<string, unknown>[]
}

const eventsOf = (subject: string) =>
  rows('select type from outbox where subject = ? order by id', subject).map(row => String(row['type']))

describe('a proposal', () => {
  it('is nobody’s tool until enough others approve; then both kinds of clients hear of it, once', async () => {
    const told = { modern: [] as number[], legacy: [] as number[] }
    const listen = (era: 'modern' | 'legacy') =>
      team.mcp('viktor', { era, onToolsChanged: () => told[era].push(performance.now()) })
    await using modern = await listen('modern')
    await using legacy = await listen('legacy')
    const listed = async () => {
      const lists = await Promise.all([modern, legacy].map(mcp => mcp.client.listTools()))
      return lists.map(list => list.tools.some(tool => tool.name === 'total'))
    }
    await expect.poll(async () => (await fetch(`${team.url}/metrics`)).text()).toContain('super_data_open_streams 2')
    const tool = await propose('total', { source: 'orders', text: 'map(.amount) | add' })
    expect(tool).toMatchObject({ state: 'pending', votesNeeded: 2, votes: [] })
    expect(await listed()).toEqual([false, false])
    expect(await refusalOf(team.as('viktor').tools.run({ tool: 'total' }))).toMatchObject({ code: 'TOOL_NOT_APPROVED' })
    for (const mcp of [modern, legacy])
      await expect(mcp.client.callTool({ name: 'total', arguments: {} })).rejects.toMatchObject({ code: -32602 })
    expect(await refusalOf(vote('dave', tool))).toMatchObject({ code: 'VOTE_NOT_ELIGIBLE', kind: 'denied' })
    expect(await refusalOf(vote('viktor', tool))).toMatchObject({ kind: 'denied' })
    expect(await refusalOf(vote('alice', tool, 'reject', ' '))).toMatchObject({ code: 'VOTE_COMMENT_MISSING' })
    expect(await vote('alice', tool)).toMatchObject({ state: 'pending' })
    expect(await vote('alice', tool)).toMatchObject({ state: 'pending' })
    expect([told.modern, told.legacy]).toEqual([[], []])
    const acknowledged = performance.now()
    expect(await vote('carol', tool)).toMatchObject({ state: 'approved', approvedBy: ['alice', 'carol'] })
    await expect.poll(() => [told.modern.length, told.legacy.length]).toEqual([1, 1])
    expect(Math.max(...told.modern, ...told.legacy) - acknowledged).toBeLessThan(5_000)
    expect(await listed()).toEqual([true, true])
    for (const mcp of [modern, legacy])
      expect((await mcp.client.callTool({ name: 'total', arguments: {} })).structuredContent).toMatchObject({
        value: 3,
      })
    expect(eventsOf('total').filter(type => type === 'tool.approved')).toHaveLength(1)
    expect(await refusalOf(vote('bob', tool))).toMatchObject({ code: 'TOOL_STATE_CONFLICT', kind: 'conflict' })
  })

  it('that everybody votes on at the same moment is decided once', async () => {
    const tool = await propose('at_once')
    const votes = await Promise.allSettled(['alice', 'bob', 'carol', 'owner'].map(name => vote(name, tool)))
    const states = votes.map(each => (each.status === 'fulfilled' ? each.value.state : 'refused'))
    expect(states.filter(state => state === 'approved')).toHaveLength(1)
    expect(states.filter(state => state === 'pending')).toHaveLength(1)
    expect(eventsOf('at_once').filter(type => type === 'tool.approved')).toHaveLength(1)
    expect(rows(`select count(*) as n from votes where hash = ?`, tool.hash)).toEqual([{ n: 2 }])
  })

  it('that changes loses its votes, and a vote for what it was is refused', async () => {
    const tool = await propose('changing')
    await vote('alice', tool)
    await team.as('dave').tools.update({ tool: 'changing', expectedVersion: 1, text: '2' })
    const again = await team.as('dave').tools.submit({ tool: 'changing' })
    expect(await refusalOf(vote('carol', tool))).toMatchObject({ code: 'VOTE_STALE', kind: 'conflict' })
    expect(await vote('carol', again)).toMatchObject({ state: 'pending', votes: [{ user: 'carol' }] })
    expect(await vote('bob', again)).toMatchObject({ state: 'approved' })
  })

  it('that enough reject is rejected with what they said; its proposer hears of it', async () => {
    const tool = await propose('unwanted')
    await vote('alice', tool, 'reject', 'We have one.')
    expect(await vote('carol', tool, 'reject', 'Too slow.')).toMatchObject({ state: 'rejected' })
    const read = await team.as('dave').tools.get({ tool: 'unwanted' })
    expect(read.votes.map(each => each.comment)).toEqual(['We have one.', 'Too slow.'])
    const { items } = await team.as('dave').inbox.list({})
    expect(items).toEqual(
      expect.arrayContaining([expect.objectContaining({ type: 'tool.rejected', subject: 'unwanted' })]),
    )
  })

  it('of an admin is not approved by that admin, nor by a second key or another door of the proposer', async () => {
    const own = await team.owner.tools.propose({ tool: 'of_the_owner', description: 'x', engine: 'jq', text: '1' })
    const approve = { tool: own.name, hash: own.hash, confirm: true, comment: '' } as const
    expect(await refusalOf(team.owner.tools.approve(approve))).toMatchObject({ code: 'VOTE_NOT_ELIGIBLE' })
    const tool = await propose('second_key')
    const second = await team.as('dave').keys.create({ label: 'second', need: 'write' })
    const headers = { Authorization: `Bearer ${second.secret}`, 'Content-Type': 'application/json' }
    const body = JSON.stringify({ vote: 'approve', hash: tool.hash })
    const url = `${team.url}/api/v1/projects/default/tools/second_key/votes`
    const refused = await fetch(url, { method: 'POST', headers, body })
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({ code: 'VOTE_NOT_ELIGIBLE' })
    await using mcp = await team.mcp('dave', { era: 'legacy', path: '/mcp/library' })
    const byAgent = await mcp.client.callTool({
      name: 'vote_on_tool',
      arguments: { tool_id: 'second_key', vote: 'approve', comment: '' },
    })
    expect(byAgent).toMatchObject({ isError: true, structuredContent: { error: { code: 'VOTE_NOT_ELIGIBLE' } } })
  })

  it('cannot be voted on by somebody who came later, or who may only read by then', async () => {
    const tool = await propose('before_erin')
    await team.join('erin', 'editor')
    expect(await refusalOf(vote('erin', tool))).toMatchObject({ code: 'VOTE_NOT_ELIGIBLE' })
    await vote('bob', tool)
    await team.owner.members.set({ user: 'bob', role: 'viewer' })
    expect(await vote('carol', tool)).toMatchObject({ state: 'pending' })
    await team.owner.members.set({ user: 'bob', role: 'editor' })
    expect(await vote('alice', tool)).toMatchObject({ state: 'approved' })
  })

  it('does not hide another tool’s name, nor one of the product', async () => {
    for (const name of ['library', 'vote_on_tool', 'queries', 'propose_new_tool'])
      expect(await refusalOf(propose(name))).toMatchObject({ code: 'TOOL_NAME_RESERVED' })
    expect(await refusalOf(propose('total'))).toMatchObject({ code: 'TOOL_EXISTS' })
    for (const name of ['t0tal', 'to_tal', 'totai'])
      expect(await refusalOf(propose(name))).toMatchObject({ code: 'TOOL_NAME_CONFUSABLE' })
  })
})

describe('two people who change the same thing', () => {
  it('one is first; the other is told the version, and goes on from there', async () => {
    for (const version of [1, 2, 3])
      await team.as('alice').functions.create({ definition: `def shared: ${version};`, expectedVersion: version - 1 })
    const change = (name: string, to: number, expectedVersion: number) =>
      team.as(name).functions.create({ definition: `def shared: ${to};`, expectedVersion })
    const both = await Promise.allSettled([change('alice', 40, 3), change('bob', 41, 3)])
    const [won] = both.filter(each => each.status === 'fulfilled')
    const [lost] = both.filter(each => each.status === 'rejected')
    expect(won?.value).toMatchObject({ version: 4 })
    const difference = { from: 3, to: 4, text: expect.stringMatching(/- def shared: 3;[\s\S]*\+ def shared: 4[01];/) }
    expect(lost?.reason).toMatchObject({ code: 'VERSION_CONFLICT', details: { currentVersion: 4, difference } })
    expect(await team.as('bob').functions.diff({ function: 'shared', from: 3, to: 4 })).toMatchObject(difference)
    expect(await change('bob', 42, 4)).toMatchObject({ version: 5 })
    expect(rows(`select version from versions where definition like '%def shared:%' order by version`)).toEqual(
      [1, 2, 3, 4, 5].map(version => ({ version })),
    )
  })

  it('and for tools the same, with and without reading first', async () => {
    await propose('raced')
    const change = (name: string) =>
      team.as(name).tools.update({ tool: 'raced', expectedVersion: 1, text: `"${name}"` })
    const all = await Promise.allSettled(['alice', 'bob', 'carol'].map(change))
    expect(all.filter(each => each.status === 'fulfilled')).toHaveLength(1)
    for (const each of all.filter(each => each.status === 'rejected'))
      expect(each.reason).toMatchObject({
        code: 'VERSION_CONFLICT',
        details: { currentVersion: 2, difference: { from: 1, to: 2, text: expect.stringMatching(/^- 1\n\+ "/) } },
      })
  })

  it('the second is shown what the first changed, at every door', async () => {
    await propose('contended', { text: '1 + 1' })
    await team.as('alice').tools.update({ tool: 'contended', expectedVersion: 1, text: '1 + 2', description: 'Other.' })
    await team.as('alice').functions.create({ definition: 'def contended: 1;' })
    await team.as('alice').functions.create({ definition: 'def contended: 2;' })
    const ofTool = {
      ...{ from: 1, to: 2, text: '- 1 + 1\n+ 1 + 2' },
      changes: [{ path: '/description', from: 'A question.', to: 'Other.' }],
    }
    const ofFunction = { from: 1, to: 2, text: '- def contended: 1;\n+ def contended: 2;' }
    for (const era of ['modern', 'legacy'] as const) {
      await using mcp = await team.mcp('bob', { era, path: '/mcp/library' })
      const call = async (name: string, input: Record<string, unknown>) =>
        mcp.client.callTool({ name, arguments: input })
      const onTool = await call('library', { action: 'update', tool: 'contended', expectedVersion: 1, text: '3' })
      expect(onTool.structuredContent).toMatchObject({ error: { details: { currentVersion: 2, difference: ofTool } } })
      expect(JSON.stringify(onTool.content)).toContain('- 1 + 1')
      const definition = { definition: 'def contended: 3;', expected_version: 1 }
      const onFunction = await call('create_function', definition)
      expect(onFunction.structuredContent).toMatchObject({
        error: { details: { currentVersion: 2, difference: ofFunction } },
      })
    }
    const told = await team.cli('bob', 'tools', 'update', 'contended', '--expected-version', '1', '--text', '3')
    expect(told.stderr).toMatch(/at version 2[\s\S]*from version 1 to 2:[\s\S]*- 1 \+ 1[\s\S]*\+ 1 \+ 2/)
    const creating = ['functions', 'create', 'def contended: 3;', '--expected-version', '1', '--json']
    expect(JSON.parse((await team.cli('bob', ...creating)).stderr)).toMatchObject({
      details: { currentVersion: 2, difference: ofFunction },
    })
    expect(told.code).toBe(6)
  })

  it('a version that changed too much is named, and left to `diff`', async () => {
    const long = (letter: string) => `"${letter.repeat(40_000)}"`
    await propose('long', { text: long('a') })
    await team.as('alice').tools.update({ tool: 'long', expectedVersion: 1, text: long('b') })
    const refused = await refusalOf(team.as('bob').tools.update({ tool: 'long', expectedVersion: 1, text: '1' }))
    expect(refused.details).toEqual({ currentVersion: 2 })
  })
})

describe('what a proposal must prove', () => {
  it('its test cases pass; else it is told what was expected and what came', async () => {
    const text = 'map(.amount) | add'
    const tests = [
      { name: 'two', params: {}, input: [{ amount: 1 }, { amount: 2 }], expected: 3 },
      { name: 'none', params: {}, input: [], expected: 0 },
    ]
    const refused = await refusalOf(propose('tested', { text, tests }))
    expect(refused.code).toBe('TOOL_TEST_FAILED')
    expect(JSON.stringify(refused.details)).toMatch(/"expected":0/)
    expect(JSON.stringify(refused.details)).toMatch(/"got":null/)
    expect(await refusalOf(team.owner.tools.get({ tool: 'tested' }))).toMatchObject({ code: 'TOOL_MISSING' })
    const mended = await propose('tested', { text: 'map(.amount) | add // 0', tests })
    expect(mended).toMatchObject({ state: 'pending', checks: { tests: 2 } })
  })

  it('a test case that never ends is stopped, and the server goes on', async () => {
    const tests = [{ params: {}, input: 1, expected: 1 }]
    const started = performance.now()
    expect(await refusalOf(propose('endless', { text: 'last(repeat(.))', tests }))).toMatchObject({
      code: 'TOOL_TEST_FAILED',
    })
    expect(performance.now() - started).toBeLessThan(50_000)
    expect(await team.as('alice').tools.run({ tool: 'total' })).toMatchObject({ value: 3 })
  }, 60_000)

  it('nearly the same question points to the tool there is', async () => {
    const text = 'map(select(.amount > 10)) | group_by(.city) | map({city: .[0].city, total: (map(.amount) | add)})'
    const first = await propose('by_city', { source: 'orders', text })
    await vote('alice', first)
    await vote('carol', first)
    const alike = { source: 'orders', text: text.replace('10', '25') }
    const refused = await refusalOf(propose('by_town', alike, 'bob'))
    expect(refused).toMatchObject({ code: 'TOOL_SIMILAR', kind: 'conflict' })
    expect(refused.message).toContain('by_city')
    expect(await propose('by_town', { ...alike, allowSimilar: true }, 'bob')).toMatchObject({
      state: 'pending',
      checks: { similar: ['by_city'] },
    })
  })

  it('the same question by somebody else points to the proposal that waits, which can be voted on', async () => {
    const text = '[.[] | select(.amount > 2)] | sort_by(.amount) | map({amount, double: (.amount * 2)}) | .[:5]'
    const proposal = { source: 'orders', text, description: 'The largest orders.' }
    const first = await propose('largest', proposal, 'dave')
    const word = { code: 'PROPOSAL_WAITING', kind: 'conflict', details: { waiting: 'largest', hash: first.hash } }
    expect(await refusalOf(propose('largest', proposal, 'bob'))).toMatchObject(word)
    expect(await refusalOf(propose('biggest', proposal, 'bob'))).toMatchObject(word)
    const alike = { ...proposal, text: text.replace('> 2', '> 7'), description: 'The large ones.' }
    const refused = await refusalOf(propose('biggest', alike, 'bob'))
    expect(refused).toMatchObject(word)
    expect(refused.hint).toContain(`tools vote largest approve --hash ${first.hash}`)
    expect(await refusalOf(team.owner.tools.get({ tool: 'biggest' }))).toMatchObject({ code: 'TOOL_MISSING' })
    expect(await propose('of_his_own', proposal, 'dave')).toMatchObject({ state: 'pending' })
    expect(await propose('biggest', { ...proposal, allowSimilar: true }, 'bob')).toMatchObject({ state: 'pending' })
    await team.as('dave').tools.withdraw({ tool: 'largest' })
    await team.as('dave').tools.withdraw({ tool: 'of_his_own' })
    await team.as('bob').tools.withdraw({ tool: 'biggest' })
    expect(await propose('greatest', alike, 'carol')).toMatchObject({ state: 'pending' })
  })

  it('the same short question of two people at one moment waits once', async () => {
    const proposal = { text: '"at one moment"', description: 'Of two people.' }
    const both = await Promise.allSettled([
      propose('moment_a', proposal, 'bob'),
      propose('moment_b', proposal, 'carol'),
    ])
    expect(both.map(each => each.status).sort()).toEqual(['fulfilled', 'rejected'])
    const refused = both.find(each => each.status === 'rejected')
    expect(refused?.reason).toMatchObject({ code: 'PROPOSAL_WAITING' })
  })

  it('of another project it does not hear', async () => {
    const proposal = { description: 'Of the project.', engine: 'jq', text: '"of a project"' } as const
    await propose('in_default', proposal, 'dave')
    await team.owner.projects.create({ name: 'elsewhere' })
    const other = await team.owner.tools.propose({ ...proposal, tool: 'in_another', project: 'elsewhere' })
    expect(other).toMatchObject({ state: 'approved', review: 'none' })
    await team.as('dave').tools.withdraw({ tool: 'in_default' })
  })

  it('a function that is before the team keeps its votes when somebody else proposes the very same', async () => {
    await team.as('dave').functions.create({ definition: 'def twin: . + 1;', description: 'One more.' })
    const first = await team.as('dave').functions.submit({ function: 'twin' })
    await team.as('alice').functions.vote({ function: 'twin', vote: 'approve', hash: first.hash })
    const again = { definition: 'def twin:  . +  1;', description: 'One more.' }
    expect(await refusalOf(team.as('bob').functions.create(again))).toMatchObject({
      code: 'PROPOSAL_WAITING',
      details: { waiting: 'twin/0', hash: first.hash },
    })
    const voting = team.as('bob').functions.vote({ function: 'twin', vote: 'approve', hash: first.hash })
    expect(await voting).toMatchObject({ state: 'approved', approvedBy: ['alice', 'bob'] })
  })

  it('one person has ten proposals waiting at most', async () => {
    await team.join('frank', 'editor')
    const waits = (n: number) => propose(`frank_${n}`, { text: `"frank ${n}"` }, 'frank' as Name)
    for (let n = 1; n <= 10; n++) expect(await waits(n)).toMatchObject({ state: 'pending' })
    expect(await refusalOf(waits(11))).toMatchObject({ code: 'PROPOSALS_TOO_MANY', kind: 'limited' })
    expect(await refusalOf(team.owner.tools.get({ tool: 'frank_11' }))).toMatchObject({ code: 'TOOL_MISSING' })
    await team.as('frank').tools.withdraw({ tool: 'frank_1' })
    expect(await waits(11)).toMatchObject({ state: 'pending' })
  })
})

describe('a stranger', () => {
  const claims = Buffer.from('{"iss":"https://x.test","sub":"owner","exp":99999999999}').toString('base64url')
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`
  const attempts: readonly (readonly [string, number, () => Record<string, string>])[] = [
    ['without credentials', 401, () => ({})],
    ['with the owner’s name in a header', 401, () => ({ 'X-User-ID': 'owner' })],
    ['with a name in a header and another’s key', 401, () => ({ 'X-User-ID': 'owner', ...keyOf('bob') })],
    ['with a user id as a token', 401, () => ({ Authorization: 'Bearer user_owner' })],
    ['with an unsigned token', 401, () => ({ Authorization: `Bearer ${unsigned}` })],
    ['with another kind of authorization', 401, () => ({ Authorization: `Basic ${btoa('owner:owner')}` })],
    ['with a key in another case', 401, () => ({ Authorization: `Bearer ${team.person('bob').key.toUpperCase()}` })],
    ['at a host that is not ours', 403, () => ({ Host: 'evil.test', ...keyOf('bob') })],
    ['from a page that is not ours', 403, () => ({ Origin: 'https://evil.test', ...keyOf('bob') })],
    ['with a key', 200, () => keyOf('bob')],
  ]
  const keyOf = (name: Name) => ({ Authorization: `Bearer ${team.person(name).key}` })

  it.each(attempts)('%s: %i', async (_, status, headers) => {
    const before = rows('select count(*) as n from users')
    const initialize = {
      ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
    }
    expect(await ask('GET', '/api/v1/projects/default/tools', headers())).toBe(status)
    expect(await ask('POST', '/mcp', headers(), JSON.stringify(initialize))).toBe(status)
    expect(rows('select count(*) as n from users')).toEqual(before)
  })

  function ask(method: string, path: string, given: Record<string, string>, body?: string): Promise<number> {
    const { hostname, port } = new URL(team.url)
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...given }
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    request({ hostname, port, method, path, headers }, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end(body)
    return promise
  }
})

describe('a server that was stopped', () => {
  it('over a deadline finds the proposal expired, tells its proposer, and takes no late vote', async () => {
    await team.join('gina', 'editor')
    const tool = await team
      .as('gina')
      .tools.propose({ tool: 'too_late', description: 'x', engine: 'jq', text: '"late"' })
    await vote('alice', tool)
    await team.server.close()
    const later = join(team.folder, 'a-day-later.mjs')
    await writeFile(later, 'const now = Date.now; Date.now = () => now() + 25 * 3_600_000\n')
    await team.restart({ env: { NODE_OPTIONS: `--import ${later}` } })
    expect(await team.owner.tools.get({ tool: 'too_late' })).toMatchObject({ state: 'expired' })
    expect(await refusalOf(vote('carol', tool))).toMatchObject({ code: 'TOOL_STATE_CONFLICT' })
    expect(await refusalOf(team.as('alice').tools.run({ tool: 'too_late' }))).toMatchObject({
      code: 'TOOL_NOT_APPROVED',
    })
    const told = async () => (await team.as('gina').inbox.list({})).items.map(item => `${item.type} ${item.subject}`)
    await expect.poll(told, { timeout: 20_000 }).toContain('tool.expired too_late')
    await team.server.close()
    await team.restart()
    expect(await team.owner.tools.get({ tool: 'too_late' })).toMatchObject({ state: 'expired' })
    expect(eventsOf('too_late').filter(type => type === 'tool.expired')).toHaveLength(1)
    expect(await team.as('alice').tools.run({ tool: 'total' })).toMatchObject({ value: 3 })
  }, 60_000)

  it('and started without learning offers no proposing, while what is approved answers', async () => {
    await team.server.close()
    await team.restart({ env: { SUPER_DATA_ENABLE_LEARNING: 'false' } })
    for (const era of ['modern', 'legacy'] as const) {
      await using library = await team.mcp('dave', { era, path: '/mcp/library' })
      const { tools } = await library.client.listTools()
      expect(tools.map(tool => tool.name)).not.toContain('propose_new_tool')
      const actions = tools.find(tool => tool.name === 'library')?.inputSchema.properties?.['action']
      expect((actions as { enum: string[] }).enum).not.toContain('submit')
      const input = { tool_name: 'x', tool_description: 'x', query_template: '1', required_functions: [] }
      const call = library.client.callTool({ name: 'propose_new_tool', arguments: input })
      await expect(call).rejects.toMatchObject({ code: -32602 })
      await using all = await team.mcp('dave', { era })
      expect((await all.client.callTool({ name: 'total', arguments: {} })).structuredContent).toMatchObject({
        value: 3,
      })
    }
    for (const refused of [propose('not_now'), team.as('dave').tools.submit({ tool: 'raced' })])
      expect(await refusalOf(refused)).toMatchObject({ code: 'LEARNING_DISABLED' })
  }, 60_000)
})
