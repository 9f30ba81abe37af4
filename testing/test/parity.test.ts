import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Answer, Output } from '@super-data/contract'
import { Installation, readServerSettings, type Server } from '@super-data/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectMcp, silentLog } from '../src/index.ts'
import { cliDoor, type Door, type Fields, httpDoor, mcpDoor, platformDoor, Refused, type Said } from './parity-doors.ts'

const folder = mkdtempSync(join(tmpdir(), 'super-data-parity-'))
const exactId = '12345678901234567890'

let installation: Installation
let server: Server
let key: string
let reference: Door

beforeAll(async () => {
  writeFileSync(
    join(folder, 'flights.json'),
    JSON.stringify(Array.from({ length: 30 }, (_, delay) => ({ id: `F${delay}`, delay }))),
  )
  writeFileSync(join(folder, 'wide.json'), `{"id": ${exactId}, "text": ${JSON.stringify('é👩'.repeat(1_000))}}`)
  const settings = readServerSettings({
    SUPER_DATA_HOME: join(folder, '.home'),
    SUPER_DATA_DATASETS_PATH: folder,
    SUPER_DATA_PORT: '0',
    SUPER_DATA_RATE_LIMIT_PER_MINUTE: '100000',
  })
  installation = await Installation.open(settings, { log: silentLog })
  server = await installation.listen()
  key = installation.firstStart!.ownerKey
  reference = platformDoor(installation.platform, key)
})

afterAll(async () => {
  await installation.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What an answer says, whenever it was given. */
function lasting({ runId: _, cached: __, elapsedMs, truncated, ...answer }: Answer) {
  expect(elapsedMs).toBeGreaterThanOrEqual(0)
  return { ...answer, truncated: truncated === false ? false : truncated.by }
}

async function refusalOf(call: Promise<unknown>): Promise<Said> {
  try {
    await call
  } catch (failure) {
    if (failure instanceof Refused) return failure.said
    throw failure
  }
  throw new Error('the call was expected to be refused')
}

const questions: readonly Fields[] = [
  { engine: 'jq', source: 'flights', text: 'map(.delay) | add' },
  { engine: 'jq', source: 'flights', text: '.[:2][] | {id}' },
  { engine: 'sql', text: 'select id, delay from flights where delay > $d order by delay', params: { d: 27 } },
]

const mistakes: readonly (readonly ['queries.ask' | 'tools.run' | 'tools.update' | 'functions.create', Fields])[] = [
  ['queries.ask', { engine: 'jq', source: 'flight', text: '.' }],
  ['queries.ask', { engine: 'jq', text: '.a | $ENV' }],
  ['queries.ask', { engine: 'jq', text: '$mim', params: { min: 1 } }],
  ['queries.ask', { engine: 'sql', text: 'select * from flights where' }],
  ['tools.run', { tool: 'nothing_of_that_name' }],
]

const doors: readonly (readonly [string, () => Promise<Door> | Door])[] = [
  ['in this process', () => platformDoor(installation.platform, key)],
  ['over HTTP with the typed client', () => httpDoor({ url: server.url, key })],
  ['over MCP of 2026', () => mcpDoor({ url: server.url, key }, 'modern')],
  ['over MCP of 2025', () => mcpDoor({ url: server.url, key }, 'legacy')],
  ['on the command line', () => cliDoor({ url: server.url, key })],
]

describe.each(doors)('%s', (_, open) => {
  let door: Door
  beforeAll(async () => {
    door = await open()
  })
  afterAll(() => door[Symbol.asyncDispose]())

  it('a question in jq and in SQL is answered alike', async () => {
    for (const question of questions) {
      const answer = await door.call('queries.ask', question)
      expect(lasting(answer)).toEqual(lasting(await reference.call('queries.ask', question)))
    }
  })

  it('a question that worked becomes a tool, and the tool answers with parameters', async () => {
    const tool = `late_by_${door.name}`
    const text = 'map(select(.delay > $minutes)) | length'
    const run = await door.call('queries.ask', { engine: 'jq', source: 'flights', text, params: { minutes: 20 } })
    expect(run).toMatchObject({ value: 9 })
    const draft = await door.call('tools.create', { tool, description: 'Late flights.', fromRun: run.runId })
    expect(draft).toMatchObject({
      state: 'draft',
      version: 1,
      origin: 'learned',
      definition: { source: 'flights', text },
    })
    expect(await door.call('tools.run', { tool, params: { minutes: 28 } })).toMatchObject({ value: 1, draft: true })
    expect(await door.call('tools.submit', { tool, allowSimilar: true })).toMatchObject({
      state: 'approved',
      review: 'none',
    })
    const called = await door.call('tools.run', { tool, params: { minutes: 25 } })
    expect(lasting(called)).toMatchObject({ value: 4, source: [{ name: 'flights' }] })
    expect(called).not.toHaveProperty('draft')
    expect(await door.call('tools.get', { tool })).toEqual(await reference.call('tools.get', { tool }))
  })

  it('a mistake is told with the same code, kind, message, hint and details', async () => {
    const tool = `typed_for_${door.name}`
    const parameters = { type: 'object', properties: { minutes: { type: 'integer' } }, required: ['minutes'] }
    await reference.call('tools.create', { tool, description: 'x', engine: 'jq', text: '$minutes', parameters })
    const wrong = [
      ...mistakes,
      ['tools.run', { tool, params: { minute: 'x' } }],
      ['tools.update', { tool, expectedVersion: 7, description: 'y' }],
      ['functions.create', { definition: 'def map(f): .;' }],
    ] as const
    for (const [operation, input] of wrong) {
      const expected = await refusalOf(reference.call(operation, input))
      expect(await refusalOf(door.call(operation, input))).toEqual(expected)
    }
  })

  it('a truncated answer is read on to its end, item by item and part by part', async () => {
    const answer = await door.call('queries.ask', { engine: 'jq', source: 'flights', text: 'map(.id)', maxRows: 12 })
    expect(answer).toMatchObject({ count: 12, truncated: { by: 'rows' } })
    const ids = [...(answer.value as string[]), ...(await readOn(door, answer, {})).items]
    expect(ids).toEqual(Array.from({ length: 30 }, (_, delay) => `F${delay}`))
    const long = await door.call('queries.ask', { engine: 'jq', source: 'wide', text: '.text', maxBytes: 1_000 })
    expect(long).toMatchObject({ count: 0, truncated: { by: 'bytes' } })
    const { text, pages } = await readOn(door, long, { maxBytes: 4_001 })
    expect(JSON.parse(text)).toBe('é👩'.repeat(1_000))
    expect(pages).toBe(2)
  })

  it('a list is paged without gaps', async () => {
    const all = (await reference.call('tools.list', { search: 'flights' })).items.map(tool => tool.name)
    const paged: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const more: Fields = cursor === '' ? {} : { cursor }
      const page: Output<'tools.list'> = await door.call('tools.list', { search: 'flights', limit: 4, ...more })
      expect(page.items.length).toBeLessThanOrEqual(4)
      paged.push(...page.items.map(tool => tool.name))
      cursor = page.cursor
    }
    expect(paged).toEqual(all)
    expect(all).toContain(`late_by_${door.name}`)
  })
})

async function readOn(door: Door, answer: Answer, limits: Fields) {
  if (!answer.truncated) throw new Error('the answer was expected to be truncated')
  const items: unknown[] = []
  let text = ''
  let pages = 0
  for (let cursor: string | null = ''; cursor !== null; pages++) {
    const more: Fields = cursor === '' ? {} : { cursor }
    const page: Output<'queries.read'> = await door.call('queries.read', {
      handle: answer.truncated.handle,
      ...limits,
      ...more,
    })
    items.push(...page.items)
    text += page.text ?? ''
    cursor = page.cursor
    expect(page.complete).toBe(true)
  }
  return { items, text, pages }
}

describe('a number that a double cannot hold', () => {
  const question = { engine: 'jq', source: 'wide', text: '.id' }

  it('leaves over HTTP with every digit', async () => {
    const response = await fetch(`${server.url}/api/v1/projects/default/queries`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
      body: JSON.stringify(question),
    })
    expect(await response.text()).toContain(`"value":${exactId}`)
  })

  it.each(['modern', 'legacy'] as const)('leaves over MCP (%s) with every digit', async era => {
    await using mcp = await connectMcp(`${server.url}/mcp`, { era, key })
    const { content } = await mcp.client.callTool({ name: 'queries', arguments: { action: 'ask', ...question } })
    expect(JSON.stringify(content)).toContain(`\\"value\\":${exactId}`)
  })
})

describe('a team tool at an agent', () => {
  it.each(['modern', 'legacy'] as const)('answers under its own name (%s)', async era => {
    const tool = `own_name_${era}`
    const parameters = { properties: { n: { type: 'integer', default: 2 } } }
    await reference.call('tools.create', { tool, description: 'Doubles.', engine: 'jq', text: '$n * 2', parameters })
    await reference.call('tools.submit', { tool })
    await using mcp = await connectMcp(`${server.url}/mcp`, { era, key })
    const listed = (await mcp.client.listTools()).tools.find(each => each.name === tool)
    expect(listed).toMatchObject({ description: 'Doubles.', inputSchema: { properties: parameters.properties } })
    const result = await mcp.client.callTool({ name: tool, arguments: { n: 21 } })
    expect(result.structuredContent).toMatchObject({ value: 42 })
    const refused = await mcp.client.callTool({ name: tool, arguments: { n: 'x' } })
    const expected = await refusalOf(reference.call('tools.run', { tool, params: { n: 'x' } }))
    expect(refused).toMatchObject({ isError: true, structuredContent: { error: expected } })
  })
})
