/** Settings of one MCP client, ready to paste. */
export interface ClientSettings {
  readonly name: string
  readonly file: string
  readonly content: string
}

/** The settings that let each client reach this installation with that key. */
export function clientSettings(publicUrl: string, secret: string): ClientSettings[] {
  const server = { url: `${publicUrl}/mcp`, headers: { Authorization: `Bearer ${secret}` } }
  const typed = { type: 'http', ...server }
  return [
    { name: 'Claude Code', file: '.mcp.json', content: pretty({ mcpServers: { 'super-data': typed } }) },
    { name: 'Cursor', file: '~/.cursor/mcp.json', content: pretty({ mcpServers: { 'super-data': server } }) },
    { name: 'VS Code', file: '.vscode/mcp.json', content: pretty({ servers: { 'super-data': typed } }) },
    { name: 'Other clients', file: 'mcp.json', content: pretty({ mcpServers: { 'super-data': server } }) },
  ]
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
