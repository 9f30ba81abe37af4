import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { mendedText } from '../src/learning/mended-text.ts'
import { openWhole, problemOf, type Whole } from './whole-platform.ts'

const json = (value: unknown) => JSON.stringify(value)

async function change(whole: Whole, file: string, content: string): Promise<void> {
  await sleep(20)
  await whole.write(file, content)
  await sleep(250)
  await whole.ask('datasets.refresh')
}

const first = [
  { id: 1, total: 5, by: { name: 'a' } },
  { id: 2, total: 7, by: { name: 'b' } },
]
const second = first.map(({ id, total, by }) => ({ id, sum: total, buyer: by.name }))
const third = second.map(({ id, sum, buyer }) => ({ key: `${id}`, sum, buyer }))

const toFirst = '{id, total: .sum, by: {name: .buyer}} # as it was'
const toSecond = '{id: (.key | tonumber), sum, buyer}'

describe('a migration between structures', () => {
  it('is tried on the data there is, and refused when it does not make the other structure', async () => {
    await using whole = await openWhole({ files: { 'orders.json': json(first) } })
    const declare = (program: string, to = 1) => whole.ask('datasets.migrate', { dataset: 'orders', program, to })
    expect(await problemOf(declare('.'))).toMatchObject({ code: 'SCHEMA_VERSION_UNKNOWN' })
    await change(whole, 'orders.json', json(second))
    for (const [program, message] of [
      ['.', '.[] has no field "total"'],
      ['empty', '2 records became 0'],
      ['., .', '2 records became 4'],
      ['{id: "x", total: .sum, by: {name: .buyer}}', '.[].id is string, not number'],
      ['[.]', '.[] is array, which has no fields'],
    ])
      expect(await problemOf(declare(program!))).toMatchObject({
        ...{ code: 'MIGRATION_UNFIT', message: expect.stringContaining(message!) },
      })
    expect(await problemOf(declare('error("no")'))).toMatchObject({ kind: 'invalid' })
    expect(await problemOf(declare('.a | b'))).toMatchObject({ code: 'FUNCTION_UNKNOWN' })
    expect(await problemOf(declare(toFirst, 9))).toMatchObject({ code: 'SCHEMA_VERSION_UNKNOWN' })
    expect(await declare(toFirst)).toMatchObject({ from: 2, to: 1, createdBy: 'owner', sample: first })
    const vera = await whole.join('vera', 'viewer')
    const { items } = await whole.askAs(vera, 'datasets.migrations', { dataset: 'orders' })
    expect(items).toMatchObject([{ from: 2, to: 1, program: toFirst }])
    const refused = whole.askAs(vera, 'datasets.migrate', { dataset: 'orders', program: '.', to: 1 })
    expect(await problemOf(refused)).toMatchObject({ code: 'ACCESS_DENIED' })
  })

  it('mends a tool through a chain, by a draft that the team reviews', async () => {
    await using whole = await openWhole({ files: { 'orders.json': json(first) } })
    await whole.publish('names', '[.[] | {n: .by.name, t: .total}] # all', { source: 'orders' })
    await whole.publish('totals', '.total', { source: 'orders', mode: 'records' })
    const before = [await whole.run('names'), await whole.run('totals')]
    await change(whole, 'orders.json', json(second))
    await whole.ask('datasets.migrate', { dataset: 'orders', program: toFirst, to: 1 })
    await change(whole, 'orders.json', json(third))
    expect((await whole.ask('learning.suggestions', { kind: 'mend_tool' })).items).toEqual([])
    await whole.ask('datasets.migrate', { dataset: 'orders', program: toSecond, to: 2 })
    const { items } = await whole.ask('learning.suggestions', { kind: 'mend_tool' })
    expect(items.map(each => each.tool)).toEqual(['names', 'totals'])
    expect(items[0]!.title).toContain('.[] has no field "by"')
    for (const [index, suggestion] of items.entries()) {
      const draft = await whole.ask('learning.accept', { suggestion: suggestion.id })
      expect(draft).toMatchObject({ version: 2, state: 'draft' })
      await whole.ask('tools.submit', { tool: suggestion.tool })
      expect((await whole.run(suggestion.tool)).value).toEqual(before[index]!.value)
    }
    expect(await whole.ask('datasets.introspect', { dataset: 'orders' })).toMatchObject({ isCompatible: true })
    expect((await whole.ask('learning.suggestions', { kind: 'mend_tool' })).items).toEqual([])
  })

  it('stands before the program, whatever its form', () => {
    const tool = { text: 'def f: .a; f # end', mode: 'document' } as const
    expect(mendedText(tool, ['.b', '.c # d'], true)).toBe('map((.b) | (.c # d\n)) | (def f: .a; f # end\n)')
    expect(mendedText({ ...tool, mode: 'records' }, ['.b'], true)).toBe('(.b) | (def f: .a; f # end\n)')
    expect(mendedText({ ...tool, text: '.a' }, ['.b'], false)).toBe('(.b) | (.a)')
  })
})
