/** A JSON-RPC error outside any MCP exchange: the request did not get as far as one. */
export function jsonRpcError(status: number, code: number, message: string): Response {
  return new Response(JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null }), {
    status,
    headers: { 'Content-Type': 'application/json' },
  })
}

/** The ids of the requests in a body, so that they can be cancelled when its sender goes away. */
export function requestIds(body: unknown): (string | number)[] {
  const messages: unknown[] = Array.isArray(body) ? body : [body]
  return messages.flatMap(message => {
    if (typeof message !== 'object' || message === null) return []
    const { id, method } = message as { id?: unknown; method?: unknown }
    return typeof method === 'string' && (typeof id === 'string' || typeof id === 'number') ? [id] : []
  })
}
