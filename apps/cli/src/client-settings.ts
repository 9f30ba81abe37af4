import { shellQuote } from './render/shell-quote.ts'

/** The settings of one MCP client: what to put where. */
export interface ClientSettings {
  readonly client: ClientName
  readonly name: string
  /** The file they belong into, or `shell` for a command to run. */
  readonly file: string
  readonly content: string
}

export const clientNames = ['claude-code', 'cursor', 'vscode', 'json'] as const
export type ClientName = (typeof clientNames)[number]

/** How an MCP client reaches us: over HTTP with a key, or by starting a process. */
export type Endpoint =
  | { readonly over: 'http'; readonly url: string; readonly key: string }
  | { readonly over: 'stdio'; readonly node: string; readonly launcher: string; readonly args: readonly string[] }

/** Ready to paste, for every client we know. */
export function clientSettings(endpoint: Endpoint): readonly ClientSettings[] {
  const entry = mcpEntry(endpoint)
  const { type: _, ...untyped } = entry
  return [
    { client: 'claude-code', name: 'Claude Code', file: 'shell', content: claudeCommand(endpoint) },
    {
      client: 'claude-code',
      name: 'Claude Code',
      file: '.mcp.json',
      content: pretty({ mcpServers: { 'super-data': entry } }),
    },
    {
      client: 'cursor',
      name: 'Cursor',
      file: '.cursor/mcp.json',
      content: pretty({ mcpServers: { 'super-data': untyped } }),
    },
    {
      client: 'vscode',
      name: 'VS Code',
      file: '.vscode/mcp.json',
      content: pretty({ servers: { 'super-data': entry } }),
    },
    { client: 'json', name: 'Any other client', file: 'its settings', content: pretty(entry) },
  ]
}

/** The entry of one server in `.mcp.json`. */
export function mcpEntry(endpoint: Endpoint): Readonly<Record<string, unknown>> {
  if (endpoint.over === 'http') {
    return { type: 'http', url: `${endpoint.url}/mcp`, headers: { Authorization: `Bearer ${endpoint.key}` } }
  }
  return { type: 'stdio', command: endpoint.node, args: [endpoint.launcher, ...endpoint.args] }
}

function claudeCommand(endpoint: Endpoint): string {
  if (endpoint.over === 'http') {
    return `claude mcp add --transport http super-data ${endpoint.url}/mcp --header "Authorization: Bearer ${endpoint.key}"`
  }
  const words = [endpoint.node, endpoint.launcher, ...endpoint.args].map(shellQuote)
  return `claude mcp add super-data -- ${words.join(' ')}`
}

/** Settings as a page to copy from. */
export function renderClientSettings(settings: readonly ClientSettings[]): string {
  return settings
    .map(
      ({ name, file, content }) => `${name} (${file === 'shell' ? 'run' : file}):\n${content.replace(/^/gm, '  ')}\n`,
    )
    .join('\n')
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2)
}
