import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'

interface Message {
  readonly jsonrpc: string
  readonly id?: number
  readonly method?: string
  readonly result?: Record<string, unknown>
}

const _meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
}
const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } }

describe('MCP over stdio', () => {
  let child: ChildProcessWithoutNullStreams
  const lines: Message[] = []

  afterEach(() => child.kill())

  function start(): void {
    lines.length = 0
    const entry = fileURLToPath(new URL('./fixtures/stdio-entry.ts', import.meta.url))
    child = spawn(process.execPath, ['--conditions=source', entry])
    createInterface({ input: child.stdout }).on('line', line => lines.push(JSON.parse(line)))
  }

  function say(message: Record<string, unknown>): void {
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  }

  async function heard(test: (message: Message) => boolean): Promise<Message> {
    await expect.poll(() => lines.some(test)).toBe(true)
    return lines.find(test)!
  }

  async function end(): Promise<number> {
    child.stdin.end()
    const [code] = await once(child, 'exit')
    return code as number
  }

  const listing = { name: 'datasets', arguments: { action: 'list' } }

  it('speaks the legacy era, tells of changes, and ends with its client', async () => {
    start()
    say({ id: 1, method: 'initialize', params: initialize })
    expect((await heard(message => message.id === 1)).result).toMatchObject({ protocolVersion: '2025-11-25' })
    say({ method: 'notifications/initialized' })
    say({ id: 2, method: 'tools/call', params: listing })
    expect((await heard(message => message.id === 2)).result).toMatchObject({ structuredContent: { items: [] } })
    await heard(message => message.method === 'notifications/tools/list_changed')
    say({ id: 3, method: 'tools/list' })
    expect(JSON.stringify(await heard(message => message.id === 3))).toContain('"approved"')
    expect(await end()).toBe(0)
  })

  it('speaks the modern era, tells of changes to those who listen, and ends with its client', async () => {
    start()
    say({ id: 1, method: 'server/discover', params: { _meta } })
    expect((await heard(message => message.id === 1)).result).toMatchObject({ supportedVersions: ['2026-07-28'] })
    say({ id: 2, method: 'subscriptions/listen', params: { _meta, notifications: { toolsListChanged: true } } })
    await heard(message => message.method === 'notifications/subscriptions/acknowledged')
    say({ id: 3, method: 'tools/call', params: { ...listing, _meta } })
    expect((await heard(message => message.id === 3)).result).toMatchObject({ resultType: 'complete' })
    await heard(message => message.method === 'notifications/tools/list_changed')
    expect(await end()).toBe(0)
  })

  it('writes nothing but the protocol to stdout, however much is logged', async () => {
    start()
    child.stdin.write('this is not JSON\n')
    say({ id: 1, method: 'initialize', params: initialize })
    await heard(message => message.id === 1)
    expect(lines.every(message => message.jsonrpc === '2.0')).toBe(true)
    expect(await end()).toBe(0)
  })
})
