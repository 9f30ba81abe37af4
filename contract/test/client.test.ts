import { describe, expect, it } from 'vitest'
import { createClient, RemoteError, ServerUnreachable } from '../src/client.ts'
import type { Operation } from '../src/operation.ts'
import { operations } from '../src/operations.ts'

interface Sent {
  readonly url: URL
  readonly init: RequestInit
}

/** Answers every request the same, and keeps what was asked. */
function recorder(answer: unknown = {}, status = 200) {
  const sent: Sent[] = []
  const fetch = (async (url: string, init: RequestInit) => {
    sent.push({ url: new URL(url), init })
    return new Response(JSON.stringify(answer), { status })
  }) as typeof globalThis.fetch
  return { sent, fetch }
}

describe('the typed client', () => {
  it.each(Object.values(operations) as Operation[])(
    'has a function for $name that asks at its route',
    async operation => {
      const { sent, fetch } = recorder()
      const client = createClient({ url: 'http://server.test/', key: 'sd_key', fetch })
      const [area, verb] = operation.name.split('.') as [string, string]
      const names = [...operation.route.path.matchAll(/\{(\w+)\}/g)].map(match => match[1]!)
      const input = Object.fromEntries(names.map(name => [name, `a ${name}/`]))
      const ask = (client as unknown as Record<string, Record<string, (input: unknown) => Promise<unknown>>>)[area]![
        verb
      ]!
      expect(await ask(input)).toEqual({})
      const path = operation.route.path.replace(/\{(\w+)\}/g, (_, name) => `a%20${name}%2F`)
      expect(sent).toHaveLength(1)
      expect(sent[0]!.url.pathname).toBe(`/api/v1${path}`)
      expect(sent[0]!.init.method).toBe(operation.route.method)
      expect(sent[0]!.init.headers).toMatchObject({ Authorization: 'Bearer sd_key' })
    },
  )

  it('puts fields into the query of a read and the body of a write', async () => {
    const { sent, fetch } = recorder()
    const client = createClient({ url: 'http://server.test', project: 'sales', fetch })
    await client.datasets.list({ limit: 5 })
    await client.tools.run({ tool: 'top', params: { n: 1 } }, { idempotencyKey: 'once' })
    expect(sent[0]!.url.search).toBe('?limit=5')
    expect(sent[0]!.init.body).toBeUndefined()
    expect(sent[1]!.url.pathname).toBe('/api/v1/projects/sales/tools/top/run')
    expect(JSON.parse(String(sent[1]!.init.body))).toEqual({ params: { n: 1 } })
    expect(sent[1]!.init.headers).toMatchObject({ 'X-Idempotency-Key': 'once', 'Content-Type': 'application/json' })
  })

  it('asks once for the key’s own project when none is named', async () => {
    const { sent, fetch } = recorder({ project: 'own', items: [], cursor: null })
    const client = createClient({ url: 'http://server.test', fetch })
    await Promise.all([client.datasets.list(), client.datasets.list()])
    await client.tools.list()
    expect(sent.map(({ url }) => url.pathname)).toEqual([
      '/api/v1/whoami',
      '/api/v1/projects/own/datasets',
      '/api/v1/projects/own/datasets',
      '/api/v1/projects/own/tools',
    ])
  })

  it('makes a problem document an error', async () => {
    const problem = {
      code: 'TOOL_MISSING',
      kind: 'missing',
      detail: 'no such tool',
      retryable: false,
      requestId: 'req_1',
    }
    const { fetch } = recorder(problem, 404)
    const client = createClient({ url: 'http://server.test', project: 'sales', fetch })
    const error = await client.tools.get({ tool: 'nope' }).catch(failure => failure)
    expect(error).toBeInstanceOf(RemoteError)
    expect(error).toMatchObject({ code: 'TOOL_MISSING', kind: 'missing', message: 'no such tool', requestId: 'req_1' })
  })

  it('tells a server that does not answer from a caller who gave up', async () => {
    const fetch = (async (_: string, { signal }: RequestInit) => {
      throw signal?.aborted ? signal.reason : new TypeError('fetch failed')
    }) as typeof globalThis.fetch
    const client = createClient({ url: 'http://server.test/api', fetch })
    const error = await client.projects.list().catch(failure => failure)
    expect(error).toBeInstanceOf(ServerUnreachable)
    expect(error.message).toBe('no answer from http://server.test')
    const signal = AbortSignal.abort()
    await expect(client.projects.list({}, { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('something else that answers is not taken for the server', async () => {
    const fetch = (async () => new Response('<html>')) as typeof globalThis.fetch
    await expect(createClient({ url: 'http://server.test', fetch }).projects.list()).rejects.toBeInstanceOf(
      ServerUnreachable,
    )
  })
})
