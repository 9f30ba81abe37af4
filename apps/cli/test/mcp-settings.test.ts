import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { clientSettings, mcpEntry } from '../src/client-settings.ts'
import { mergeMcpFile } from '../src/mcp-file.ts'
import { run, temporaryFolder } from './shell.ts'

const endpoint = { over: 'http', url: 'http://127.0.0.1:8080', key: 'sd_1' } as const
const entry = mcpEntry(endpoint)

describe('.mcp.json', () => {
  it('is made when it is not there, readable by its owner alone', async () => {
    const file = join(temporaryFolder(), '.mcp.json')
    expect(await mergeMcpFile(file, entry)).toBe('written')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ mcpServers: { 'super-data': entry } })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await mergeMcpFile(file, entry)).toBe('same')
  })

  it('keeps everything else in it', async () => {
    const file = join(temporaryFolder(), '.mcp.json')
    writeFileSync(file, JSON.stringify({ other: 1, mcpServers: { mine: { command: 'x' } } }))
    expect(await mergeMcpFile(file, entry)).toBe('written')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      other: 1,
      mcpServers: { mine: { command: 'x' }, 'super-data': entry },
    })
  })

  it.each([
    ['{"mcpServers":{"super-data":{"command":"mine"}}}', 'other entry there'],
    ['{ // a comment\n}', 'not JSON'],
    ['[]', 'not JSON'],
    ['{"mcpServers":[]}', 'not JSON'],
  ])('%j stays as it is', async (text, outcome) => {
    const file = join(temporaryFolder(), '.mcp.json')
    writeFileSync(file, text)
    expect(await mergeMcpFile(file, entry)).toBe(outcome)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })
})

describe('settings of MCP clients', () => {
  it('cover each client over HTTP', () => {
    const byFile = Object.fromEntries(clientSettings(endpoint).map(({ file, content }) => [file, content]))
    expect(byFile['shell']).toBe(
      'claude mcp add --transport http super-data http://127.0.0.1:8080/mcp --header "Authorization: Bearer sd_1"',
    )
    const headers = { Authorization: 'Bearer sd_1' }
    expect(JSON.parse(byFile['.mcp.json']!).mcpServers['super-data']).toEqual({
      type: 'http',
      url: 'http://127.0.0.1:8080/mcp',
      headers,
    })
    expect(JSON.parse(byFile['.vscode/mcp.json']!).servers['super-data'].type).toBe('http')
    expect(JSON.parse(byFile['.cursor/mcp.json']!).mcpServers['super-data'].headers).toEqual(headers)
  })

  it('print absolute paths for a client that starts the process itself', async () => {
    const { code, out } = await run(['mcp', 'config', '--client', 'json', '--stdio', '--json'])
    expect(code).toBe(0)
    const [settings] = JSON.parse(out)
    const { command, args } = JSON.parse(settings.content)
    expect(isAbsolute(command)).toBe(true)
    expect(args[0]).toMatch(/^\/.*\/bin\/super-data\.js$/)
    expect(args.slice(1, 4)).toEqual(['serve', '--stdio', '--home'])
    expect(isAbsolute(args[4])).toBe(true)
  })

  it('are for the server that commands call', async () => {
    const env = { SUPER_DATA_URL: 'https://data.example.com/', SUPER_DATA_API_KEY: 'sd_2' }
    const { out } = await run(['mcp', 'config', '--client', 'claude-code'], { env })
    expect(out).toContain('https://data.example.com/mcp --header "Authorization: Bearer sd_2"')
    expect(out).not.toContain('Cursor')
  })
})
