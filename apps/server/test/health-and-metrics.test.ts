import { MemoryPlatform, openTestServer } from '@super-data/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../src/server.ts'

describe('health and metrics', () => {
  const platform = new MemoryPlatform({ handlers: { 'datasets.list': () => ({ items: [], cursor: null }) } })
  let server: Server

  beforeAll(async () => {
    server = await openTestServer({ platform })
  })
  afterAll(() => server.close())

  const get = (path: string, headers: Record<string, string> = {}) => fetch(server.url + path, { headers })

  it('lives while the process does, and is ready only when its parts work', async () => {
    platform.ready = { ready: false, checks: [{ name: 'database', problem: 'cannot write' }] }
    expect((await get('/health/live')).status).toBe(200)
    for (const path of ['/health', '/health/ready']) {
      const response = await get(path)
      expect(response.status).toBe(503)
      expect(await response.json()).toEqual({
        status: 'not ready',
        checks: [{ name: 'database', problem: 'cannot write' }],
      })
    }
    platform.ready = { ready: true, checks: [] }
    expect((await get('/health')).status).toBe(200)
  })

  it('figures are for this machine only', async () => {
    expect((await get('/metrics')).status).toBe(200)
    expect((await get('/metrics', { 'X-Forwarded-For': '203.0.113.9' })).status).toBe(404)
  })

  it('labels take few values, whatever callers send', async () => {
    for (let index = 0; index < 30; index++) {
      await get(`/projects/p${index}/datasets`)
      await get(`/made/up/${index}`)
      await fetch(`${server.url}/projects/p${index}/datasets`, { method: 'PATCH' })
    }
    const text = await (await get('/metrics')).text()
    expect(text).not.toMatch(/p\d+\/datasets|made/)
    expect(text).toContain('super_data_calls_total{operation="datasets.list",door="http",outcome="ok",code=""} 30')
    expect(text).toMatch(
      /super_data_http_seconds_count\{method="GET",route="\/projects\/:project\/datasets",status="200"\} 30/,
    )
    expect(text).toMatch(/super_data_http_seconds_count\{method="GET",route="none",status="404"\} \d+/)
    expect(text).toContain('process_resident_memory_bytes')
    const series = text.split('\n').filter(line => line.startsWith('super_data_') && !line.includes('_bucket'))
    expect(series.length).toBeLessThan(60)
  })
})
