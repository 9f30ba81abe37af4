import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Credentials } from '../src/principal.ts'
import { type Installation, openInstallation, problemOf } from './identity-installation.ts'
import { openTokenIssuer, type TokenIssuer } from './identity-token-issuer.ts'

const proxy = '10.1.2.3'
const adminKey = 'an admin key from the environment'

let issuer: TokenIssuer
let home: Installation
let anna: string
let bob: string

beforeAll(async () => {
  issuer = await openTokenIssuer()
  home = await openInstallation({
    settings: { jwt: issuer.settings, trustUserHeader: true, trustedProxies: ['10.1.0.0/16', '::1'], adminKey },
  })
  await home.call('identity.whoami', {}, { credentials: { local: 'maria' } })
  anna = await home.join('anna')
  bob = await home.join('bob')
})

afterAll(async () => {
  await home[Symbol.asyncDispose]()
  await issuer.close()
})

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function claims(): Record<string, unknown> {
  const exp = Math.floor(home.clock.now() / 1_000) + 300
  return { iss: issuer.settings.issuer, aud: issuer.settings.audience, sub: 'forger', exp }
}

describe('whoever cannot prove who they are is a stranger, and leaves nothing behind', () => {
  const strangers: [string, () => Promise<Credentials> | Credentials][] = [
    ['no credential at all', () => ({})],
    ['an empty bearer', () => ({ bearer: '' })],
    ['a key that nobody made', () => ({ bearer: `sd_${'A'.repeat(43)}` })],
    ['the name of a user as a bearer', () => ({ bearer: 'user_owner' })],
    ['most of a real key', () => ({ bearer: anna.slice(0, -1) })],
    ['a real key in another case', () => ({ bearer: anna.toUpperCase() })],
    ['the hash of a key', async () => ({ bearer: await storedHash() })],
    ['part of the admin key', () => ({ bearer: adminKey.slice(0, -1) })],
    ['a bearer of a megabyte', () => ({ bearer: 'x'.repeat(1_000_000) })],
    ['a user header from an address that is no trusted proxy', () => ({ userHeader: 'owner', address: '10.2.0.1' })],
    ['a user header without an address', () => ({ userHeader: 'owner' })],
    ['a user header of nobody, from the proxy', () => ({ userHeader: 'nobody', address: proxy })],
    ['a user header of the system user, from the proxy', () => ({ userHeader: 'system', address: proxy })],
    [
      'a user header of an operating-system user, from the proxy',
      () => ({ userHeader: 'system:maria', address: proxy }),
    ],
    ['two user headers joined, from the proxy', () => ({ userHeader: 'anna, owner', address: proxy })],
    ["a user header and somebody else's key", () => ({ userHeader: 'anna', bearer: bob, address: proxy })],
    [
      'a user header that is right and a key that is wrong',
      () => ({ userHeader: 'anna', bearer: 'x', address: proxy }),
    ],
    ['an unsigned token', () => ({ bearer: `${base64url({ alg: 'none' })}.${base64url(claims())}.` })],
    ['a token signed HS256 with the public key', () => ({ bearer: hs256() })],
    ['a token by another key', async () => ({ bearer: await issuer.sign(home.clock.now(), {}, { forged: true }) })],
    [
      'a token of an unknown key id',
      async () => ({ bearer: await issuer.sign(home.clock.now(), {}, { kid: 'other' }) }),
    ],
    ['a token for another audience', async () => ({ bearer: await issuer.sign(home.clock.now(), { aud: 'other' }) })],
    [
      'a token of another issuer',
      async () => ({ bearer: await issuer.sign(home.clock.now(), { iss: 'https://evil.test' }) }),
    ],
    ['a token that has expired', async () => ({ bearer: await issuer.sign(home.clock.now() - 400_000) })],
    ['a token that is not valid yet', async () => ({ bearer: await issuer.sign(home.clock.now(), { nbf: 4e9 }) })],
    [
      'a token without an end',
      async () => ({ bearer: await issuer.sign(home.clock.now(), { exp: undefined as never }) }),
    ],
    ['a token without a subject', async () => ({ bearer: await issuer.sign(home.clock.now(), { sub: '' }) })],
  ]

  function hs256(): string {
    const signed = `${base64url({ alg: 'HS256', kid: 'current' })}.${base64url(claims())}`
    return `${signed}.${createHmac('sha256', issuer.publicKeyText).update(signed).digest('base64url')}`
  }

  async function storedHash(): Promise<string> {
    return (await home.platform.read.selectFrom('keys').select('hash').executeTakeFirstOrThrow()).hash
  }

  it.each(strangers)('%s', async (_name, credentials) => {
    const before = await home.contents()
    const problem = await problemOf(home.call('identity.whoami', {}, { credentials: await credentials() }))
    expect(problem).toMatchObject({ kind: 'unauthenticated', code: 'UNAUTHENTICATED', retryable: false })
    expect(await home.contents()).toBe(before)
  })

  it('and is told nothing about whether an input was right or a project exists', async () => {
    const right = await problemOf(home.call('members.list', { project: 'default' }))
    const wrong = await problemOf(home.call('members.list', { project: 'NO SUCH', nonsense: 1 }))
    expect(JSON.stringify(wrong)).toBe(JSON.stringify(right))
  })

  it('an unknown key id does not make the keys be fetched again and again', async () => {
    const before = issuer.fetches()
    for (let attempt = 0; attempt < 5; attempt++) {
      const bearer = await issuer.sign(home.clock.now(), {}, { kid: `unknown-${attempt}` })
      await problemOf(home.call('identity.whoami', {}, { credentials: { bearer } }))
    }
    expect(issuer.fetches() - before).toBeLessThanOrEqual(1)
  })
})

describe('whoever proves who they are gets in', () => {
  async function whoami(credentials: Credentials) {
    return (await home.call('identity.whoami', {}, { credentials })).output
  }

  it('by key', async () => {
    expect(await whoami({ bearer: anna })).toMatchObject({ user: { name: 'anna' }, method: 'key' })
  })

  it('by key with a header that names the same user, in any case', async () => {
    expect(await whoami({ bearer: anna, userHeader: 'Anna' })).toMatchObject({ user: { name: 'anna' }, method: 'key' })
  })

  it('by the admin key, as the oldest owner', async () => {
    expect(await whoami({ bearer: adminKey })).toMatchObject({ user: { name: 'owner', role: 'owner' } })
  })

  it.each([proxy, `::ffff:${proxy}`, '::1'])('by a header from the trusted proxy %s', async address => {
    expect(await whoami({ userHeader: 'ANNA', address })).toMatchObject({ user: { name: 'anna' }, method: 'header' })
  })

  it('by token: the first one makes a plain user who sees no project, later ones find it', async () => {
    const first = await whoami({ bearer: await issuer.sign(home.clock.now()) })
    expect(first).toMatchObject({ user: { name: 'ines', role: 'user' }, projects: [], method: 'jwt' })
    const renamed = await whoami({ bearer: await issuer.sign(home.clock.now(), { preferred_username: 'ines2' }) })
    expect(renamed.user.id).toBe(first.user.id)
  })

  it('by token, where a name is taken, under another: a token never becomes an existing user', async () => {
    const token = { sub: 'subject-2', preferred_username: 'Owner', role: 'owner' }
    const { user } = await whoami({ bearer: await issuer.sign(home.clock.now(), token) })
    expect(user).toMatchObject({ name: 'Owner-2', role: 'user' })
  })

  it('by token, under a reserved name never', async () => {
    const token = { sub: 'subject-3', preferred_username: 'system:root', email: 'eva@example.test' }
    const { user } = await whoami({ bearer: await issuer.sign(home.clock.now(), token) })
    expect(user).toMatchObject({ name: 'eva@example.test', email: 'eva@example.test' })
  })

  it('by token, twenty first calls at once make one user', async () => {
    const bearer = await issuer.sign(home.clock.now(), { sub: 'subject-4', preferred_username: 'twenty' })
    const answers = await Promise.all(Array.from({ length: 20 }, () => whoami({ bearer })))
    expect(new Set(answers.map(answer => answer.user.id)).size).toBe(1)
  })

  it('by token, until the user is disabled', async () => {
    const bearer = await issuer.sign(home.clock.now(), { sub: 'subject-5', preferred_username: 'leaver' })
    await whoami({ bearer })
    await home.ask(home.owner, 'users.update', { user: 'leaver', state: 'disabled' })
    expect(await problemOf(whoami({ bearer }))).toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('as the operating-system user, where a door says so', async () => {
    const { user, method } = await whoami({ local: 'maria' })
    expect({ user, method }).toMatchObject({ user: { name: 'system:maria', role: 'owner' }, method: 'local' })
    expect((await whoami({ local: 'maria' })).user.id).toBe(user.id)
  })
})

it('without trust, the user header counts from nowhere', async () => {
  await using plain = await openInstallation({ settings: { trustedProxies: [proxy] } })
  const credentials = { userHeader: 'owner', address: proxy }
  expect(await problemOf(plain.call('identity.whoami', {}, { credentials }))).toMatchObject({ code: 'UNAUTHENTICATED' })
})

it('when the token issuer cannot be reached, tokens are refused for now and keys work', async () => {
  const jwt = { ...issuer.settings, jwksUrl: 'http://127.0.0.1:1/jwks' }
  await using cut = await openInstallation({ settings: { jwt } })
  const bearer = await issuer.sign(cut.clock.now())
  const problem = await problemOf(cut.call('identity.whoami', {}, { credentials: { bearer } }))
  expect(problem).toMatchObject({ code: 'IDENTITY_PROVIDER_UNAVAILABLE', kind: 'unavailable', retryable: true })
  expect(JSON.stringify(problem)).not.toContain('127.0.0.1')
  expect(await cut.ask(cut.owner, 'identity.whoami')).toMatchObject({ method: 'key' })
})

describe('settings that could not be safe stop the start', () => {
  it.each([
    ['HS256', { algorithms: ['RS256', 'HS256'] }],
    ['none', { algorithms: ['none'] }],
    ['no algorithm', { algorithms: [] }],
    ['a file address', { jwksUrl: 'file:///etc/passwd' }],
    ['an empty audience', { audience: '' }],
  ])('%s', async (_name, wrong) => {
    const jwt = { ...issuer.settings, ...wrong }
    expect(await problemOf(openInstallation({ settings: { jwt } }))).toMatchObject({ code: 'JWT_SETTINGS_INVALID' })
  })

  it('a short admin key', async () => {
    const opening = openInstallation({ settings: { adminKey: 'short' } })
    expect(await problemOf(opening)).toMatchObject({ code: 'ADMIN_KEY_TOO_SHORT' })
  })

  it.each(['10.0.0', '10.0.0.0/33', 'proxy.local', '::1/x'])('the proxy %s', async range => {
    const settings = { trustUserHeader: true, trustedProxies: [range] }
    expect(await problemOf(openInstallation({ settings }))).toMatchObject({ code: 'PROXY_ADDRESS_INVALID' })
  })
})

describe('what is not yours to see is missing', () => {
  it('with the same answer, to the byte, as what does not exist', async () => {
    await home.ask(home.owner, 'projects.create', { name: 'secret-plans' })
    for (const name of ['members.list', 'members.remove'] as const) {
      const input = { user: 'owner' }
      const extra = name === 'members.list' ? {} : input
      const hidden = await problemOf(home.ask(anna, name, { project: 'secret-plans', ...extra }))
      const absent = await problemOf(home.ask(anna, name, { project: 'no-such-plans', ...extra }))
      expect(hidden).toMatchObject({ code: 'PROJECT_MISSING', kind: 'missing' })
      expect(JSON.stringify(hidden)).toBe(JSON.stringify(absent))
    }
  })

  it("and so is somebody else's key", async () => {
    const [key] = (await home.ask(bob, 'keys.list')).items
    const hidden = await problemOf(home.ask(anna, 'keys.revoke', { key: key!.id }))
    const absent = await problemOf(home.ask(anna, 'keys.revoke', { key: 'key_none' }))
    expect(hidden).toMatchObject({ code: 'KEY_MISSING', kind: 'missing' })
    expect(JSON.stringify(hidden)).toBe(JSON.stringify(absent))
    expect(await home.ask(bob, 'identity.whoami')).toMatchObject({ user: { name: 'bob' } })
  })

  it('what is seen but not allowed is denied', async () => {
    const vera = await home.join('vera', { projectRole: 'viewer' })
    expect(await problemOf(home.ask(vera, 'users.list'))).toMatchObject({ code: 'ACCESS_DENIED', kind: 'denied' })
    const change = home.ask(vera, 'members.set', { project: 'default', user: 'anna', role: 'admin' })
    expect(await problemOf(change)).toMatchObject({ code: 'ACCESS_DENIED', kind: 'denied' })
  })
})
