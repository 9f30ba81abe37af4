import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isPublic } from '../src/notifications/address-guard.ts'
import { signatureOf } from '../src/notifications/signed-post.ts'
import { openWhole, type Whole } from './whole-platform.ts'

interface Received {
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A real receiver, which answers as a test says. */
async function openReceiver(answer: (nth: number) => number | 'never') {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    received.push({ headers: request.headers, body })
    const status = answer(received.length)
    if (status !== 'never') response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const data = { 'orders.json': '[{"amount":1},{"amount":2}]' }

describe('webhooks', () => {
  let whole: Whole
  beforeEach(async () => {
    whole = await openWhole({ files: data })
  })
  afterEach(() => whole[Symbol.asyncDispose]())

  const publish = (name: string) => whole.publish(name, 'map(.amount) | add', { source: 'orders' })
  const deliveries = async (webhook: string) => (await whole.ask('webhooks.deliveries', { webhook })).items

  it('tell an address what happens, signed, each event under an id of its own', async () => {
    await using receiver = await openReceiver(() => 204)
    const { secret } = await whole.ask('webhooks.create', { url: receiver.url })
    await publish('total')
    await expect.poll(() => receiver.received.length).toBe(2)
    const types = receiver.received.map(({ headers }) => headers['x-super-data-event'])
    expect(types.sort()).toEqual(['tool.approved', 'tool.created'])
    for (const { headers, body } of receiver.received) {
      const sent = String(headers['x-super-data-signature'])
      const timestamp = Number(/^t=(\d+),/.exec(sent)?.[1])
      expect(sent).toBe(signatureOf(secret, timestamp, body))
      expect(JSON.parse(body)).toMatchObject({ project: 'default', subject: 'total' })
    }
    expect(new Set(receiver.received.map(({ headers }) => headers['x-super-data-id'])).size).toBe(2)
  })

  it('send only the kinds asked for, and only what happens from then on', async () => {
    await using receiver = await openReceiver(() => 200)
    await publish('before')
    await whole.ask('webhooks.create', { url: receiver.url, types: ['tool.approved'] })
    await publish('after')
    await expect.poll(() => receiver.received.map(({ body }) => JSON.parse(body).subject)).toEqual(['after'])
  })

  it('are tried again with the same id, until the receiver takes it', async () => {
    await using receiver = await openReceiver(nth => (nth < 3 ? 503 : 200))
    const { id } = await whole.ask('webhooks.create', { url: receiver.url, types: ['tool.approved'] })
    await publish('total')
    await expect.poll(async () => (await deliveries(id))[0]?.state).toBe('delivered')
    expect(new Set(receiver.received.map(({ headers }) => headers['x-super-data-id'])).size).toBe(1)
    expect((await deliveries(id))[0]).toMatchObject({ attempts: 3, status: 200, problem: null })
  })

  it('are given up after some attempts, kept, and can be sent again', async () => {
    let working = false
    await using receiver = await openReceiver(() => (working ? 200 : 500))
    const { id } = await whole.ask('webhooks.create', { url: receiver.url, types: ['tool.approved'] })
    await publish('total')
    await expect.poll(async () => (await deliveries(id))[0]?.state).toBe('dead')
    expect((await whole.ask('webhooks.list')).items).toMatchObject([{ id, state: 'failing' }])
    working = true
    const [dead] = await deliveries(id)
    await whole.ask('webhooks.redeliver', { webhook: id, delivery: dead!.id })
    await expect.poll(async () => (await deliveries(id))[0]?.state).toBe('delivered')
    expect((await whole.ask('webhooks.list')).items).toMatchObject([{ id, state: 'active' }])
  })

  it('do not wait for a receiver that never answers, and do not follow it elsewhere', async () => {
    const webhooks = { privateAllowed: true, firstRetryMs: 20, attemptsMax: 3, timeoutMs: 500 }
    await using whole = await openWhole({ files: data, settings: { webhooks } })
    await using silent = await openReceiver(() => 'never')
    await using redirecting = await openReceiver(() => 302)
    const one = await whole.ask('webhooks.create', { url: silent.url, types: ['tool.approved'] })
    const other = await whole.ask('webhooks.create', { url: redirecting.url, types: ['tool.approved'] })
    await whole.publish('total', 'map(.amount) | add', { source: 'orders' })
    const problem = async (webhook: string) => (await whole.ask('webhooks.deliveries', { webhook })).items[0]?.problem
    await expect.poll(() => problem(one.id)).toBe('no answer in time')
    await expect.poll(() => problem(other.id)).toBe('answered 302')
  })

  it('go on after a restart where they were', async () => {
    let working = false
    await using receiver = await openReceiver(() => (working ? 200 : 503))
    const home = await mkdtemp(join(tmpdir(), 'super-data-hooks-'))
    const settings = { webhooks: { privateAllowed: true, firstRetryMs: 300 } }
    {
      await using first = await openWhole({ home, settings, files: data })
      await first.ask('webhooks.create', { url: receiver.url, types: ['tool.approved'] })
      await first.publish('total', 'map(.amount) | add', { source: 'orders' })
      await expect.poll(() => receiver.received.length).toBeGreaterThan(0)
    }
    const before = receiver.received.length
    working = true
    {
      await using _second = await openWhole({ home, settings })
      await expect.poll(() => receiver.received.length).toBe(before + 1)
    }
    expect(receiver.received.at(-1)?.headers['x-super-data-id']).toBe(receiver.received[0]?.headers['x-super-data-id'])
    await rm(home, { recursive: true })
  })

  it('that were being sent when the server stopped are sent at once by the next', async () => {
    let working = false
    await using receiver = await openReceiver(() => (working ? 200 : 'never'))
    const home = await mkdtemp(join(tmpdir(), 'super-data-hooks-'))
    {
      await using first = await openWhole({ home, files: data })
      await first.ask('webhooks.create', { url: receiver.url, types: ['tool.approved'] })
      await first.publish('total', 'map(.amount) | add', { source: 'orders' })
      await expect.poll(() => receiver.received.length).toBe(1)
    }
    working = true
    {
      await using _second = await openWhole({ home })
      await expect.poll(() => receiver.received.length).toBe(2)
    }
    await rm(home, { recursive: true })
  })

  it('are not sent to an address with user and password, which those who see it would read', async () => {
    for (const url of ['http://user:pw@example.com/hook', 'https://token@example.com/hook'])
      await expect(whole.ask('webhooks.create', { url })).rejects.toMatchObject({
        code: 'INPUT_INVALID',
        message: expect.stringMatching(/^\/url: without user and password/),
        details: { fields: [{ path: '/url', problem: expect.not.stringContaining('pw') }] },
      })
    expect((await whole.ask('webhooks.list')).items).toEqual([])
  })

  it('are for admins of the project, and show their secret once', async () => {
    const editor = await whole.join('eve')
    await expect(whole.askAs(editor, 'webhooks.list')).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    const made = await whole.ask('webhooks.create', { url: 'https://example.com/hook' })
    expect(made.secret).toHaveLength(43)
    expect(JSON.stringify((await whole.ask('webhooks.list')).items)).not.toContain(made.secret)
    await whole.ask('webhooks.delete', { webhook: made.id })
    await expect(whole.ask('webhooks.deliveries', { webhook: made.id })).rejects.toMatchObject({
      code: 'WEBHOOK_MISSING',
    })
  })
})

describe('addresses of webhooks', () => {
  const inner = [
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://localhost:80/',
    'http://169.254.169.254/latest/meta-data',
    'http://10.1.2.3/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[fd00::1]/',
    'http://0.0.0.0/',
  ]
  it('are public ones, however an inner one is written', async () => {
    await using whole = await openWhole({ settings: { webhooks: { privateAllowed: false } } })
    for (const url of inner)
      await expect(whole.ask('webhooks.create', { url })).rejects.toMatchObject({ code: 'WEBHOOK_ADDRESS_REFUSED' })
  })

  it('are checked when a name resolves, too', () => {
    expect(['8.8.8.8', '2606:4700::1111'].map(isPublic)).toEqual([true, true])
    expect(['127.1.2.3', '::ffff:10.0.0.1', 'fe80::1', '64:ff9b::7f00:1', 'x'].map(isPublic)).toEqual(
      Array(5).fill(false),
    )
  })
})
