import type { ErrorKind } from '@super-data/base/errors'
import { MemoryPlatform, openTestServer, TestError, testPrincipal } from '@super-data/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../src/server.ts'

const statuses: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  denied: 403,
  missing: 404,
  conflict: 409,
  limited: 429,
  unavailable: 503,
  cancelled: 499,
  internal: 500,
}

describe('errors over HTTP', () => {
  const platform = new MemoryPlatform({ keys: { 'key-1': testPrincipal() } })
  let server: Server

  beforeAll(async () => {
    server = await openTestServer({ platform })
  })
  afterAll(() => server.close())

  async function ask(
    path: string,
    init: RequestInit = {},
  ): Promise<{ response: Response; body: Record<string, unknown> }> {
    const response = await fetch(server.url + path, { headers: { Authorization: 'Bearer key-1' }, ...init })
    return { response, body: (await response.json()) as Record<string, unknown> }
  }

  it.each(Object.entries(statuses))('an error of kind %s answers %i as a problem document', async (kind, status) => {
    platform.handlers['projects.list'] = () => {
      throw new TestError('AS_ASKED', kind as ErrorKind, 'said so', { at: 7 })
    }
    const { response, body } = await ask('/projects')
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(body).toMatchObject({
      type: 'urn:super-data:error:AS_ASKED',
      status,
      detail: 'said so',
      code: 'AS_ASKED',
      kind,
      hint: 'This is a test.',
      requestId: response.headers.get('x-request-id'),
      details: { at: 7 },
    })
    expect(body['title']).toBeTypeOf('string')
    expect(body['retryable']).toBe(kind === 'unavailable')
  })

  it('a bug answers INTERNAL and keeps its message to itself', async () => {
    platform.handlers['projects.list'] = () => {
      throw new TypeError('secret detail at /srv/data')
    }
    const { response, body } = await ask('/projects')
    expect(response.status).toBe(500)
    expect(body['code']).toBe('INTERNAL')
    expect(JSON.stringify(body)).not.toMatch(/secret|srv/)
  })

  it('a caller without a credential is told where to learn how to get one', async () => {
    const { response } = await ask('/projects', { headers: {} })
    expect(response.status).toBe(401)
    const url = /resource_metadata="(.+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1]
    expect(await (await fetch(url!)).json()).toMatchObject({
      resource: server.url,
      bearer_methods_supported: ['header'],
    })
  })

  it('a limited caller is told how long to wait, where waiting helps', async () => {
    class Full extends TestError {
      override readonly retryable = true
    }
    platform.handlers['projects.list'] = () => {
      throw new Full('RATE_LIMITED', 'limited', 'too many', { retryAfterMs: 12_200 })
    }
    expect((await ask('/projects')).response.headers.get('retry-after')).toBe('13')
    platform.handlers['projects.list'] = () => {
      throw new TestError('TOO_LARGE', 'limited', 'too large')
    }
    expect((await ask('/projects')).response.headers.get('retry-after')).toBeNull()
  })

  it('an address that does not exist answers 404, with nothing of itself repeated', async () => {
    const { response, body } = await ask('/nowhere/<script>')
    expect(response.status).toBe(404)
    expect(body['code']).toBe('ROUTE_MISSING')
    expect(JSON.stringify(body)).not.toContain('script')
  })

  it('a method an address does not take answers 405 with those it takes', async () => {
    const { response, body } = await ask('/api/v1/projects', { method: 'DELETE' })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, POST')
    expect(body['code']).toBe('METHOD_NOT_ALLOWED')
  })

  it.each(['Authorization', 'X-User-ID'])('a repeated %s header is refused', async name => {
    const { body } = await rawRequest(server, [name, 'Bearer key-1', name, 'Bearer key-2'])
    expect(JSON.parse(body)).toMatchObject({ code: 'HEADER_REPEATED', status: 400 })
  })

  it('an Authorization header that is not a bearer token is refused', async () => {
    const { response, body } = await ask('/projects', { headers: { Authorization: 'Basic YTpi' } })
    expect(response.status).toBe(401)
    expect(body['code']).toBe('AUTHORIZATION_MALFORMED')
  })

  it('a query field given twice is refused', async () => {
    expect((await ask('/projects?limit=1&limit=2')).response.status).toBe(400)
  })
})

async function rawRequest(server: Server, headers: string[]): Promise<{ body: string }> {
  const { request } = await import('node:http')
  const { promise, resolve, reject } = Promise.withResolvers<{ body: string }>()
  const all = ['Host', `127.0.0.1:${server.port}`, ...headers]
  const sent = request({ port: server.port, host: '127.0.0.1', path: '/projects', headers: all }, response => {
    let body = ''
    response.setEncoding('utf8').on('data', text => (body += text))
    response.on('end', () => resolve({ body }))
  })
  sent.on('error', reject).end()
  return promise
}
