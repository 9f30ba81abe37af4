import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'

/**
 * What a user would write instead: one MCP tool on the SDK's high-level server that spawns the system's jq for each call.
 * Usage: `node spawn-jq-server.ts FILE`; prints its port.
 */
const file = process.argv[2] ?? ''
const filter = 'map(select(.Cylinders == $cylinders)) | length'

function runJq(cylinders: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('jq', ['--argjson', 'cylinders', String(cylinders), filter, file])
    let text = ''
    child.stdout.on('data', chunk => {
      text += String(chunk)
    })
    child.on('error', reject)
    child.on('close', code => (code === 0 ? resolve(text) : reject(new Error(`jq ended with ${code}`))))
  })
}

const handler = createMcpHandler(() => {
  const server = new McpServer({ name: 'spawn-jq', version: '1.0.0' })
  server.registerTool(
    'cars_by_cylinders',
    { description: 'Count cars.', inputSchema: z.object({ cylinders: z.number() }) },
    async ({ cylinders }) => ({
      content: [{ type: 'text', text: await runJq(cylinders) }],
    }),
  )
  return server
})

const server = createServer(async (incoming, outgoing) => {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const headers = new Headers(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
  const response = await handler.fetch(
    new Request(`http://127.0.0.1${incoming.url}`, {
      method: incoming.method ?? 'POST',
      headers,
      body: Buffer.concat(chunks),
    }),
  )
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.end(Buffer.from(await response.arrayBuffer()))
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' ? address?.port : '')
})
