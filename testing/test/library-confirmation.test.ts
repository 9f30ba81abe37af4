import type { ElicitResult } from '@modelcontextprotocol/client'
import type { Tool } from '@super-data/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { revisions } from '../src/mcp-client.ts'
import { Team } from '../src/team.ts'

type Name = 'alice' | 'bob' | 'dave'

let team: Team<Name>
beforeAll(async () => {
  const env = {
    SUPER_DATA_VOTE_CONFIRMATION: 'elicitation',
    SUPER_DATA_APPROVAL_THRESHOLD: '1',
    SUPER_DATA_MAX_PENDING_TOOLS: '100',
  }
  team = await Team.open({ people: { alice: 'editor', bob: 'editor', dave: 'editor' }, server: { env } })
}, 60_000)
afterAll(() => team[Symbol.asyncDispose]())

const yes: ElicitResult = { action: 'accept', content: { confirm: true } }
const propose = (tool: string, text: string, more: Record<string, unknown> = {}) =>
  team.as('dave').tools.propose({ tool, description: 'A question.', engine: 'jq', text, ...more })
const read = (tool: string) => team.as('dave').tools.get({ tool })

describe.each(['modern', 'legacy'] as const)(
  'a vote that an agent casts where its client asks its person (%s)',
  era => {
    const named = (name: string) => `${name}_${era}`

    /** Alice's agent calls; whoever sits at her client answers. */
    async function vote(
      input: { tool_id: string; vote?: 'approve' | 'reject'; comment?: string },
      person?: (message: string) => ElicitResult | Promise<ElicitResult>,
    ) {
      await using mcp = await team.mcp('alice', { era, path: '/mcp/library', ...(person ? { person } : {}) })
      return await mcp.client.callTool({ name: 'vote_on_tool', arguments: { vote: 'approve', ...input } })
    }

    it('is shown to them as it stands, and counts once they said yes', async () => {
      const first = await propose(named('shown'), '[1, 2] | add', { justification: 'Wanted.' })
      expect(await read(named('shown'))).toMatchObject({ votesNeeded: 1 })
      const seen: string[] = []
      const answered = await vote({ tool_id: named('shown'), comment: 'Fine.' }, message => {
        seen.push(message)
        return yes
      })
      expect(answered.structuredContent).toMatchObject({
        state: 'approved',
        approvedBy: ['alice'],
        votes: [{ user: 'alice', confirmed: true, confirmedBy: 'elicitation', comment: 'Fine.' }],
      })
      expect(seen).toHaveLength(1)
      for (const part of [named('shown'), 'version 1', first.hash, 'APPROVE', 'Fine.', 'Wanted.', '+ [1, 2] | add'])
        expect(seen[0]).toContain(part)
      await team.as('dave').tools.update({ tool: named('shown'), expectedVersion: 1, text: '[1, 3] | add' })
      await team.as('dave').tools.submit({ tool: named('shown') })
      await vote({ tool_id: named('shown') }, message => {
        seen.push(message)
        return yes
      })
      expect(seen[1]).toMatch(/What changes, from version 1[\s\S]*- \[1, 2\] \| add[\s\S]*\+ \[1, 3\] \| add/)
      expect(await read(named('shown'))).toMatchObject({ state: 'approved', version: 2 })
    })

    it('shows those who voted before what became of that version', async () => {
      const tool = named('better')
      await propose(tool, '[1, 2] | add')
      await vote({ tool_id: tool, vote: 'reject', comment: 'Not two.' }, () => yes)
      await team.as('dave').tools.update({ tool, expectedVersion: 1, text: '[1, 3] | add' })
      await team.as('dave').tools.submit({ tool })
      const seen: string[] = []
      await vote({ tool_id: tool }, message => {
        seen.push(message)
        return yes
      })
      expect(seen[0]).toMatch(
        /since version 1, on which you voted:\n {2}\| - \[1, 2\] \| add\n {2}\| \+ \[1, 3\] \| add\n\nIt is new:/,
      )
    })

    it.each<[string, ElicitResult]>([
      ['no', { action: 'decline' }],
      ['nothing', { action: 'cancel' }],
      ['yes without the tick', { action: 'accept', content: { confirm: false } }],
    ])('is not recorded when they answer %s', async (answer, result) => {
      const tool = named(`declined_${answer.split(' ').length}_${result.action}`)
      await propose(tool, `"${tool}"`)
      expect(await vote({ tool_id: tool }, () => result)).toMatchObject({
        isError: true,
        structuredContent: { error: { code: 'VOTE_DECLINED' } },
      })
      expect(await read(tool)).toMatchObject({ state: 'pending', votes: [] })
      expect(await team.as('alice').votes.unconfirmed({})).toEqual({ items: [] })
    })

    it('is asked again when the proposal changed while they read', async () => {
      const tool = named('changed')
      await propose(tool, '"before"')
      const seen: string[] = []
      const answered = await vote({ tool_id: tool }, async message => {
        seen.push(message)
        if (seen.length === 1) {
          await team.as('dave').tools.update({ tool, expectedVersion: 1, text: '"after"' })
          await team.as('dave').tools.submit({ tool })
        }
        return yes
      })
      expect(answered.structuredContent).toMatchObject({ state: 'approved', version: 2 })
      expect(seen.map(message => /"(before|after)"/.exec(message)?.[1])).toEqual(['before', 'after'])
    })

    it('for a version it names is refused when that one changed while they read', async () => {
      const tool = named('named')
      const { hash } = await propose(tool, '"before"')
      const answered = await vote({ tool_id: `${tool}@${hash}` }, async () => {
        await team.as('dave').tools.update({ tool, expectedVersion: 1, text: '"after"' })
        await team.as('dave').tools.submit({ tool })
        return yes
      })
      expect(answered).toMatchObject({ isError: true, structuredContent: { error: { code: 'VOTE_STALE' } } })
      expect(await read(tool)).toMatchObject({ state: 'pending', votes: [] })
    })

    it('shows what somebody wrote on lines of its own, escaped and cut', async () => {
      const tool = named('forged')
      const long = `"${'x'.repeat(5_000)}"\n${Array.from({ length: 100 }, (_, n) => `| . # ${n}`).join('\n')}`
      await propose(tool, long, { justification: 'Fine.\n\nHash: 0000\u202e\nAPPROVE something else' })
      const seen: string[] = []
      await vote({ tool_id: tool, comment: 'ok\u200b\nHash: 1111' }, message => {
        seen.push(message)
        return { action: 'decline' }
      })
      expect(seen[0]?.match(/^Hash: /gm)).toHaveLength(1)
      expect(seen[0]?.match(/^(APPROVE|REJECT)/gm)).toHaveLength(1)
      expect(seen[0]).not.toMatch(/[\u202e\u200b]/)
      expect(seen[0]).toContain('\\u{202E}')
      expect(seen[0]).toMatch(/more characters[\s\S]*more lines/)
      expect(seen[0]?.length).toBeLessThan(20_000)
    })

    it('through the other tools and on functions is asked the same way', async () => {
      await team.as('dave').functions.create({ definition: `def f_${era}: 1;` })
      const made = await team.as('dave').functions.submit({ function: `f_${era}` })
      const tool = await propose(named('by_action'), `"by action ${era}"`)
      const seen: string[] = []
      const person = (message: string) => {
        seen.push(message)
        return yes
      }
      await using mcp = await team.mcp('alice', { era, person })
      const onFunction = { action: 'vote_function', function: `f_${era}`, vote: 'approve', hash: made.hash }
      expect((await mcp.client.callTool({ name: 'library', arguments: onFunction })).structuredContent).toMatchObject({
        state: 'approved',
      })
      const onTool = { action: 'vote', tool: tool.name, vote: 'approve', hash: tool.hash }
      expect((await mcp.client.callTool({ name: 'library', arguments: onTool })).structuredContent).toMatchObject({
        state: 'approved',
      })
      expect(seen.map(message => /the (function|tool) (\w+)/.exec(message)?.[2])).toEqual([`f_${era}`, tool.name])
      const owned = await propose(named('of_admin'), `"of admin ${era}"`)
      await using owner = await team.mcp('owner', { era, path: '/mcp/library', person })
      const approving = { name: 'approve_tool', arguments: { tool_id: owned.name, confirm: true } }
      expect((await owner.client.callTool(approving)).structuredContent).toMatchObject({ state: 'approved' })
      expect(seen[2]).toContain('as owner')
    })

    it('waits for its code where the client asks nobody', async () => {
      const tool = named('by_code')
      await propose(tool, `"by code ${era}"`)
      expect((await vote({ tool_id: tool })).structuredContent).toMatchObject({
        state: 'pending',
        votes: [{ user: 'alice', confirmed: false, confirmedBy: null }],
      })
      const { items } = await team.as('alice').votes.unconfirmed({})
      expect(items).toMatchObject([{ subject: tool }])
      await team.as('alice').votes.confirm({ code: items[0]?.code ?? '' })
      expect(await read(tool)).toMatchObject({ state: 'approved', votes: [{ confirmedBy: 'code' }] })
    })

    it('of somebody who may not vote is refused without a question', async () => {
      const tool = named('of_dave')
      await propose(tool, `"of dave ${era}"`)
      const asked: string[] = []
      await using mcp = await team.mcp('dave', {
        ...{ era, path: '/mcp/library' },
        person: message => {
          asked.push(message)
          return yes
        },
      })
      const answered = await mcp.client.callTool({
        name: 'vote_on_tool',
        arguments: { tool_id: tool, vote: 'approve' },
      })
      expect(answered.structuredContent).toMatchObject({ error: { code: 'VOTE_NOT_ELIGIBLE' } })
      expect(asked).toEqual([])
    })
  },
)

describe('an answer on the wire', () => {
  let id = 0
  const meta = {
    'io.modelcontextprotocol/protocolVersion': revisions.modern,
    'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
    'io.modelcontextprotocol/clientInfo': { name: 'wire', version: '1' },
  }
  const answers = { person: { action: 'accept', content: { confirm: true } } }

  async function send(who: Name, tool: Tool, vote: 'approve' | 'reject', more: Record<string, unknown> = {}) {
    const input = { tool_id: `${tool.name}@${tool.hash}`, vote, comment: 'Because.' }
    const response = await fetch(`${team.url}/mcp/library`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${team.person(who).key}`,
        Accept: 'application/json, text/event-stream',
        'Content-Type': 'application/json',
        'Mcp-Protocol-Version': revisions.modern,
        'Mcp-Method': 'tools/call',
        'Mcp-Name': 'vote_on_tool',
      },
      body: JSON.stringify({
        ...{ jsonrpc: '2.0', id: ++id, method: 'tools/call' },
        params: { name: 'vote_on_tool', arguments: input, _meta: meta, ...more },
      }),
    })
    const text = await response.text()
    const data = /^data: (.*)$/m.exec(text)?.[1] ?? text
    return JSON.parse(data) as { result?: Record<string, unknown>; error?: { code: number } }
  }

  async function asked(who: Name, tool: Tool, vote: 'approve' | 'reject' = 'approve'): Promise<string> {
    const { result } = await send(who, tool, vote)
    expect(result).toMatchObject({ resultType: 'input_required', inputRequests: { person: expect.anything() } })
    return String(result?.['requestState'])
  }

  it('counts only with what was asked, for whom it was asked, for the vote that was shown', async () => {
    const tool = await propose('on_the_wire', '"on the wire"')
    const other = await propose('another', '"another"')
    const state = await asked('alice', tool)
    const again = { resultType: 'input_required' }
    const answered = { inputResponses: answers }
    expect((await send('alice', tool, 'approve', answered)).result).toMatchObject(again)
    expect((await send('alice', tool, 'reject', { ...answered, requestState: state })).result).toMatchObject(again)
    expect((await send('alice', other, 'approve', { ...answered, requestState: state })).result).toMatchObject(again)
    expect(await send('bob', tool, 'approve', { ...answered, requestState: state })).toMatchObject({
      error: { code: -32602 },
    })
    const forged = `${state.slice(0, -4)}AAAA`
    expect(await send('alice', tool, 'approve', { ...answered, requestState: forged })).toMatchObject({
      error: { code: -32602 },
    })
    expect(await read('on_the_wire')).toMatchObject({ state: 'pending', votes: [] })
    expect((await send('alice', tool, 'approve', { ...answered, requestState: state })).result).toMatchObject({
      structuredContent: { state: 'approved' },
    })
  })

  it('counts once: a vote that was changed is not changed back with it', async () => {
    const env = {
      SUPER_DATA_VOTE_CONFIRMATION: 'elicitation',
      SUPER_DATA_APPROVAL_THRESHOLD: '3',
      SUPER_DATA_MAX_PENDING_TOOLS: '100',
    }
    await team.server.close()
    await team.restart({ env })
    const tool = await propose('once', '"once"')
    const yesToApprove = { inputResponses: answers, requestState: await asked('alice', tool) }
    await send('alice', tool, 'approve', yesToApprove)
    const yesToReject = { inputResponses: answers, requestState: await asked('alice', tool, 'reject') }
    await send('alice', tool, 'reject', yesToReject)
    expect((await send('alice', tool, 'approve', yesToApprove)).result).toMatchObject({ resultType: 'input_required' })
    expect(await read('once')).toMatchObject({ votes: [{ user: 'alice', vote: 'reject' }] })
  })
})
