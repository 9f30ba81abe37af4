import type { LibraryDocument } from '@super-data/contract'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contentHash } from '../src/canonical-json.ts'
import { openWhole, type Whole } from './whole-platform.ts'

const data = { 'orders.json': '[{"amount":1,"region":"n"},{"amount":2,"region":"s"}]' }

describe('tools and functions that travel between teams', () => {
  let from: Whole
  let to: Whole
  beforeEach(async () => {
    ;[from, to] = await Promise.all([openWhole({ files: data }), openWhole({ files: data })])
    for (const definition of ['def double(f): f * 2;', 'def total: map(double(.amount)) | add;']) {
      const saved = await from.ask('functions.create', { definition, description: 'Helps.' })
      await publishFunction(from, `${saved.name}/${saved.arity}`)
    }
    await from.publish('grand_total', 'total', { source: 'orders' })
    await from.publish('plain', 'length', { source: 'orders' })
  })
  afterEach(async () => {
    await from[Symbol.asyncDispose]()
    await to[Symbol.asyncDispose]()
  })

  const actions = (changes: readonly { action: string; name: string }[]) =>
    Object.fromEntries(changes.map(change => [change.name, change.action]))

  it('are one document, the same every time, with everything they use', async () => {
    const document = await from.ask('library.export')
    expect(await from.ask('library.export')).toEqual(document)
    expect(document.tools.map(tool => tool.name)).toEqual(['grand_total', 'plain'])
    expect(document.functions.map(each => each.name)).toEqual(['double', 'total'])
    expect(JSON.stringify(document)).not.toMatch(/owner|createdAt|user_/)
    const one = await from.ask('library.export', { tools: ['grand_total'] })
    expect([one.tools.length, one.functions.length]).toEqual([1, 2])
  })

  it('arrive, and answer as they did at home once they are approved', async () => {
    const document = await from.ask('library.export')
    const { changes } = await to.ask('library.import', { document })
    expect(actions(changes)).toEqual({
      'double/1': 'create',
      'total/0': 'create',
      grand_total: 'create',
      plain: 'create',
    })
    expect((await to.run('grand_total')).value).toBe(6)
    expect(await to.ask('library.export')).toEqual(document)
  })

  it('come in parts when there are many, with one line in the audit', async () => {
    const { hash: _, tools, ...exported } = await from.ask('library.export')
    const copies = Array.from({ length: 230 }, (_, index) => ({ ...tools[0]!, name: `grand_total_of_week_${index}` }))
    const content = { ...exported, tools: copies }
    const document = { ...content, hash: contentHash(content) }
    const rehearsed = await to.ask('library.import', { document, dryRun: true, approve: true })
    expect(Object.values(actions(rehearsed.changes))).toEqual(Array(232).fill('create'))
    const { changes } = await to.ask('library.import', { document, approve: true })
    expect(changes).toEqual(rehearsed.changes)
    expect((await to.run('grand_total_of_week_229')).value).toBe(6)
    const { items } = await to.ask('audit.list', { operation: 'library.import' })
    expect(items.map(line => line.target)).toEqual([document.hash.slice(0, 12), null])
  })

  it('wait for review in a team of several', async () => {
    const editor = await to.join('eve')
    const document = await from.ask('library.export')
    await to.askAs(editor, 'library.import', { document })
    expect((await to.ask('tools.get', { tool: 'grand_total' })).state).toBe('pending')
    await expect(to.askAs(editor, 'library.import', { document, approve: true })).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
    })
  })

  it('can be approved at once by an admin, recorded as an import', async () => {
    await to.join('eve')
    await to.ask('library.import', { document: await from.ask('library.export'), approve: true })
    expect(await to.ask('tools.get', { tool: 'plain' })).toMatchObject({ state: 'approved', review: 'import' })
  })

  it('show reviewers what the checks found, as proposals do', async () => {
    const tests = [{ params: {}, input: [{ amount: 2 }], expected: 4 }]
    await from.ask('tools.create', {
      ...{ tool: 'tested', description: 'Ask the assistant.', engine: 'jq', source: 'orders', text: 'total', tests },
    })
    await from.ask('tools.submit', { tool: 'tested' })
    const editor = await to.join('eve')
    await to.askAs(editor, 'library.import', { document: await from.ask('library.export') })
    const { checks, state } = await to.ask('tools.get', { tool: 'tested' })
    expect({ checks, state }).toMatchObject({ state: 'pending', checks: { tests: 1, score: expect.any(Number) } })
    expect(checks?.warnings).toEqual([expect.stringContaining('talks about the model')])
    expect((await to.ask('functions.get', { function: 'total' })).checks).toMatchObject({ score: expect.any(Number) })
  })

  it('that may not be proposed are left out and said, and the others come', async () => {
    const tests = [{ name: 'of today', params: {}, dataset: 'orders', expected: 3 }]
    await from.publish('todays_total', 'total', { source: 'orders', tests: [{ ...tests[0]!, expected: 6 }] })
    await from.publish('elsewhere', 'map(.amount) | max', { source: 'orders' })
    await from.publish('long_one', `[${Array.from({ length: 60 }, (_, n) => `.[${n}]?`).join(', ')}] | length`)
    await from.publish('p1ain_count', 'length * 2', { source: 'orders' })
    const files = { 'orders.json': '[{"amount":5,"region":"n"}]' }
    await using small = await openWhole({ files, settings: { checks: { complexityMax: 100, testMs: 2_000 } } })
    await small.publish('plain_count', 'length * 3', { source: 'orders' })
    const document = await from.ask('library.export')
    const importing = (dryRun: boolean) => small.ask('library.import', { document, dryRun })
    const rehearsed = await importing(true)
    const problems = Object.fromEntries(
      rehearsed.changes.map(({ name, action, problem }) => [name, problem?.code ?? action]),
    )
    expect(problems).toEqual({
      ...{ 'double/1': 'create', 'total/0': 'create', grand_total: 'create', plain: 'create', elsewhere: 'create' },
      ...{ todays_total: 'TOOL_TEST_FAILED', long_one: 'TOOL_TOO_COMPLEX', p1ain_count: 'TOOL_NAME_CONFUSABLE' },
    })
    const failed = rehearsed.changes.find(change => change.name === 'todays_total')
    expect(failed).toMatchObject({
      action: 'refused',
      problem: { hint: expect.any(String), details: { failed: [{ name: 'of today', expected: 6, got: 10 }] } },
    })
    expect((await small.ask('tools.list')).items.map(tool => tool.name)).toEqual(['plain_count'])
    expect((await importing(false)).changes).toEqual(rehearsed.changes)
    const here = (await small.ask('tools.list')).items.map(tool => tool.name)
    expect(here).toEqual(['elsewhere', 'grand_total', 'plain', 'plain_count'])
    expect(actions((await importing(false)).changes)).toMatchObject({ plain: 'same', long_one: 'refused' })
  })

  it('ask for what is here already under another name, unless both are wanted', async () => {
    const text = '[.[] | select(.region == $region and .amount > 5) | .amount] | add // 0'
    const parameters = { type: 'object', properties: { region: { type: 'string' } }, required: ['region'] }
    await from.publish('by_region', text, { source: 'orders', parameters })
    await to.publish('amounts_of', text, { source: 'orders', parameters })
    const document = await from.ask('library.export', { tools: ['by_region'] })
    const { changes } = await to.ask('library.import', { document })
    expect(changes).toMatchObject([{ action: 'refused', problem: { code: 'TOOL_SIMILAR' } }])
    const both = await to.ask('library.import', { document, allowSimilar: true })
    expect(both.changes).toMatchObject([{ action: 'create', problem: null }])
    expect((await to.ask('tools.get', { tool: 'by_region' })).checks).toMatchObject({ similar: ['amounts_of'] })
  })

  it('never stand on a function that was left out, whoever approves', async () => {
    const { name } = await to.ask('functions.create', { definition: 'def total: 1;' })
    await publishFunction(to, name)
    const document = await from.ask('library.export', { tools: ['grand_total'] })
    for (const approve of [false, true]) {
      const { changes } = await to.ask('library.import', { document, approve, onConflict: 'skip', dryRun: true })
      expect(changes.map(change => [change.name, change.problem?.code ?? change.action])).toEqual([
        ['double/1', 'create'],
        ['total/0', 'skip'],
        ['grand_total', 'FUNCTION_NOT_APPROVED'],
      ])
    }
  })

  it('are left out where their data is not', async () => {
    await using empty = await openWhole({ files: {} })
    const { changes } = await empty.ask('library.import', { document: await from.ask('library.export') })
    expect(changes.find(change => change.name === 'plain')).toMatchObject({
      problem: { code: 'DATASET_MISSING', hint: expect.any(String) },
    })
    expect((await empty.ask('functions.list')).items).toHaveLength(2)
  })

  it('a dry run says what would happen, and nothing does', async () => {
    const document = await from.ask('library.export')
    const { changes } = await to.ask('library.import', { document, dryRun: true })
    expect(changes).toHaveLength(4)
    expect((await to.ask('tools.list')).items).toEqual([])
    await to.ask('library.import', { document })
    const again = await to.ask('library.import', { document, dryRun: true })
    expect(new Set(again.changes.map(change => change.action))).toEqual(new Set(['same']))
  })

  it('what is here already and not approved says so: it is left as it is', async () => {
    await using team = await openWhole({ files: data })
    await team.join('ann')
    const document = await from.ask('library.export')
    await team.ask('library.import', { document })
    const { changes } = await team.ask('library.import', { document })
    expect(new Set(changes.map(({ action, note }) => `${action}, ${note}`))).toEqual(
      new Set(['same, it is here already, pending']),
    )
  })

  it('what waits for votes is approved by an admin who imports the same, and recorded as an import', async () => {
    await using team = await openWhole({ files: data })
    const ann = await team.join('ann')
    const document = await from.ask('library.export')
    await team.askAs(ann, 'library.import', { document })
    const approving = { document, approve: true }
    const rehearsed = await team.ask('library.import', { ...approving, dryRun: true })
    expect(new Set(Object.values(actions(rehearsed.changes)))).toEqual(new Set(['approve']))
    expect((await team.ask('tools.get', { tool: 'plain' })).state).toBe('pending')
    expect((await team.ask('library.import', approving)).changes).toEqual(rehearsed.changes)
    const approved = await team.ask('tools.get', { tool: 'grand_total' })
    expect(approved).toMatchObject({ state: 'approved', review: 'import', createdBy: 'ann', submittedBy: 'owner' })
    expect(approved.checks).toMatchObject({ score: expect.any(Number) })
    expect((await team.run('grand_total')).value).toBe(6)
    expect(new Set(Object.values(actions((await team.ask('library.import', approving)).changes)))).toEqual(
      new Set(['same']),
    )
    const [version] = (await team.ask('tools.history', { tool: 'plain' })).items
    expect(version?.earlier).toMatchObject([{ submittedBy: 'ann' }])
  })

  it('what is here already and does not answer any more says so', async () => {
    const document = await from.ask('library.export', { tools: ['plain'] })
    await to.ask('library.import', { document })
    const noted = async () => (await to.ask('library.import', { document })).changes[0]
    expect(await noted()).toMatchObject({ action: 'same', version: 1, note: null })
    await to.ask('tools.update', { tool: 'plain', expectedVersion: 1, text: 'length + 1' })
    await to.ask('tools.submit', { tool: 'plain', allowSimilar: true })
    expect(await noted()).toMatchObject({ action: 'same', note: 'it is here already, but version 2 answers' })
    await to.ask('tools.disable', { tool: 'plain' })
    expect(await noted()).toMatchObject({ action: 'same', note: 'it is here already, disabled' })
  })

  it('what is here and differs becomes a new version, is left, or refuses everything', async () => {
    await to.publish('plain', 'length + 1', { source: 'orders' })
    const document = await from.ask('library.export')
    await expect(to.ask('library.import', { document, onConflict: 'refuse' })).rejects.toMatchObject({
      code: 'IMPORT_CONFLICT',
      details: { names: ['plain'] },
    })
    expect((await to.ask('tools.list')).items).toHaveLength(1)
    const skipped = await to.ask('library.import', { document, onConflict: 'skip' })
    expect(actions(skipped.changes)['plain']).toBe('skip')
    expect((await to.run('plain')).value).toBe(3)
    const added = await to.ask('library.import', { document })
    expect(added.changes.find(change => change.name === 'plain')).toMatchObject({
      ...{ action: 'version', version: 2 },
      before: expect.stringContaining('length + 1'),
    })
    expect((await to.run('plain')).value).toBe(2)
  })

  it('altered documents are refused, whatever was altered, and nothing is saved', async () => {
    const document = await from.ask('library.export')
    const alter = (change: (copy: LibraryDocument) => void) => {
      const copy = structuredClone(document)
      change(copy)
      const { hash: _, ...content } = copy
      return { ...copy, hash: contentHash(content) }
    }
    const altered = [
      { ...document, hash: '0'.repeat(64) },
      alter(copy => {
        copy.functions[0]!.definition = 'def double(f): f * 3;'
      }),
      alter(copy => {
        copy.tools[0]!.definition.text = '$ENV'
      }),
      alter(copy => {
        copy.functions.shift()
      }),
      alter(copy => {
        copy.tools[0]!.functions = []
      }),
    ]
    for (const each of altered)
      await expect(to.ask('library.import', { document: each })).rejects.toMatchObject({
        code: 'LIBRARY_DOCUMENT_INVALID',
      })
    expect((await to.ask('functions.list')).items).toEqual([])
  })
})

/** Functions are reviewed like tools where that is asked for. */
async function publishFunction(whole: Whole, name: string): Promise<void> {
  await whole.ask('functions.submit', { function: name })
}
