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

  it('a dry run says what would happen, and nothing does', async () => {
    const document = await from.ask('library.export')
    const { changes } = await to.ask('library.import', { document, dryRun: true })
    expect(changes).toHaveLength(4)
    expect((await to.ask('tools.list')).items).toEqual([])
    await to.ask('library.import', { document })
    const again = await to.ask('library.import', { document, dryRun: true })
    expect(new Set(again.changes.map(change => change.action))).toEqual(new Set(['same']))
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
