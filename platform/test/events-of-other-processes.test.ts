import type { Event } from '@super-data/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWhole, type Whole } from './whole-platform.ts'

let server: Whole
let beside: Whole
beforeAll(async () => {
  server = await openWhole({ files: { 'a.json': '1' } })
  beside = await openWhole({ home: server.home })
})
afterAll(async () => {
  await beside[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

async function follow(whole: Whole, after?: string) {
  const controller = new AbortController()
  const principal = await whole.platform.authenticate({ bearer: server.owner })
  const stream = whole.platform.events.follow(principal, {
    signal: controller.signal,
    ...(after === undefined ? {} : { after }),
  })
  const heard: Event[] = []
  const ended = (async () => {
    for await (const event of stream) heard.push(event)
  })()
  return {
    heard,
    names: () => heard.map(({ type, subject }) => `${type} ${subject}`),
    async stop() {
      controller.abort()
      await ended
    },
  }
}

const publish = async (whole: Whole, tool: string) => {
  await whole.askAs(server.owner, 'tools.create', { tool, description: 'x', engine: 'jq', text: '1' })
  await whole.askAs(server.owner, 'tools.submit', { tool })
}

describe('what one process on a home does', () => {
  it('reaches listeners, followers and the catalogue of another, in order, within seconds', async () => {
    const listened: string[] = []
    const stop = server.platform.events.onEvent(event => listened.push(event.subject))
    const follower = await follow(server)
    const principal = await server.platform.authenticate({ bearer: server.owner })
    const { generation } = await server.platform.catalogue(principal, 'default')
    await publish(beside, 'from_beside')
    const catalogue = await server.platform.catalogue(principal, 'default')
    expect(catalogue.tools.map(tool => tool.name)).toContain('from_beside')
    expect(catalogue.generation).toBeGreaterThan(generation)
    expect(await server.run('from_beside')).toMatchObject({ value: 1 })
    await expect.poll(follower.names).toEqual(['tool.created from_beside', 'tool.approved from_beside'])
    expect(listened).toEqual(['from_beside', 'from_beside'])
    await follower.stop()
    stop()
  })

  it('comes before what this one does after it', async () => {
    const follower = await follow(server)
    for (const [place, whole] of [server, beside, server, beside].entries()) await publish(whole, `turn_${place}`)
    const expected = [0, 1, 2, 3].flatMap(place => [`tool.created turn_${place}`, `tool.approved turn_${place}`])
    await expect.poll(follower.names).toEqual(expected)
    const ids = follower.heard.map(event => event.id)
    expect(ids).toEqual([...ids].sort())
    await follower.stop()
  })

  it('is all told, once, when both write at the same time to both files', async () => {
    const followers = await Promise.all([follow(server), follow(beside)])
    const rounds = Array.from({ length: 20 }, (_, round) => round)
    const change = async (whole: Whole, name: string) => {
      for (const round of rounds) {
        await whole.askAs(server.owner, 'functions.create', { definition: `def ${name}_${round}: 1;` })
        if (round % 5 === 0 && whole === server) {
          await server.write('a.json', String(round))
          await server.ask('datasets.refresh')
        }
      }
    }
    await Promise.all([change(server, 'here'), change(beside, 'there')])
    for (const follower of followers) {
      const functions = () =>
        follower.heard.filter(event => event.type === 'function.created').map(event => event.subject)
      const expected = rounds.flatMap(round => [`here_${round}/0`, `there_${round}/0`]).sort()
      await expect.poll(() => functions().sort()).toEqual(expected)
      const here = functions().filter(name => name.startsWith('here'))
      expect(here).toEqual(rounds.map(round => `here_${round}/0`))
      await follower.stop()
    }
  })

  it('is still there for a follower that comes back', async () => {
    const first = await follow(server)
    await publish(beside, 'one')
    await expect.poll(() => first.heard.length).toBe(2)
    await first.stop()
    await publish(beside, 'two')
    await publish(server, 'three')
    const again = await follow(server, first.heard[1]!.id)
    await expect
      .poll(again.names)
      .toEqual(['tool.created two', 'tool.approved two', 'tool.created three', 'tool.approved three'])
    await again.stop()
  })

  it('of a kind this version does not know disturbs nothing', async () => {
    const follower = await follow(server)
    server.tamper(
      `insert into outbox (id, at, type, project, subject) values ('event_zz', 1, 'tool.teleported', 'default', 'x')`,
    )
    await publish(server, 'after_the_unknown')
    await expect.poll(() => follower.names().at(-1)).toBe('tool.approved after_the_unknown')
    await follower.stop()
  })
})
