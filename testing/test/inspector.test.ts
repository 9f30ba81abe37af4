import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from '@super-data/contract/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Finished, runCommand } from '../src/index.ts'
import { ServerProcess } from '../src/server-process.ts'

const orders = fileURLToPath(new URL('../../examples/first-look/orders.csv', import.meta.url))

describe('the MCP inspector on a real server', () => {
  const started = {} as { server: ServerProcess; folder: string }

  beforeAll(async () => {
    started.folder = await mkdtemp(join(tmpdir(), 'super-data-inspector-'))
    await cp(orders, join(started.folder, 'orders.csv'))
    started.server = await ServerProcess.open({ datasets: started.folder })
    await publishOrdersTool(started.server)
  })
  afterAll(async () => {
    await started.server.close()
    await rm(started.folder, { recursive: true, force: true })
  })

  function inspect(era: string, ...args: string[]): Promise<Finished> {
    const { url, key } = started.server
    const target = ['--server-url', `${url}/mcp`, '--protocol-era', era]
    const credential = ['--header', `Authorization: Bearer ${key}`, '--stored-auth-only']
    return runCommand('mcp-inspector', { args: ['--cli', '--format', 'json', '-q', ...target, ...credential, ...args] })
  }

  describe.each(['modern', 'legacy'])('in the %s era', era => {
    it('lists a team tool, and finds every schema portable', async () => {
      const { code, stdout, stderr } = await inspect(era, '--method', 'tools/list', '--strict')
      expect({ code, stderr: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain('count_orders')
    })

    it('calls it', async () => {
      const args = ['--tool-name', 'count_orders', '--tool-args-json', '{"region":"north"}']
      const { code, stdout, stderr } = await inspect(era, '--method', 'tools/call', ...args)
      expect({ code, stderr: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout.replaceAll(/\s/g, '')).toContain('"rows":[[4]]')
    })
  })
})

async function publishOrdersTool({ url, key }: ServerProcess): Promise<void> {
  const client = createClient({ url, key, project: 'default' })
  const tool = 'count_orders'
  await client.tools.create({
    tool,
    description: 'How many orders a region has.',
    engine: 'sql',
    text: 'select count(*) from orders where region = $region',
    parameters: { type: 'object', properties: { region: { type: 'string' } }, required: ['region'] },
  })
  await client.tools.submit({ tool })
}
