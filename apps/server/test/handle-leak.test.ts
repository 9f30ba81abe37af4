import { connectMcp, MemoryPlatform, openTestServer } from '@super-data/testing'
import { expect, it } from 'vitest'

it('opening and closing thirty times leaves nothing behind', async () => {
  const platform = new MemoryPlatform()
  await useOnce(platform)
  const before = process.getActiveResourcesInfo().sort()
  for (let round = 0; round < 30; round++) await useOnce(platform)
  await expect.poll(() => process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before.length + 2)
  expect(platform.events.listenerCount).toBe(0)
})

async function useOnce(platform: MemoryPlatform): Promise<void> {
  await using server = await openTestServer({ platform })
  await using modern = await connectMcp(`${server.url}/mcp`, { era: 'modern', onToolsChanged: () => undefined })
  await using legacy = await connectMcp(`${server.url}/mcp`, { era: 'legacy' })
  expect((await modern.client.listTools()).tools).toHaveLength((await legacy.client.listTools()).tools.length)
  const events = await fetch(`${server.url}/events`)
  await events.body?.cancel()
}
