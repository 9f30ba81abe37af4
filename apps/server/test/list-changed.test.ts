import { setTimeout as sleep } from 'node:timers/promises'
import { connectMcp, MemoryPlatform, openTestServer } from '@super-data/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Server } from '../src/server.ts'

const tool = (name: string) => ({ name, description: 'A question.', inputSchema: { type: 'object' as const } })

describe.each(['modern', 'legacy'] as const)('a client of the %s era', era => {
  let platform: MemoryPlatform
  let server: Server

  beforeEach(async () => {
    platform = new MemoryPlatform()
    server = await openTestServer({ platform })
  })
  afterEach(() => server.close())

  it('is told of an approved tool without connecting again, once for many at a time', async () => {
    let told = 0
    await using mcp = await connectMcp(`${server.url}/mcp`, { era, onToolsChanged: () => told++ })
    await listening()
    platform.setTools([tool('one')])
    platform.setTools([tool('one'), tool('two')])
    await expect.poll(() => told).toBe(1)
    const { tools } = await mcp.client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['one', 'two']))
    await sleep(250)
    expect(told).toBe(1)
    platform.events.add('tool.disabled', 'one')
    await expect.poll(() => told).toBe(2)
  })

  it('is not told of another project, nor of what changes no list', async () => {
    let told = 0
    await using mcp = await connectMcp(`${server.url}/projects/other/mcp`, { era, onToolsChanged: () => told++ })
    await listening()
    platform.setTools([tool('one')])
    platform.events.add('tool.created', 'draft', 'other')
    await sleep(300)
    expect(told).toBe(0)
    platform.events.add('tool.approved', 'draft', 'other')
    await expect.poll(() => told).toBe(1)
    expect(mcp.client.getServerVersion()?.name).toBe('super-data')
  })

  /** Until the client's stream is open here. */
  async function listening(): Promise<void> {
    await expect
      .poll(async () => /super_data_open_streams 1/.test(await (await fetch(`${server.url}/metrics`)).text()))
      .toBe(true)
  }
})
