import type { LoadRequest } from './load.ts'

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
}

/** A `tools/call` of revision 2026-07-28: stateless, one POST. */
export function mcpCall(tool: string, args: object): LoadRequest {
  return mcpRequest('tools/call', { name: tool, arguments: args }, { 'mcp-name': tool })
}

export function mcpRequest(
  method: string,
  params: object,
  headers: Readonly<Record<string, string>> = {},
): LoadRequest {
  return {
    method: 'POST',
    path: '/mcp',
    headers: {
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } }),
  }
}
