import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { revisions } from '../src/mcp-client.ts'
import { ServerProcess } from '../src/server-process.ts'
import { Team } from '../src/team.ts'

const meta = {
  'io.modelcontextprotocol/protocolVersion': revisions.modern,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'wire', version: '1' },
}
const list = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } }
const call = {
  ...{ jsonrpc: '2.0', id: 2, method: 'tools/call' },
  params: { name: 'trend_analysis', arguments: { window_size: 3 }, _meta: meta },
}
const modern = { 'Mcp-Protocol-Version': revisions.modern }
const legacyHello = (protocolVersion: string) => ({
  ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
  params: { protocolVersion, capabilities: {}, clientInfo: { name: 'wire', version: '1' } },
})

let team: Team<'alice'>
beforeAll(async () => {
  team = await Team.open({ people: { alice: 'editor' }, seeds: true })
}, 60_000)
afterAll(() => team[Symbol.asyncDispose]())

interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The JSON-RPC message, whether it came as JSON or as an event. */
  readonly message: { result?: Record<string, unknown>; error?: { code: number; data?: unknown } }
}

async function send(
  headers: Record<string, string>,
  body: unknown,
  { method = 'POST', url = team.url, key = team.person('alice').key } = {},
): Promise<Answered> {
  const raw = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  const response = await fetch(`${url}/mcp`, {
    method,
    headers: {
      Authorization: `Bearer ${key}`,
      Accept: 'application/json, text/event-stream',
      'Content-Type': 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body: raw as string }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, message: messageIn(text) }
}

function messageIn(text: string): Answered['message'] {
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? text
  try {
    return JSON.parse(data) as Answered['message']
  } catch {
    return {}
  }
}

describe('revision 2026-07-28 on the wire', () => {
  it('says what the server can do, how long that holds, and for whom', async () => {
    const discover = { ...list, method: 'server/discover' }
    const { status, message } = await send({ ...modern, 'Mcp-Method': 'server/discover' }, discover)
    expect(status).toBe(200)
    expect(message.result).toMatchObject({
      supportedVersions: expect.arrayContaining([revisions.modern]),
      capabilities: { tools: { listChanged: true } },
      ttlMs: expect.any(Number),
      cacheScope: 'private',
    })
    const listed = await send({ ...modern, 'Mcp-Method': 'tools/list' }, list)
    expect(listed.message.result).toMatchObject({ ttlMs: expect.any(Number), cacheScope: 'private' })
    expect(listed.headers.get('mcp-session-id')).toBeNull()
  })

  it.each([
    ['another method', { ...modern, 'Mcp-Method': 'tools/call' }, list],
    ['no method', modern, list],
    ['another name', { ...modern, 'Mcp-Method': 'tools/call', 'Mcp-Name': 'analyze_performance' }, call],
    ['no name', { ...modern, 'Mcp-Method': 'tools/call' }, call],
    ['another revision', { 'Mcp-Protocol-Version': revisions.legacy, 'Mcp-Method': 'tools/list' }, list],
  ])('headers that name %s than the body are refused', async (_, headers, body) => {
    const { status, message } = await send(headers as Record<string, string>, body)
    expect(status).toBe(400)
    expect(message.error?.code).toBe(-32020)
  })

  it.each(['2031-01-01', '2027-01-01'])('revision %s is not known here, and it says which are', async version => {
    const body = { ...list, params: { _meta: { ...meta, 'io.modelcontextprotocol/protocolVersion': version } } }
    const { status, message } = await send({ 'Mcp-Protocol-Version': version, 'Mcp-Method': 'tools/list' }, body)
    expect(status).toBe(400)
    expect(message.error).toMatchObject({ code: -32022, data: { supported: [revisions.modern], requested: version } })
  })

  it('an unknown method, missing arguments and a missing envelope are told apart', async () => {
    const unknown = await send({ ...modern, 'Mcp-Method': 'tools/dance' }, { ...list, method: 'tools/dance' })
    expect([unknown.status, unknown.message.error?.code]).toEqual([404, -32601])
    const bare = await send({ ...modern, 'Mcp-Method': 'tools/list' }, { ...list, params: {} })
    expect([bare.status, bare.message.error?.code]).toEqual([400, -32602])
    const nameless = { ...call, params: { _meta: meta } }
    const { message } = await send({ ...modern, 'Mcp-Method': 'tools/call', 'Mcp-Name': 'x' }, nameless)
    expect(message.error?.code).toBe(-32602)
  })
})

describe('revision 2025-11-25 on the wire', () => {
  it('begins with a session, asks within it, and ends it', async () => {
    const hello = await send({}, legacyHello(revisions.legacy))
    const session = hello.headers.get('mcp-session-id') ?? ''
    expect(hello.message.result).toMatchObject({ protocolVersion: revisions.legacy })
    const within = { 'Mcp-Session-Id': session, 'Mcp-Protocol-Version': revisions.legacy }
    const initialized = await send(within, { jsonrpc: '2.0', method: 'notifications/initialized' })
    expect(initialized.status).toBe(202)
    const asked = await send(within, { jsonrpc: '2.0', id: 2, method: 'tools/list' })
    expect(asked.message.result).toMatchObject({ tools: expect.arrayContaining([expect.anything()]) })
    const params = { name: 'trend_analysis', arguments: { window_size: 3 } }
    const called = await send(within, { jsonrpc: '2.0', id: 3, method: 'tools/call', params })
    expect(called.message.result).toMatchObject({ structuredContent: { count: 1 } })
    expect((await send(within, undefined, { method: 'DELETE' })).status).toBe(200)
    expect((await send(within, { jsonrpc: '2.0', id: 4, method: 'tools/list' })).status).toBe(404)
  })

  it.each([['2025-06-18'], ['2025-03-26'], ['2024-11-05']])('older %s is spoken too', async version => {
    expect((await send({}, legacyHello(version))).message.result).toMatchObject({ protocolVersion: version })
  })

  it('a revision of nobody is answered with one that is', async () => {
    const { message } = await send({}, legacyHello('1999-01-01'))
    expect(message.result).toMatchObject({ protocolVersion: revisions.legacy })
  })

  it('no session is 400, an unknown or another’s is 404', async () => {
    const ask = { jsonrpc: '2.0', id: 2, method: 'tools/list' }
    expect((await send({}, ask)).status).toBe(400)
    expect((await send({ 'Mcp-Session-Id': 'made-up' }, ask)).status).toBe(404)
    const session = (await send({}, legacyHello(revisions.legacy))).headers.get('mcp-session-id') ?? ''
    const asOwner = await send({ 'Mcp-Session-Id': session }, ask, { key: team.server.key })
    expect(asOwner.status).toBe(404)
    expect((await send({ 'Mcp-Session-Id': session }, ask)).status).toBe(200)
  })
})

describe('what is no message', () => {
  const latin = new Uint8Array([...Buffer.from('{"jsonrpc":"2.0","id":1,"method":"'), 0xff, ...Buffer.from('"}')])
  it.each<[string, number, unknown]>([
    ['half an object', 400, '{"jsonrpc":'],
    ['nothing', 400, ''],
    ['null', 400, 'null'],
    ['a number', 400, '7'],
    ['an empty list', 400, '[]'],
    ['a batch', 400, [list, list]],
    ['a batch with a stranger in it', 400, [list, 7]],
    ['an object of another protocol', 400, { method: 'tools/list' }],
    ['bytes that are no UTF-8', 400, latin],
    ['brackets without end', 400, '['.repeat(100_000)],
    ['5 MB', 413, { ...list, params: { _meta: meta, cursor: 'x'.repeat(5 * 2 ** 20) } }],
  ])('%s is refused with %i, and the next request is answered', async (_, status, body) => {
    expect((await send({ ...modern, 'Mcp-Method': 'tools/list' }, body)).status).toBe(status)
    expect((await send({}, body)).status).toBe(status)
    expect((await send({ ...modern, 'Mcp-Method': 'tools/list' }, list)).status).toBe(200)
  })

  it('text/plain, other methods and other addresses are refused', async () => {
    expect((await send({ 'Content-Type': 'text/plain' }, list)).status).toBe(415)
    expect((await send(modern, undefined, { method: 'PUT' })).status).toBe(405)
    expect((await send(modern, undefined, { method: 'GET' })).status).toBe(400)
  })
})

it('requests of the modern revision need no server twice: two of them take turns', async () => {
  await using other = await ServerProcess.open({ datasets: `${team.folder}/datasets`, key: team.server.key })
  const turns = process.env['SUPER_DATA_TORTURE'] ? 500 : 60
  const failed: unknown[] = []
  for (let turn = 0; turn < turns; turn++) {
    const url = turn % 2 === 0 ? team.url : other.url
    const headers = { ...modern, 'Mcp-Method': 'tools/call', 'Mcp-Name': 'trend_analysis' }
    const { status, message } = await send(headers, call, { url, key: team.server.key })
    if (status !== 200 || message.result?.['isError'] === true) failed.push(message)
  }
  expect(failed).toEqual([])
}, 60_000)
