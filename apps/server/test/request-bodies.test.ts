import { MemoryPlatform, openTestServer, testPrincipal } from '@super-data/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../src/server.ts'

describe('request bodies', () => {
  const platform = new MemoryPlatform({
    handlers: {
      'queries.ask': () => ({ count: 0, truncated: false, source: [], elapsedMs: 1, runId: 'run_1' }) as never,
    },
  })
  let server: Server

  beforeAll(async () => {
    server = await openTestServer({ platform })
  })
  afterAll(() => server.close())

  async function post(
    body: NonNullable<RequestInit['body']>,
    contentType = 'application/json',
  ): Promise<{ status: number; code?: string }> {
    const init = { method: 'POST', body, headers: { 'Content-Type': contentType }, duplex: 'half' } as RequestInit
    const response = await fetch(`${server.url}/projects/default/queries`, init)
    return { status: response.status, ...((await response.json()) as { code?: string }) }
  }

  const question = JSON.stringify({ engine: 'jq', text: '.' })

  it('a JSON object is read, whatever the spelling of its content type', async () => {
    expect((await post(question)).status).toBe(200)
    expect((await post(question, 'application/JSON; charset="UTF-8"')).status).toBe(200)
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1', 'application/jsonx'])(
    '%s is refused, so that no form of another site can ask',
    async type => {
      expect(await post(question, type)).toMatchObject({ status: 415, code: 'BODY_NOT_JSON' })
    },
  )

  it.each(['{', 'nothing', '[1,2]', '"text"', '7'])('%s is refused', async body => {
    expect(await post(body)).toMatchObject({ status: 400, code: 'BODY_MALFORMED' })
  })

  it('bytes that are no UTF-8 are refused, not replaced', async () => {
    const bytes = new Uint8Array([...Buffer.from('{"engine":"jq","text":"'), 0xff, ...Buffer.from('"}')])
    expect(await post(bytes)).toMatchObject({ status: 400, code: 'BODY_MALFORMED' })
    expect(await post(new Blob([bytes]).stream())).toMatchObject({ status: 400, code: 'BODY_MALFORMED' })
  })

  it('a body of more than 4 MiB is refused, announced or not', async () => {
    const large = JSON.stringify({ engine: 'jq', text: 'x'.repeat(4 * 1024 * 1024) })
    expect(await post(large)).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' })
    const unannounced = new Blob([large]).stream()
    expect(await post(unannounced)).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' })
  })

  it('a document to import may have 64 MiB, one over 4 MiB at a time', async () => {
    const { promise, resolve: answer } = Promise.withResolvers<void>()
    platform.handlers['library.import'] = async () => {
      await promise
      return { dryRun: true, changes: [] }
    }
    const importing = async (bytes: number) => {
      const hash = 'a'.repeat(64)
      const document = { format: 'super-data-library', version: 1, functions: [], tools: [], hash }
      const body = JSON.stringify({ document }) + ' '.repeat(bytes)
      const headers = { 'Content-Type': 'application/json' }
      const response = await fetch(`${server.url}/projects/default/library`, { method: 'POST', body, headers })
      return { status: response.status, ...((await response.json()) as { code?: string }) }
    }
    const mebibyte = 1024 * 1024
    expect(await importing(64 * mebibyte)).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' })
    const asked = platform.requests.length
    const large = importing(8 * mebibyte)
    await expect.poll(() => platform.requests.length).toBe(asked + 1)
    expect(await importing(8 * mebibyte)).toMatchObject({ status: 503, code: 'LARGE_BODY_BUSY' })
    const small = importing(1 * mebibyte)
    await expect.poll(() => platform.requests.length).toBe(asked + 2)
    answer()
    expect([(await large).status, (await small).status]).toEqual([200, 200])
    expect((await importing(8 * mebibyte)).status).toBe(200)
  })

  it('a long body of a stranger is not read', async () => {
    await using closed = await openTestServer({ platform: new MemoryPlatform({ keys: { ada: testPrincipal() } }) })
    for (const path of ['queries', 'library']) {
      let asked = 0
      const endless = new ReadableStream({
        pull(controller) {
          asked += 1
          controller.enqueue(new TextEncoder().encode('x'.repeat(1_000)))
        },
      })
      const headers = { 'Content-Type': 'application/json', Authorization: 'Bearer nobody' }
      const init = { method: 'POST', body: endless, headers, duplex: 'half' } as RequestInit
      const response = await fetch(`${closed.url}/projects/default/${path}`, init)
      expect(response.status).toBe(401)
      expect(asked).toBeLessThan(50_000)
    }
  })

  it('an unannounced body within the limit is read', async () => {
    expect((await post(new Blob([question]).stream())).status).toBe(200)
  })

  it('a body nested deeper than 64 levels is refused, also when it never ends', async () => {
    const deep = (levels: number) => `{"params":${'['.repeat(levels)}${']'.repeat(levels)}}`
    expect(await post(deep(64))).toMatchObject({ status: 400, code: 'BODY_TOO_DEEP' })
    expect(await post('['.repeat(1_000_000))).toMatchObject({ status: 400, code: 'BODY_TOO_DEEP' })
    expect((await post(deep(63))).code).toBe('INPUT_INVALID')
  })

  it('brackets inside strings do not count as nesting', async () => {
    const text = `${'['.repeat(500)}\\"${'{'.repeat(500)}`
    expect((await post(JSON.stringify({ engine: 'jq', text }))).status).toBe(200)
  })

  it('the path says which project, whatever the body says', async () => {
    await post(JSON.stringify({ engine: 'jq', text: '.', project: 'other' }))
    expect(platform.requests.at(-1)?.input).toMatchObject({ project: 'default' })
  })

  it('MCP has the same limits', async () => {
    const init = { method: 'POST', body: '['.repeat(100), headers: { 'Content-Type': 'application/json' } }
    expect((await fetch(`${server.url}/mcp`, init)).status).toBe(400)
  })
})
