import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient } from '@super-data/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { treeMemoryBytes } from '../src/process-tree.ts'
import { ServerProcess } from '../src/server-process.ts'

const megabytes = process.env['SUPER_DATA_TORTURE'] ? 500 : 40
const records = megabytes * 5_000
const project = 'default'

let folder: string
let server: ServerProcess
let client: Client
let idleBytes: number

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'super-data-large-'))
  // It is about memory: a busy machine may take its time.
  server = await ServerProcess.open({ datasets: folder, env: { SUPER_DATA_QUERY_TIMEOUT_SECONDS: '300' } })
  client = createClient({ url: server.url, key: server.key })
  await client.queries.ask({ project, engine: 'jq', text: '1' })
  idleBytes = await treeMemoryBytes(await server.pid())
}, 60_000)
afterAll(async () => {
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})

/** The most memory the server and its processes take, all together and above what they took idle, while something is done. */
async function memoryOf<T>(work: () => Promise<T>): Promise<{ value: T; total: number; growth: number }> {
  let most = idleBytes
  let watching = true
  const pid = await server.pid()
  // One look after the other: on a busy machine they take longer than the time between them.
  const watched = (async () => {
    while (watching) {
      most = Math.max(most, await treeMemoryBytes(pid))
      await sleep(50)
    }
  })()
  try {
    const value = await work()
    return { value, total: Math.round(most / 2 ** 20), growth: Math.round((most - idleBytes) / 2 ** 20) }
  } finally {
    watching = false
    await watched
  }
}

describe(`an array of ${megabytes} MB`, () => {
  it('is read, filtered record by record and paged to its end in memory that does not grow with it', async () => {
    const read = await memoryOf(async () => {
      await writeArray()
      for (;;) {
        const { items } = await client.datasets.list({ project })
        if (items.length > 0) return items
        await client.datasets.refresh({ project })
      }
    })
    expect(read.value).toMatchObject([{ name: 'events', records }])
    const asked = await memoryOf(() =>
      client.queries.ask({
        ...{ project, engine: 'jq', source: 'events', mode: 'records', maxRows: 1_000 },
        text: 'select(.id % 10 == 0) | .id',
      }),
    )
    const { truncated } = asked.value
    expect(asked.value).toMatchObject({ count: 1_000, truncated: { by: 'rows' } })
    const ids = asked.value.value as number[]
    const paged = await memoryOf(async () => {
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const handle = truncated === false ? '' : truncated.handle
        const page = await client.queries.read({
          ...{ project, handle, maxRows: 10_000, maxBytes: 1_000_000 },
          ...(cursor === undefined ? {} : { cursor }),
        })
        ids.push(...(page.items as number[]))
        cursor = page.cursor
        if (cursor === null) expect(page.complete).toBe(true)
      }
    })
    expect(ids).toHaveLength(records / 10)
    expect(ids.every((id, index) => id === index * 10)).toBe(true)
    console.log(
      `MB above idle: reading ${read.growth}, asking ${asked.growth}, paging ${paged.growth}; in all ${asked.total}`,
    )
    // docs/decisions/0007-memory.md says what the total consists of.
    for (const each of [read, asked, paged]) {
      expect(each.growth).toBeLessThan(150)
      expect(each.total).toBeLessThan(250)
    }
  }, 600_000)

  it('is counted exactly: as many as fit is whole, one less is not', async () => {
    const ask = (maxRows: number) =>
      client.queries.ask({
        ...{ project, engine: 'jq', source: 'events', mode: 'records', maxRows, text: 'select(.id < 500) | .id' },
      })
    expect(await ask(500)).toMatchObject({ count: 500, truncated: false })
    expect(await ask(499)).toMatchObject({ count: 499, truncated: { by: 'rows' } })
  }, 300_000)
})

async function writeArray(): Promise<void> {
  const path = join(folder, 'events.part')
  const stream = createWriteStream(path)
  for (let id = 0; id < records; id++) {
    const record = JSON.stringify({ id, note: 'x'.repeat(120), customer: { city: `city ${id % 20}`, score: id / 7 } })
    if (!stream.write((id === 0 ? '[' : ',\n') + record)) await once(stream, 'drain')
  }
  stream.end(']')
  await once(stream, 'close')
  await rename(path, join(folder, 'events.json'))
}
