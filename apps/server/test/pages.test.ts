import { MemoryPlatform, openTestServer, TestError } from '@super-data/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../src/server.ts'

describe('pages', () => {
  const platform = new MemoryPlatform()
  let server: Server

  beforeAll(async () => {
    server = await openTestServer({ platform })
  })
  afterAll(() => server.close())

  it('the reference stands alone: no script, nothing from elsewhere', async () => {
    const response = await fetch(`${server.url}/docs`)
    const text = await response.text()
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(text).not.toMatch(/<script|(src|href)="https?:/)
    expect(text).toContain('queries.ask')
  })

  it.each(['/invite', '/invite/token-token-token-token'])(
    'opening an invitation at %s does not use it up',
    async path => {
      platform.requests.length = 0
      const response = await fetch(server.url + path)
      const text = await response.text()
      const nonce = /'nonce-([\w-]+)'/.exec(response.headers.get('content-security-policy') ?? '')?.[1]
      expect(text).toContain('<form method="post" action="/invite">')
      expect(text).toContain(`<script nonce="${nonce}">`)
      expect(text.includes('value="token-token-token-token"')).toBe(path !== '/invite')
      expect(platform.requests).toEqual([])
    },
  )

  function accept(token = 'token-token-token-token'): Promise<Response> {
    return fetch(`${server.url}/invite`, { method: 'POST', body: new URLSearchParams({ token }) })
  }

  it('accepting one shows the key and the client settings, escaped, and is kept nowhere', async () => {
    platform.handlers['users.redeem'] = () =>
      ({
        user: { name: 'grace<b>' },
        key: { secret: 'sd_secret', project: 'default' },
        clients: [{ name: 'Editor', file: '~/.editor.json', content: '{"url":"<here>"}' }],
      }) as never
    const response = await accept()
    const text = await response.text()
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(text).toContain('sd_secret')
    expect(text).toContain('grace&lt;b&gt;')
    expect(text).toContain('&lt;here&gt;')
    expect(platform.requests.at(-1)).toMatchObject({
      name: 'users.redeem',
      input: { token: 'token-token-token-token' },
    })
  })

  it('an invitation that does not work is explained on a page', async () => {
    platform.handlers['users.redeem'] = () => {
      throw new TestError('INVITATION_USED', 'missing', 'it was used already')
    }
    const response = await accept()
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('it was used already')
    expect((await accept('x'.repeat(10_000))).status).toBe(413)
  })

  it('every answer tells browsers to be careful with it', async () => {
    for (const path of ['/docs', '/health', '/nowhere']) {
      const { headers } = await fetch(server.url + path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    }
  })

  it('the OAuth document names the resource asked about, and whose tokens it takes', async () => {
    await using other = await openTestServer({
      publicUrl: 'https://data.example.com',
      authorizationServers: ['https://login.example.com'],
    })
    const at = (path: string) => fetch(`${other.url}/.well-known/oauth-protected-resource${path}`).then(r => r.json())
    expect(await at('')).toMatchObject({ resource: 'https://data.example.com' })
    expect(await at('/mcp')).toMatchObject({
      resource: 'https://data.example.com/mcp',
      authorization_servers: ['https://login.example.com'],
    })
    expect(await at('/projects/sales/mcp')).toMatchObject({ resource: 'https://data.example.com/projects/sales/mcp' })
  })
})
