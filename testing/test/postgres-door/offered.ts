import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import { expect, it } from 'vitest'
import { Caller } from './caller.ts'
import type { Scene } from './scene.ts'

const five = ['pg_query', 'pg_tx', 'pg_schema', 'pg_admin', 'pg_monitor']

type Tools = Awaited<ReturnType<Caller['client']['listTools']>>['tools']

const actions = (tools: Tools) =>
  tools.flatMap(({ name, inputSchema }) => {
    const { action } = inputSchema.properties as { action: { enum: string[] } }
    return action.enum.map(each => `${name} ${each}`)
  })

/** The last test: each action did what it says at least once before. */
export function nothingLeftOut(alice: () => Caller): void {
  it('no action went untried', async () => {
    const { tools } = await alice().client.listTools()
    const offered = actions(tools.filter(({ name }) => name.startsWith('pg_')))
    expect(offered.length).toBeGreaterThan(30)
    expect(offered.filter(action => !Caller.answered.has(action))).toEqual([])
  })
}

export function offered(scene: () => Scene, alice: () => Caller): void {
  const listed = async (...[person, where]: Parameters<Scene['connect']>) => {
    await using caller = await scene().connect(person, where)
    const { tools } = await caller.client.listTools()
    return tools.filter(({ name }) => name.startsWith('pg_'))
  }
  it('the tools are five, each action documented, within two thousand tokens', async () => {
    const tools = await listed('alice')
    expect(tools.map(({ name }) => name)).toEqual(five)
    for (const { description, inputSchema } of tools) {
      const { action } = inputSchema.properties as { action: { enum: string[] } }
      for (const each of action.enum) expect(description).toContain(`${each}(`)
    }
    expect(encode(JSON.stringify({ tools })).length).toBeLessThanOrEqual(2_000)
    expect(Object.fromEntries(tools.map(({ name, annotations }) => [name, annotations]))).toMatchObject({
      pg_monitor: { readOnlyHint: true, destructiveHint: false },
      pg_query: { readOnlyHint: false, destructiveHint: true },
    })
  })

  it('what somebody may not do, or no login can, is not offered', async () => {
    expect(actions(await listed('alice'))).toEqual(
      expect.arrayContaining(['pg_schema drop', 'pg_query write', 'pg_admin cancel']),
    )
    const bobs = actions(await listed('bob'))
    expect(bobs).toEqual(expect.arrayContaining(['pg_query write', 'pg_query import', 'pg_query transaction']))
    expect(bobs.filter(action => /create|alter|drop|vacuum|reindex|cancel|admin analyze/.test(action))).toEqual([])
    const readOnly = ['pg_query read', 'pg_query explain', 'pg_query export']
    for (const tools of [await listed('carol'), await listed('alice', { project: 'looking' })]) {
      expect(actions(tools).filter(action => action.startsWith('pg_query'))).toEqual(readOnly)
      expect(actions(tools)).not.toContain('pg_schema create')
      expect(tools.find(({ name }) => name === 'pg_query')!.annotations).toMatchObject({ destructiveHint: false })
    }
    await using looking = await scene().connect('alice', { project: 'looking' })
    await expect(looking.write('DELETE FROM acct', { autocommit: true })).rejects.toThrow('ACTION_UNKNOWN')
  })

  it('without a source there are none, except where one asks for them', async () => {
    expect(await listed('alice', { project: 'bare' })).toEqual([])
    const asked = await listed('alice', { project: 'bare', group: 'postgres' })
    expect(asked.map(({ name }) => name)).toEqual(five)
    await using caller = await scene().connect('alice', { project: 'bare', group: 'postgres' })
    expect(await caller.refused('pg_query', 'read', { sql: 'SELECT 1' })).toMatchObject({
      code: 'POSTGRES_SOURCE_MISSING',
    })
    await using narrowed = await scene().connect('alice', { group: 'postgres' })
    expect((await narrowed.client.listTools()).tools.map(({ name }) => name)).toEqual(five)
  })

  it('with several sources one has to be named', async () => {
    await using caller = await scene().connect('bob', { project: 'lab' })
    expect(await caller.refused('pg_query', 'read', { sql: 'SELECT 1' })).toMatchObject({
      ...{ code: 'POSTGRES_SOURCE_AMBIGUOUS', hint: expect.stringContaining('brief, moody') },
    })
    expect((await caller.ask('pg_schema', 'sources')).items).toMatchObject([
      { source: 'brief', rights: 'write', state: 'ready' },
      { source: 'moody', rights: 'write', state: 'ready' },
    ])
    expect((await caller.read('SELECT 1', { source: 'moody' })).rows).toEqual([[1]])
    expect(await caller.refused('pg_query', 'read', { sql: 'SELECT 1', source: 'shop' })).toMatchObject({
      code: 'POSTGRES_SOURCE_MISSING',
    })
    expect((await alice().read('SELECT 1', { source: 'shop' })).rows).toEqual([[1]])
  })
}
