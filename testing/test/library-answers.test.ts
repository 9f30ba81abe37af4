// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what these tests are about.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../src/run-command.ts'
import { cleanEnvironment, launcher } from '../src/server-process.ts'
import { refusalOf, Team } from '../src/team.ts'

const canary = 'canary-7be1c09'
const fivePoints = { data: [10, 20, 30, 25, 50] }

let team: Team<'alice' | 'carol' | 'dave'>
beforeAll(async () => {
  team = await Team.open({
    people: { alice: 'editor', carol: 'editor', dave: 'editor' },
    seeds: true,
    files: { 'metrics.json': JSON.stringify(fivePoints) },
    server: { env: { CANARY: canary, SUPER_DATA_LOG_LEVEL: 'debug', SUPER_DATA_MAX_PENDING_TOOLS: '100' } },
  })
}, 60_000)
afterAll(async () => {
  const printed = team.server.output
  await team[Symbol.asyncDispose]()
  expect(printed).not.toContain(canary)
})

/** A tool that the team approved. */
async function approved(tool: string, text: string, more: Record<string, unknown> = {}) {
  const proposed = await team
    .as('dave')
    .tools.propose({ tool, description: 'A question.', engine: 'jq', text, ...more })
  for (const name of ['alice', 'carol'])
    await team.as(name).tools.vote({ tool, vote: 'approve', hash: proposed.hash, comment: '' })
  return team.as('dave').tools.get({ tool })
}

async function approvedFunction(definition: string) {
  const made = await team.as('dave').functions.create({ definition })
  const name = `${made.name}/${made.arity}`
  const submitted = await team.as('dave').functions.submit({ function: name })
  for (const voter of ['alice', 'carol'])
    await team.as(voter).functions.vote({ function: name, vote: 'approve', hash: submitted.hash, comment: '' })
  return team.as('dave').functions.get({ function: name })
}

describe('an installation with seeds, from an empty folder', () => {
  it.each(['modern', 'legacy'] as const)('lists them and answers with right values (%s)', async era => {
    await using mcp = await team.mcp('dave', { era })
    const names = async () => (await mcp.client.listTools()).tools.map(tool => tool.name)
    const first = await names()
    expect(first).toEqual(expect.arrayContaining(['library', 'analyze_performance', 'trend_analysis']))
    expect(await names()).toEqual(first)
    const call = async (params: Record<string, unknown>) => {
      const result = await mcp.client.callTool({ name: 'trend_analysis', arguments: params })
      return (result.structuredContent as { value: unknown }).value
    }
    expect(await call({ window_size: 3 })).toEqual({
      original_data: fivePoints.data,
      trends: [20, 25, 35],
      direction: 'increasing',
    })
    expect(await call({})).toMatchObject({ trends: [], direction: 'not enough data' })
    expect(await call({ window_size: 7 })).toEqual(await call({}))
  })

  it('remembers who asked what, how long it took, and of which version', async () => {
    const { runId } = await team.as('alice').tools.run({ tool: 'trend_analysis', params: { window_size: 2 } })
    const run = await team.as('alice').queries.run({ run: runId })
    expect(run).toMatchObject({ user: 'alice', tool: 'trend_analysis', source: 'metrics', outcome: 'ok' })
    expect(run.elapsedMs).toBeGreaterThan(0)
    const { hash } = await team.owner.tools.get({ tool: 'trend_analysis' })
    const logged = () => {
      using file = new DatabaseSync(join(team.server.home, 'database', 'telemetry.db'), { readOnly: true })
      return file.prepare('select tool_hash, user_name from runs where id = ?').get(runId)
    }
    await expect.poll(logged).toMatchObject({ tool_hash: hash, user_name: 'alice' })
  })
})

const hostile: readonly (readonly [string, string])[] = [
  ['a closing quote', 'x", e:$ENV.CANARY, z:"'],
  ['an interpolation', '\\(env.CANARY)'],
  ['a comment', '#'],
  ['a pipe to input', '")|input|("'],
  ['a new line', 'a\nb'],
  ['a carriage return', 'a\r\n# b'],
  ['a placeholder', '${dataset_name}'],
  ['a replacement pattern', '$&'],
  ['a back reference', '$1$$'],
  ['an object with $ref', '{"$ref":"#/x"}'],
  ['200 KB', 'ab"\\('.repeat(40_000)],
  ['emoji', '👩‍👩‍👧‍👦 ✅'],
  ['a right-to-left mark', 'a\u202eb'],
  ['a NUL', 'a\u0000b'],
]

describe('a value of a parameter', () => {
  it.each(hostile)('comes back as it was given, whichever way it came: %s', async (_, value) => {
    const params = { dataset_name: value, dataset: 'sales' }
    const overHttp = await team.as('dave').tools.run({ tool: 'analyze_performance', params, maxBytes: 1_000_000 })
    await using mcp = await team.mcp('dave', { era: 'modern' })
    const overMcp = await mcp.client.callTool({ name: 'analyze_performance', arguments: params })
    expect(overHttp.value).toMatchObject({ dataset: value })
    if (value.length < 10_000) expect(overMcp.structuredContent).toMatchObject({ value: { dataset: value } })
    expect(JSON.stringify([overHttp, overMcp])).not.toContain(canary)
  })

  it('of another type is refused with its place', async () => {
    const run = (params: Record<string, never>) => team.as('dave').tools.run({ tool: 'trend_analysis', params })
    for (const window_size of ['7|env', 0, 2.5, null, [3], { a: 1 }, true]) {
      const refused = await refusalOf(run({ window_size } as never))
      expect(refused).toMatchObject({ code: 'PARAMETERS_INVALID', kind: 'invalid' })
      expect(refused.message).toContain('/window_size')
    }
  })
})

describe('a program that reaches outside', () => {
  it.each([
    '$ENV',
    '"\\(env)"',
    '$__loc__ | env',
    'import "x" as $y {search:"/etc"}; .',
    'include "x"; .',
    '"a"|modulemeta',
    'input',
    '[inputs]',
    'debug',
    'input_line_number',
    'get_search_list',
    '# c \n env',
    '# c \\\nenv',
    '1 # c \\\r\n, env',
    'def f: env; 1',
    '.)]} catch ., ([{(',
    '@base64 "\\($ENV)"',
    '. as [$a, {b: $c}] | $ENV',
    'try error(env) catch .',
    'ltrimstr(env.CANARY)',
    'halt_error',
    '"x" | ltrimstr("x") | input_filename',
  ])('is refused when it is proposed, with its place: %s', async text => {
    const refused = await refusalOf(
      team.as('dave').tools.propose({ tool: 'hostile', description: 'Bad.', engine: 'jq', text }),
    )
    expect(refused.code).toMatch(/^JQ_/)
    expect(refused.details).toMatchObject({ position: { line: expect.any(Number) } })
    expect(JSON.stringify(refused)).not.toContain(canary)
    expect(await refusalOf(team.owner.tools.get({ tool: 'hostile' }))).toMatchObject({ code: 'TOOL_MISSING' })
  })

  it.each([
    'def f: .; env |',
    'def f: . # c \\\n | env\n;',
    'def map(f): .;',
    'def f: $ENV;',
    'def f: .; def g: .;',
    'def env: 1;',
  ])('is refused as a function: %s', async definition => {
    const refused = await refusalOf(team.as('dave').functions.create({ definition }))
    expect(refused.code).toMatch(/^JQ_|^FUNCTION_INVALID/)
    expect(refused.details).toMatchObject({ position: { line: expect.any(Number) } })
  })

  it.each(['.env', '"env"', '{"env":1}', '.["$ENV"]', '{env: .input}', '# env\n.', '"\\("env")"', '.a.debug?'])(
    'is not what only looks like one: %s',
    async text => {
      const tool = 'looks_hostile'
      const draft = await refusalOf(team.as('dave').tools.get({ tool })).catch(() => undefined)
      if (draft) await team.as('dave').tools.create({ tool, description: 'Fine.', engine: 'jq', text })
      else {
        const { version } = await team.as('dave').tools.get({ tool })
        await team.as('dave').tools.update({ tool, expectedVersion: version, text })
      }
      expect((await team.as('dave').tools.get({ tool })).definition.text).toBe(text)
    },
  )

  it('put into the file behind the server’s back is refused at the call', async () => {
    await approved('innocent', '1')
    expect(await team.as('alice').tools.run({ tool: 'innocent' })).toMatchObject({ value: 1 })
    const definition = { description: 'x', engine: 'jq', text: '$ENV.CANARY', mode: 'document', sources: [] }
    const file = new DatabaseSync(join(team.server.home, 'database', 'tools.db'), { timeout: 5_000 })
    file
      .prepare(`update versions set definition = ? where owner_id = (select id from tools where name = 'innocent')`)
      .run(JSON.stringify({ ...definition, parameters: {} }))
    file.close()
    await approved('after_innocent', '2')
    expect(await refusalOf(team.as('alice').tools.run({ tool: 'innocent' }))).toMatchObject({ code: 'TOOL_ALTERED' })
    expect(await team.as('alice').tools.run({ tool: 'after_innocent' })).toMatchObject({ value: 2 })
    await team.owner.tools.disable({ tool: 'innocent', comment: 'Altered.' })
  })
})

describe('functions that use functions', () => {
  beforeAll(async () => {
    await approvedFunction('def chain_c: .n * 2;')
    await approvedFunction('def chain_b(f): (f | chain_c) + 1;')
    await approvedFunction('def chain_b(f; $g): f + $g;')
    await approvedFunction('def chain_a: chain_b(.);')
    await approvedFunction('def not_needed: "chain_a # chain_c";')
  }, 60_000)

  it('come along when they are called, in order, by name and number of arguments', async () => {
    const tool = await approved('chained', '{n: 5} | chain_a, "chain_b(1; 2) not_needed" # not_needed')
    expect(tool.functions.map(each => `${each.name}/${each.arity}`)).toEqual(['chain_c/0', 'chain_b/1', 'chain_a/0'])
    const explained = await team.as('dave').tools.explain({ tool: 'chained' })
    const definitions = explained.program.match(/^def \w+/gm)
    expect(definitions).toEqual(['def chain_c', 'def chain_b', 'def chain_a'])
    expect(explained.functions.every(each => /^[0-9a-f]{64}$/.test(each.hash))).toBe(true)
    expect((await team.as('dave').tools.run({ tool: 'chained' })).value).toEqual([11, 'chain_b(1; 2) not_needed'])
    expect((await approved('overloaded', '{n: 5} | chain_b(1; 2)')).functions).toMatchObject([
      { name: 'chain_b', arity: 2 },
    ])
  })

  it('that are missing are named, with what is near', async () => {
    const propose = (text: string) =>
      refusalOf(team.as('dave').tools.propose({ tool: 'missing_one', description: 'x', engine: 'jq', text }))
    const missing = await propose('chain_d')
    expect(missing).toMatchObject({ kind: 'invalid' })
    expect(missing.message).toContain('chain_d')
    expect(JSON.stringify(missing)).toMatch(/chain_[abc]/)
    expect((await propose('chain_b(1; 2; 3)')).message).toContain('chain_b/3')
    const required = { tool: 'says_more', description: 'x', engine: 'jq', text: '1' } as const
    const refused = await refusalOf(team.as('dave').tools.propose({ ...required, requiredFunctions: ['chain_a'] }))
    expect(refused.message).toContain('chain_a')
  })

  it('cannot go round in a circle', async () => {
    const refused = await refusalOf(team.as('dave').functions.create({ definition: 'def chain_c: chain_a;' }))
    expect(refused.kind).toBe('invalid')
    expect(refused.message).toMatch(/chain_c.*chain_a|chain_a.*chain_c/)
  })

  it('that fail say why', async () => {
    await approvedFunction('def fails_inside: .a as $a | error("too small: \\($a)");')
    await approved('failing', '{a: 1} | fails_inside')
    const failed = await refusalOf(team.as('dave').tools.run({ tool: 'failing' }))
    expect(failed).toMatchObject({ code: 'JQ_RUNTIME', message: 'too small: 1', kind: 'invalid' })
  })

  it('say so with their own name and line, whoever called them, on every door', async () => {
    await approvedFunction('def inner_c:\n  . as $x\n  | .name;')
    await approvedFunction('def inner_b: [.[]\n| inner_c];')
    await approvedFunction('def inner_a:\n\n  inner_b;')
    await approved('deep', '# the tool\n[5]\n| inner_a')
    const message = 'Cannot index number with string ("name")'
    const hint = 'It failed at line 3, column 5 in function inner_c/0 (version 1).'
    const details = { function: 'inner_c/0', version: 1, position: { line: 3, column: 5 } }
    const problem = { code: 'JQ_RUNTIME', message, hint, details }
    expect(await refusalOf(team.as('dave').tools.run({ tool: 'deep' }))).toMatchObject(problem)
    await using mcp = await team.mcp('dave', { era: 'modern' })
    const said = await mcp.client.callTool({ name: 'deep', arguments: {} })
    expect(said).toMatchObject({ isError: true, structuredContent: { error: problem } })
    expect(said.content).toEqual([{ type: 'text', text: `${message} (JQ_RUNTIME)\n${hint}` }])
    const command = await runCommand(process.execPath, {
      args: [launcher, 'tools', 'run', 'deep'],
      env: { ...cleanEnvironment(), SUPER_DATA_URL: team.url, SUPER_DATA_API_KEY: team.person('dave').key },
      cwd: team.folder,
    })
    expect(command.code).not.toBe(0)
    expect(command.stderr).toContain(`${message}\nhint:  ${hint}`)
  })

  it('leave the line of the question to the question', async () => {
    const asked = (text: string) => refusalOf(team.as('dave').queries.ask({ engine: 'jq', text }))
    const hint = 'It failed at line 3, column 7 in the text of the query.'
    expect(await asked('{n: 1} | chain_a, # 3\n\n (1 | .name)')).toMatchObject({ code: 'JQ_RUNTIME', hint })
  })
})

describe.each(['modern', 'legacy'] as const)('agents that manage the library by the names of its tools (%s)', era => {
  const connect = (name: 'alice' | 'dave' | 'owner') => team.mcp(name, { era, path: '/mcp/library' })
  const tool = `efficiency_${era}`

  /** What the tool answers, or the problem it tells. */
  async function call(who: 'alice' | 'dave' | 'owner', name: string, input: Record<string, unknown>) {
    await using mcp = await connect(who)
    return (await mcp.client.callTool({ name, arguments: input })).structuredContent
  }

  it('propose, try, vote, approve and call', async () => {
    const proposal = {
      tool_name: tool,
      tool_description: 'How efficient a dataset is.',
      query_template: `calculate_efficiency(.revenue; .cost) as $e | {dataset: "\${dataset_name}", ${era}: $e}`,
      required_functions: ['calculate_efficiency'],
      parameters: [{ name: 'dataset_name', type: 'string', required: true }],
      justification: 'We look at it every week.',
      dataset: 'sales',
      allow_similar: true,
    }
    const proposed = await call('dave', 'propose_new_tool', proposal)
    expect(proposed).toMatchObject({ name: tool, state: 'pending', justification: proposal.justification })
    const { hash, id } = proposed as { hash: string; id: string }
    const params = { dataset_name: 'x' }
    expect(await call('alice', 'dry_run_tool', { tool_id: tool, params })).toMatchObject({
      answer: { value: { dataset: 'x', [era]: 52 } },
    })
    expect(await call('dave', 'vote_on_tool', { tool_id: tool, vote: 'approve', comment: '' })).toMatchObject({
      error: { code: 'VOTE_NOT_ELIGIBLE' },
    })
    expect(await call('alice', 'vote_on_tool', { tool_id: id, vote: 'approve', comment: 'Good.' })).toMatchObject({
      state: 'pending',
      votes: [{ user: 'alice', vote: 'approve', comment: 'Good.' }],
    })
    for (const [who, input] of [
      ['alice', { tool_id: tool, confirm: true }],
      ['owner', { tool_id: tool }],
      ['owner', { tool_id: `${tool}@${'0'.repeat(64)}`, confirm: true }],
    ] as const)
      expect(await call(who, 'approve_tool', input)).toHaveProperty('error')
    expect(await call('owner', 'approve_tool', { tool_id: `${tool}@${hash}`, confirm: true })).toMatchObject({
      state: 'approved',
    })
    await using mcp = await team.mcp('alice', { era })
    const answer = await mcp.client.callTool({ name: tool, arguments: params })
    expect(answer.structuredContent).toMatchObject({ value: { dataset: 'x', [era]: 52 } })
  })

  it('read in the list what a tool answered its test cases, and take any other answer', async () => {
    const seen = `seen_${era}`
    await approved(seen, 'if $n > 5 then {n: $n, more: null} else "few" end', {
      parameters: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
      tests: [{ params: { n: 9 }, expected: { n: 9, more: null } }],
      allowSimilar: true,
    })
    await using mcp = await team.mcp('alice', { era })
    const { tools } = await mcp.client.listTools()
    const value = { anyOf: [{ type: 'object', properties: { n: { type: 'number' }, more: { type: 'null' } } }, {}] }
    expect(tools.find(listed => listed.name === seen)?.outputSchema).toMatchObject({ properties: { value } })
    for (const [n, value] of [
      [1, 'few'],
      [9, { n: 9, more: null }],
    ] as const)
      expect((await mcp.client.callTool({ name: seen, arguments: { n } })).structuredContent).toMatchObject({ value })
  })

  it('search, explain, look at data, statistics and activity', async () => {
    expect(await call('alice', 'search_tools', { query: 'trend' })).toMatchObject({
      items: [{ name: 'trend_analysis' }],
    })
    expect(await call('alice', 'explain_tool', { tool_id: 'trend_analysis' })).toMatchObject({
      functions: [{ name: 'analyze_trends' }],
    })
    expect(await call('alice', 'introspect_dataset', { dataset: 'sales' })).toMatchObject({
      dataset: 'sales',
      dataVersion: expect.any(String),
      schemaVersion: 1,
      isCompatible: true,
    })
    const { items } = (await call('alice', 'list_functions', {})) as { items: { name: string }[] }
    expect(items.map(each => each.name)).toEqual(expect.arrayContaining(['analyze_trends', 'calculate_efficiency']))
    for (const period of ['day', 'week', 7, 'all'])
      expect(await call('alice', 'get_tool_stats', { period })).toMatchObject({ overall: expect.anything() })
    expect(await call('alice', 'get_team_activity', { days: 7 })).toMatchObject({
      people: expect.arrayContaining([expect.objectContaining({ user: 'dave' })]),
    })
  })

  it('write functions, which are drafts until the team approves them', async () => {
    const definition = `def half_${era}: . / 2;`
    expect(await call('dave', 'create_function', { definition, description: 'Half.' })).toMatchObject({
      name: `half_${era}`,
      state: 'draft',
    })
    const submitted = await call('dave', 'create_function', {
      definition: `def third_${era}: . / 3;`,
      description: 'A third.',
      submit: true,
    })
    expect(submitted).toMatchObject({ state: 'pending', votesNeeded: 2 })
    const early = { tool_name: `early_${era}`, tool_description: 'x', query_template: `6 | half_${era}` }
    expect(await call('alice', 'propose_new_tool', { ...early, required_functions: [`half_${era}`] })).toMatchObject({
      error: { code: expect.stringMatching(/^FUNCTION_/) },
    })
  })

  it.each([
    ['propose_new_tool', { tool_name: 'x' }],
    ['vote_on_tool', { tool_id: 'trend_analysis', vote: 'maybe' }],
    ['vote_on_tool', { tool_id: 'nothing', vote: 'approve' }],
    ['get_team_activity', { days: 0 }],
    ['get_tool_stats', { period: 'fortnight' }],
    ['introspect_dataset', { dataset: 'nothing' }],
    ['introspect_dataset', { dataset: '../../etc/passwd' }],
    ['explain_tool', { tool_id: 'nothing' }],
    ['create_function', { definition: 'def f: .; .' }],
    ['list_functions', { limit: -1 }],
  ])('are told what is wrong: %s %j', async (name, input) => {
    expect(await call('dave', name, input)).toMatchObject({
      error: { code: expect.any(String), kind: expect.any(String) },
    })
  })
})
