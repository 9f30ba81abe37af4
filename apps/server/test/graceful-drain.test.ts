import { setTimeout as sleep } from 'node:timers/promises'
import { MemoryPlatform, openTestServer } from '@super-data/testing'
import { describe, expect, it } from 'vitest'

describe('stopping', () => {
  it('lets work in progress end, then ends the streams', async () => {
    const started = Promise.withResolvers<void>()
    const platform = new MemoryPlatform({
      handlers: {
        'datasets.list': async () => {
          started.resolve()
          await sleep(300)
          return { items: [], cursor: null }
        },
      },
    })
    const server = await openTestServer({ platform })
    const events = await fetch(`${server.url}/events`)
    const slow = fetch(`${server.url}/projects/default/datasets`)
    await started.promise
    const closing = server.close()
    expect((await slow).status).toBe(200)
    await closing
    expect(await events.text()).toContain('retry')
    await expect(fetch(`${server.url}/health/live`)).rejects.toThrow()
    expect(platform.events.listenerCount).toBe(0)
  })

  it('cuts off work that does not end in time', async () => {
    const started = Promise.withResolvers<void>()
    const platform = new MemoryPlatform({
      handlers: {
        'datasets.list': () => {
          started.resolve()
          return new Promise(() => undefined)
        },
      },
    })
    const server = await openTestServer({ platform, limits: { drainTimeoutMs: 100 } })
    const stuck = fetch(`${server.url}/projects/default/datasets`).catch(error => error)
    await started.promise
    await server.close()
    expect(await stuck).toBeInstanceOf(Error)
  })

  it('can be asked for twice', async () => {
    const server = await openTestServer()
    await Promise.all([server.close(), server.close()])
    await server.close()
  })

  it('a port that is taken is an error, and leaves nothing open', async () => {
    await using first = await openTestServer()
    await expect(openTestServer({ port: first.port })).rejects.toThrow(/EADDRINUSE/)
  })
})
