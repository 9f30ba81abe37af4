import { MemoryPlatform, openTestServer } from '@super-data/testing'
import { expect, it } from 'vitest'

it('every operation answers at its address with and without /api/v1', async () => {
  const platform = new MemoryPlatform({ handlers: { 'datasets.list': () => ({ items: [], cursor: null }) } })
  await using server = await openTestServer({ platform })
  for (const base of ['/api/v1', '']) {
    const response = await fetch(`${server.url}${base}/projects/other/datasets?limit=7&match=sales%20data`)
    expect(response.status).toBe(200)
    expect(platform.requests.at(-1)?.input).toEqual({ project: 'other', limit: '7', match: 'sales data' })
  }
})
