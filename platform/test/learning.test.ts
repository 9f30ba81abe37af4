import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordForm } from '../src/learning/record-form.ts'
import { MovedClock, openWhole, problemOf, type Whole } from './whole-platform.ts'

const dayMs = 86_400_000
const orders = Array.from({ length: 40 }, (_, id) => ({ id, city: ['Berlin', 'Paris', 'Rome'][id % 3], total: id }))
const files = { 'orders.json': JSON.stringify(orders) }

const byCity = (city: string) => `map(select(.city == "${city}" and .total > 10)) | length`

describe('a question asked again and again', () => {
  let whole: Whole
  let ann: string
  let vera: string
  beforeAll(async () => {
    whole = await openWhole({ files })
    ann = await whole.join('ann')
    vera = await whole.join('vera', 'viewer')
    const ask = (bearer: string, text: string) =>
      whole.askAs(bearer, 'queries.ask', { engine: 'jq', source: 'orders', text })
    for (const city of ['Berlin', 'Paris', 'Rome']) await ask(whole.owner, byCity(city))
    await ask(ann, byCity('Berlin').replaceAll(' ', ''))
    await ask(vera, byCity('Paris'))
    await whole.askAs(vera, 'queries.ask', {
      ...{ engine: 'jq', source: 'orders', text: byCity('x').replace('"x"', '$where') },
      params: { where: 'vera’s own secret' },
    })
    await ask(whole.owner, 'length')
    await problemOf(ask(whole.owner, 'error("x")'))
  })
  afterAll(() => whole[Symbol.asyncDispose]())

  it('becomes a suggestion, with a parameter for what differed', async () => {
    const { items } = await whole.ask('learning.suggestions')
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({
      ...{ kind: 'make_tool', title: 'Asked 6 times by 3 people: make it a tool?', canAccept: true },
      evidence: { asked: 6, users: 3 },
      definition: { engine: 'jq', source: 'orders', mode: 'document', text: expect.stringContaining('> 10') },
    })
    const { properties, required } = items[0]!.definition!.parameters as { properties: object; required: string[] }
    expect(required).toEqual(['where'])
    expect(properties).toEqual({ where: { type: 'string', examples: ['Paris', 'Berlin', 'Rome'] } })
    expect(items[0]!.tool).toBe('orders_by_where')
  })

  it('shows nobody the parameters of another', async () => {
    expect(JSON.stringify(await whole.ask('learning.suggestions'))).not.toContain('secret')
    const own = await whole.askAs(vera, 'learning.suggestions', {})
    expect(JSON.stringify(own)).toContain('secret')
  })

  it('is not seen from another project', async () => {
    await whole.ask('projects.create', { name: 'second', description: '' } as never)
    expect((await whole.ask('learning.suggestions', { project: 'second' })).items).toEqual([])
    expect(await problemOf(whole.askAs(ann, 'learning.suggestions', { project: 'second' }))).toMatchObject({
      code: 'PROJECT_MISSING',
    })
  })

  it('is accepted into a draft by an editor, once, and then suggested no more', async () => {
    const [suggestion] = (await whole.ask('learning.suggestions')).items
    const accepting = { suggestion: suggestion!.id, tool: 'orders_of_city', description: 'Orders of a city.' }
    expect(await problemOf(whole.askAs(vera, 'learning.accept', accepting))).toMatchObject({ code: 'ACCESS_DENIED' })
    const tool = await whole.askAs(ann, 'learning.accept', accepting)
    expect(tool).toMatchObject({ name: 'orders_of_city', state: 'draft', origin: 'learned', version: 1 })
    const answer = await whole.askAs(ann, 'tools.run', { tool: 'orders_of_city', params: { where: 'Rome' } })
    expect(answer).toMatchObject({ draft: true, value: orders.filter(o => o.city === 'Rome' && o.total > 10).length })
    expect((await whole.ask('learning.suggestions')).items).toEqual([])
    expect(await problemOf(whole.ask('learning.accept', accepting))).toMatchObject({ code: 'SUGGESTION_MISSING' })
  })

  it('in SQL too: what was always the same stays, and a name that is taken is not proposed', async () => {
    await whole.ask('tools.create', { tool: 'orders_by_city', description: 'Taken.', engine: 'jq', text: '1' })
    for (const city of ['Berlin', 'Paris', 'Rome'])
      await whole.sql(`select count(*) as n from orders where city = '${city}' and total > 10 limit 5`)
    const [suggestion] = (await whole.ask('learning.suggestions')).items
    expect(suggestion).toMatchObject({
      tool: 'orders_by_city_2',
      definition: { text: 'select count(*) as n from orders where city = $city and total > 10 limit 5' },
    })
    const tool = await whole.ask('learning.accept', { suggestion: suggestion!.id })
    expect(tool.definition.parameters).toMatchObject({ properties: { city: { type: 'string' } }, required: ['city'] })
    expect((await whole.run(tool.name, { city: 'Rome' })).rows).toEqual([[10]])
  })

  it('is put away for everybody, and stays away', async () => {
    for (const n of [1, 2, 3]) await whole.jq(`map(.total) | .[:${n}]`, { source: 'orders' })
    const [suggestion] = (await whole.ask('learning.suggestions')).items
    expect(suggestion!.definition!.text).toBe('map(.total) | .[:$limit]')
    expect(await whole.ask('learning.dismiss', { suggestion: suggestion!.id })).toEqual({ dismissed: suggestion!.id })
    await whole.jq('map(.total) | .[:4]', { source: 'orders' })
    for (const bearer of [whole.owner, ann])
      expect((await whole.askAs(bearer, 'learning.suggestions', {})).items).toEqual([])
    expect(await problemOf(whole.ask('learning.dismiss', { suggestion: suggestion!.id }))).toMatchObject({
      code: 'SUGGESTION_MISSING',
    })
  })

  it('that could not be saved is not suggested', async () => {
    await whole.ask('functions.create', { definition: 'def passing: .;' })
    for (const n of [1, 2, 3]) await whole.jq(`${n} | passing`)
    expect((await whole.ask('learning.suggestions')).items).toHaveLength(1)
    await whole.ask('functions.disable', { function: 'passing' })
    expect((await whole.ask('learning.suggestions')).items).toEqual([])
  })
})

describe('tools in use', () => {
  it('that nobody called for 90 days are to be put away, by an admin, and not before that can be known', async () => {
    const clock = new MovedClock()
    await using whole = await openWhole({ clock, files })
    const ann = await whole.join('ann')
    await whole.ask('tools.create', { tool: 'used', description: 'Used.', engine: 'jq', text: '1' })
    await whole.ask('tools.create', { tool: 'idle', description: 'Not used.', engine: 'jq', text: '2' })
    for (const tool of ['used', 'idle']) {
      const { hash } = await whole.ask('tools.submit', { tool })
      await whole.askAs(ann, 'tools.vote', { tool, vote: 'approve', hash }).catch(() => undefined)
    }
    await whole.run('used')
    clock.advance(80 * dayMs)
    await whole.run('used')
    expect((await whole.ask('learning.suggestions')).items).toEqual([])
    clock.advance(20 * dayMs)
    const { items } = await whole.ask('learning.suggestions', { kind: 'disable_tool' })
    expect(items).toMatchObject([{ tool: 'idle', title: 'Nobody has called idle for 90 days: put it away?' }])
    const accepting = { suggestion: items[0]!.id }
    expect(await problemOf(whole.askAs(ann, 'learning.accept', accepting))).toMatchObject({ code: 'ACCESS_DENIED' })
    expect(await whole.ask('learning.accept', accepting)).toMatchObject({ name: 'idle', state: 'disabled' })
  })

  it('over large data that look at one record after the other are to use records mode, with the same answers', async () => {
    const large = Array.from({ length: 4_000 }, (_, id) => `{"id":${id},"note":"${'x'.repeat(9_000)}"}`)
    await using whole = await openWhole({ files: { 'events.ndjson': large.join('\n') } })
    await whole.publish('some', '# each\n.[] | select(.id % $n == 0) | .id', {
      ...{ source: 'events', description: 'Some.' },
      parameters: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
    })
    await whole.publish('all', 'length', { source: 'events' })
    const before = await whole.run('some', { n: 1_000 })
    const { items } = await whole.ask('learning.suggestions')
    expect(items).toMatchObject([
      { kind: 'use_records', tool: 'some', definition: { mode: 'records' }, canAccept: true },
    ])
    const draft = await whole.ask('learning.accept', { suggestion: items[0]!.id })
    expect(draft).toMatchObject({ version: 2, state: 'draft', definition: { mode: 'records' } })
    const after = await whole.run('some', { n: 1_000 }, { version: 2 })
    expect([after.value, after.count]).toEqual([before.value, before.count])
  }, 120_000)
})

describe('a slow tool that is called with the same parameters again and again', () => {
  it('and whose answer depends on the time gets the advice to take it as a parameter', async () => {
    await using whole = await openWhole({ files })
    const parameters = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
    await whole.publish('recent', '[.[] | select(.total > now - $n)]', { source: 'orders', parameters })
    await whole.publish('always', '[.[] | select(.total > $n)]', { source: 'orders', parameters })
    for (const tool of ['recent', 'always']) await whole.run(tool, { n: 1 })
    await whole.ask('tools.stats')
    const telemetry = new DatabaseSync(join(whole.home, 'database', 'telemetry.db'))
    telemetry.exec('update runs set elapsed_ms = 900')
    for (let copy = 0; copy < 5; copy++)
      telemetry.exec(`insert into runs select id || '${copy}', ${columns} from runs where length(id) = 30`)
    telemetry.close()
    const { items } = await whole.ask('learning.suggestions', { kind: 'take_as_parameter' })
    expect(items).toMatchObject([{ tool: 'recent', canAccept: false, evidence: { asked: 6, users: 1, p95Ms: 900 } }])
    expect(items[0]!.title).toContain('called 6 times with the same parameters')
    expect(await problemOf(whole.ask('learning.accept', { suggestion: items[0]!.id }))).toMatchObject({
      code: 'SUGGESTION_ADVICE',
    })
  })
})

const columns = `at, project, user_id, user_name, engine, source, text, mode, params, tool, tool_hash, outcome, code,
  elapsed_ms, count, bytes, cached`

describe('the form of a program for records mode', () => {
  it.each([
    ['.[] | .a', '.a'],
    ['# all\n.[] | select(.a > 1) | {a}', '# all\nselect(.a > 1) | {a}'],
    ['def f: .a; .[] | f', 'def f: .a; f'],
  ])('of %j is %j', (text, form) => expect(recordForm(text)).toBe(form))

  it.each(['.', '.[].a', 'map(.a)', '.[]? | .a', '. as $all | .[] | .a', '.rows[] | .a', 'first(.[] | .a)'])(
    'is none of %s, which may need the whole',
    text => expect(recordForm(text)).toBeUndefined(),
  )
})

describe('learning switched off', () => {
  it('refuses everything that would learn, and leaves what there is', async () => {
    await using whole = await openWhole({ files, settings: { learning: false } })
    for (const refused of [
      whole.ask('learning.suggestions'),
      whole.ask('learning.accept', { suggestion: 'suggestion_x' }),
      whole.ask('learning.dismiss', { suggestion: 'suggestion_x' }),
    ])
      expect(await problemOf(refused)).toMatchObject({ code: 'LEARNING_DISABLED' })
    await whole.jq('length', { source: 'orders' })
    expect((await whole.ask('tools.stats')).overall.calls).toBe(1)
  })
})
