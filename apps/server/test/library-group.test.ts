import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectMcp, silentLog } from '@super-data/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Installation } from '../src/installation.ts'
import { readServerSettings } from '../src/settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'super-data-group-'))

async function open(home: string, more: Record<string, string> = {}) {
  const settings = readServerSettings({
    SUPER_DATA_HOME: join(folder, home),
    SUPER_DATA_DATASETS_PATH: folder,
    SUPER_DATA_PORT: '0',
    ...more,
  })
  const installation = await Installation.open(settings, { log: silentLog })
  const { url } = await installation.listen()
  const key = installation.firstStart?.ownerKey ?? ''
  const connect = () => connectMcp(`${url}/mcp/library`, { era: 'modern', key })
  const mcp = await connect()
  return {
    mcp,
    connect,
    async call(name: string, input: Record<string, unknown> = {}) {
      const result = await mcp.client.callTool({ name, arguments: input })
      return { ...(result.structuredContent as Record<string, unknown>), isError: result.isError === true } as Record<
        string,
        unknown
      >
    },
    async close() {
      await mcp[Symbol.asyncDispose]()
      await installation.close()
    },
  }
}

type Opened = Awaited<ReturnType<typeof open>>

beforeAll(() =>
  writeFileSync(join(folder, 'sales.json'), '[{"region":"north","amount":10},{"region":"south","amount":20}]'),
)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the group of the library', () => {
  let team: Opened
  beforeAll(async () => {
    team = await open('.one')
  })
  afterAll(() => team.close())

  it('lists every step as a tool of its own', async () => {
    const { tools } = await team.mcp.client.listTools()
    expect(tools.map(tool => tool.name)).toEqual([
      'library',
      'search_tools',
      'explain_tool',
      'propose_new_tool',
      'list_proposals',
      'vote_on_tool',
      'approve_tool',
      'dry_run_tool',
      'roll_back_tool',
      'list_functions',
      'create_function',
      'get_function_history',
      'roll_back_function',
      'introspect_dataset',
      'get_tool_stats',
      'get_team_activity',
      'get_inbox',
    ])
    const propose = tools.find(tool => tool.name === 'propose_new_tool')
    expect(Object.keys(propose?.inputSchema.properties ?? {})).toEqual(
      expect.arrayContaining([
        ...['tool_name', 'tool_description', 'query_template', 'required_functions', 'parameters', 'justification'],
      ]),
    )
  })

  it('takes a tool from its proposal to its use', async () => {
    await team.call('create_function', { definition: 'def cents: . * 100;', submit: true })
    expect(await team.call('list_functions')).toMatchObject({ items: [{ name: 'cents', state: 'approved' }] })
    const proposed = await team.call('propose_new_tool', {
      tool_name: 'regional_sales',
      tool_description: 'What a region sold.',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder, as templates write it.
      query_template: '[.[] | select(.region == "${region}") | .amount | cents] | add // 0',
      required_functions: ['cents'],
      parameters: [{ name: 'region', type: 'string', required: true, description: 'Which one.' }],
      justification: 'Asked every day.',
      dataset: 'sales',
    })
    expect(proposed).toMatchObject({
      state: 'approved',
      review: 'none',
      justification: 'Asked every day.',
      origin: 'learned',
    })
    const found = await team.call('search_tools', { query: 'region' })
    expect(found).toMatchObject({ items: [{ name: 'regional_sales' }] })
    expect(await team.call('explain_tool', { tool_id: proposed['id'] })).toMatchObject({
      functions: [{ name: 'cents' }],
    })
    const tried = await team.call('dry_run_tool', { tool_id: 'regional_sales', params: { region: 'south' } })
    expect(tried).toMatchObject({ answer: { value: 2000 } })
    expect(await team.call('regional_sales', { region: 'north' })).toMatchObject({ value: 1000 })
    await using fresh = await team.connect()
    expect((await fresh.client.listTools()).tools.at(-1)).toMatchObject({ name: 'regional_sales' })
    expect(await team.call('get_team_activity', { days: 1 })).toMatchObject({ people: [{ user: 'owner', created: 2 }] })
    expect(await team.call('introspect_dataset', { dataset: 'sales' })).toMatchObject({
      ...{ data_version: expect.any(String), schema_version: 1, is_compatible: true },
      tools: [{ tool: 'regional_sales', isCompatible: true }],
    })
    for (const period of ['week', '7d', '24h', 30])
      expect(await team.call('get_tool_stats', { period })).toMatchObject({ tools: [{ tool: 'regional_sales' }] })
  })

  it('takes parameters as a list, as a map, or as a schema; what it reads is the only dataset there is', async () => {
    const given = {
      list: [{ name: 'factor', type: 'integer', default: 2 }],
      map: { factor: { type: 'integer', default: 2 } },
      words: { factor: 'integer' },
      schema: { type: 'object', properties: { factor: { type: 'integer' } }, required: ['factor'] },
    }
    for (const [name, parameters] of Object.entries(given)) {
      await team.call('propose_new_tool', {
        ...{ tool_name: `scaled_${name}`, tool_description: `Scaled, by ${name}.`, parameters },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder, as templates write it.
        query_template: 'map(.amount * ${factor})',
      })
      expect(await team.call(`scaled_${name}`, { factor: 3 })).toMatchObject({ value: [30, 60] })
    }
  })

  it('takes a name with a function, which must be its own', async () => {
    const definition = 'def tenth: . / 10;'
    expect(await team.call('create_function', { name: 'tenth', definition })).toMatchObject({ name: 'tenth' })
    expect(await team.call('create_function', { name: 'fifth', definition })).toMatchObject({
      error: { code: 'NAME_NOT_DEFINED' },
    })
  })

  it('shows a reviewer a function with its hash, what changed in it, and its history', async () => {
    await team.call('create_function', { definition: 'def half: . / 2;', submit: true })
    await team.call('create_function', { definition: 'def half: . * 0.5;' })
    const get = { action: 'get_function', function: 'half' }
    expect(await team.call('library', get)).toMatchObject({
      ...{ version: 2, state: 'draft', approvedVersion: 1 },
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(await team.call('library', { action: 'diff_function', function: 'half' })).toMatchObject({
      ...{ from: 1, to: 2 },
      text: expect.stringContaining('+ def half: . * 0.5;'),
    })
    expect(await team.call('get_function_history', { function: 'half' })).toMatchObject({
      items: [{ version: 2 }, { version: 1 }],
    })
    expect(await team.call('roll_back_function', { function: 'half', version: 1 })).toMatchObject({
      ...{ version: 3, definition: 'def half: . / 2;' },
    })
    const vote = { action: 'vote_function', function: 'half', vote: 'approve', hash: '0'.repeat(12) }
    expect(await team.call('library', vote)).toMatchObject({
      error: {
        code: 'TOOL_STATE_CONFLICT',
        hint: expect.stringContaining('Read the function again'),
        retryable: false,
      },
    })
    expect(await team.call('get_inbox')).toMatchObject({ items: [], unseen: 0 })
  })

  it('takes a tool back to what it was, and shows the difference', async () => {
    const tool = { action: 'update', tool: 'regional_sales', expectedVersion: 1, description: 'Sales of a region.' }
    await team.call('library', tool)
    expect(await team.call('library', { action: 'diff', tool: 'regional_sales' })).toMatchObject({
      changes: [{ path: '/description', to: 'Sales of a region.' }],
    })
    expect(await team.call('roll_back_tool', { tool_id: 'regional_sales', version: 1 })).toMatchObject({
      ...{ version: 3, definition: { description: 'What a region sold.' } },
    })
  })

  it('says what is wrong with what it is given', async () => {
    expect(await team.call('propose_new_tool', { tool_name: 'x' })).toMatchObject({
      isError: true,
      error: { code: 'TOOL_INPUT_INVALID', hint: expect.stringContaining('query_template') },
    })
    const unused = { tool_name: 'unused', tool_description: 'x', query_template: '1', required_functions: ['cents'] }
    expect(await team.call('propose_new_tool', unused)).toMatchObject({
      isError: true,
      error: { code: 'TOOL_INVALID', message: 'it does not use cents' },
    })
    const voting = team.call('vote_on_tool', { tool_id: 'regional_sales', vote: 'approve', comment: '' })
    expect(await voting).toMatchObject({ isError: true, error: { code: 'TOOL_STATE_CONFLICT' } })
    const approving = team.call('approve_tool', { tool_id: 'regional_sales' })
    expect(await approving).toMatchObject({ isError: true, error: { code: 'INPUT_INVALID' } })
  })
})

it('offers nothing to propose with where learning is switched off, and refuses it', async () => {
  const off = await open('.off', { SUPER_DATA_ENABLE_LEARNING: 'false' })
  try {
    const { tools } = await off.mcp.client.listTools()
    expect(tools.map(tool => tool.name)).not.toContain('propose_new_tool')
    const library = tools.find(tool => tool.name === 'library')
    expect(library?.description).toContain('create(')
    expect(library?.description).not.toMatch(/submit|propose/)
    await expect(off.call('propose_new_tool', { tool_name: 'x' })).rejects.toMatchObject({ code: -32602 })
    expect(await off.call('library', { action: 'submit', tool: 'x' })).toMatchObject({
      isError: true,
      error: { code: 'ACTION_UNKNOWN' },
    })
  } finally {
    await off.close()
  }
})
