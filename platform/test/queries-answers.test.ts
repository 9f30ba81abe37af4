import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWhole, problemOf, readOn, type Whole } from './whole-platform.ts'

const big = '12345678901234567890'
const orders = Array.from({ length: 500 }, (_, id) => `${id},${id % 7},${(id * 1.1).toFixed(2)}`)

let whole: Whole
beforeAll(async () => {
  whole = await openWhole({
    files: {
      'hundred.json': JSON.stringify(Array.from({ length: 100 }, (_, index) => index)),
      'lines.ndjson': Array.from({ length: 50 }, (_, id) => `{"id":${id},"big":${big}}`).join('\n'),
      'object.json': `{"id": ${big}, "price": 0.1234567890123456789, "huge": 1e400, "text": "${big}"}`,
      'orders.csv': `id,customer,total\n${orders.join('\n')}\n`,
      'empty.json': '[]',
    },
  })
})
afterAll(() => whole[Symbol.asyncDispose]())

describe('a question that is likely a mistake', () => {
  it.each([
    ['a field that is misspelt', { text: 'map(.cusotmer)', source: 'orders' }, 'did you mean customer?'],
    ['the same, record by record', { text: '.cusotmer', source: 'orders', mode: 'records' }, 'did you mean customer?'],
    ['an input without a source', { text: '.[0]' }, 'names no `source`: the input is null; there is empty, hundred'],
  ] as const)('is answered with a warning: %s', async (_, { text, ...more }, warning) => {
    const { warnings } = await whole.jq(text, more)
    expect(warnings).toEqual([expect.stringContaining(warning)])
    const explained = await whole.ask('queries.explain', { engine: 'jq', text, ...more })
    expect(explained.hints).toContainEqual(expect.stringContaining(warning))
  })

  it.each([
    ['a dataset where a function would be', { text: 'orders | length' }, 'orders is a dataset: name it as the `source'],
    ['a field of all items at once', { text: '.customer', source: 'orders' }, 'An array is gone through with `.[]`.'],
  ])('or fails, and says what was probably meant: %s', async (_, { text, ...more }, hint) => {
    expect(await problemOf(whole.jq(text, more))).toMatchObject({ hint: expect.stringContaining(hint) })
  })

  it('and one that is not has none', async () => {
    expect(await whole.jq('map(.customer) | add', { source: 'orders' })).not.toHaveProperty('warnings')
    expect(await whole.jq('.text | length', { source: 'object' })).not.toHaveProperty('warnings')
    expect(await whole.jq('[range(3)]')).not.toHaveProperty('warnings')
    expect(await whole.sql('select 1')).not.toHaveProperty('warnings')
  })
})

describe('the shape of a jq answer', () => {
  it.each([
    ['one value', '{a: 1}', { value: { a: 1 }, count: 1, outputs: 1 }],
    ['null, which is a value', 'null', { value: null, count: 1, outputs: 1 }],
    ['one array', '[1, 2]', { value: [1, 2], count: 2, outputs: 1 }],
    ['an array of one array', '[[1, 2]]', { value: [[1, 2]], count: 1, outputs: 1 }],
    ['an empty array', '[]', { value: [], count: 0, outputs: 1 }],
    ['several outputs', '1, [2], null', { value: [1, [2], null], count: 3, outputs: 3 }],
    ['no output', 'empty', { value: [], count: 0, outputs: 0 }],
  ])('%s', async (_, text, answer) => {
    expect(await whole.jq(text)).toMatchObject({ ...answer, truncated: false, source: [] })
  })

  it('in records mode: one output a record, of JSON, lines and tables alike', async () => {
    const first = { mode: 'records', maxRows: 3 } as const
    expect((await whole.jq('. + 1', { source: 'hundred', ...first })).value).toEqual([1, 2, 3])
    expect((await whole.jq('.id', { source: 'lines', ...first })).value).toEqual([0, 1, 2])
    expect((await whole.jq('.customer', { source: 'orders', ...first })).value).toEqual([0, 1, 2])
    expect(await whole.jq('.', { source: 'empty', mode: 'records' })).toMatchObject({ value: [], count: 0 })
  })
})

describe('an answer', () => {
  it('of exactly as many rows as fit is whole; with one more it is not', async () => {
    for (const [text, maxRows] of [
      ['.[:10]', 10],
      ['.[:10][]', 10],
    ] as const) {
      expect((await whole.jq(text, { source: 'hundred', maxRows })).truncated).toBe(false)
    }
    const jq = await whole.jq('.[:11]', { source: 'hundred', maxRows: 10 })
    expect(jq).toMatchObject({ count: 10, truncated: { by: 'rows', handle: jq.runId } })
    expect((await whole.sql('select * from hundred limit 10', { maxRows: 10 })).truncated).toBe(false)
    const sql = await whole.sql('select * from hundred limit 11', { maxRows: 10 })
    expect(sql).toMatchObject({ count: 10, truncated: { by: 'rows' } })
    expect(await readOn(whole, sql)).toMatchObject({ items: [[10]], complete: true })
  })

  it('of exactly as many bytes as fit is whole; with one more it is not', async () => {
    // A text of n characters is n + 2 bytes of JSON, and one for its line.
    const exact = await whole.jq('"x" * 997', { maxBytes: 1_000 })
    expect(exact).toMatchObject({ truncated: false, count: 1 })
    const more = await whole.jq('"x" * 998', { maxBytes: 1_000 })
    expect(more).toMatchObject({ truncated: { by: 'bytes' }, count: 0 })
    expect(more).not.toHaveProperty('value')
    expect(await readOn(whole, more)).toMatchObject({ items: ['x'.repeat(998)], complete: true })
  })

  it('is read on to its end, page by page, in either language', async () => {
    const jq = await whole.jq('.', { source: 'hundred', maxRows: 7 })
    const rest = await readOn(whole, jq, { maxRows: 10 })
    expect([...(jq.value as number[]), ...rest.items]).toEqual(Array.from({ length: 100 }, (_, index) => index))
    expect(rest).toMatchObject({ complete: true, pages: 10 })
    const sql = await whole.sql('select id, total from orders order by id', { maxBytes: 1_000 })
    const rows = [...sql.rows!, ...(await readOn(whole, sql, { maxBytes: 2_000 })).items]
    expect(rows).toHaveLength(500)
    expect(await whole.ask('queries.read', { handle: sql.runId, maxRows: 1 })).toMatchObject({ columns: sql.columns })
    expect(await whole.ask('queries.read', { handle: jq.runId, maxRows: 1 })).not.toHaveProperty('columns')
    expect(rows[499]).toEqual([499, 548.9])
    const run = await whole.ask('queries.run', { run: sql.runId })
    expect(run).toMatchObject({ count: sql.count, outcome: 'ok' })
    expect(run.bytes).toBeGreaterThan(5_000)
  })

  it('with items too large for a page gives them in parts that end between characters', async () => {
    for (const character of ['é', '€', '👩', 'a👩é']) {
      const jq = await whole.jq('"start", ($c * 3000), ["end"]', { params: { c: character }, maxRows: 1 })
      expect(jq.value).toEqual(['start'])
      const rest = await readOn(whole, jq, { maxBytes: 1_001 })
      expect(rest.items).toEqual([character.repeat(3_000), ['end']])
      expect(rest.pages).toBeGreaterThan(3)
    }
  })

  it('longer than is kept says that it is not complete', async () => {
    const jq = await whole.jq('[range(200000)]')
    const rest = await readOn(whole, jq, { maxBytes: 500_000, maxRows: 10_000 })
    expect(rest.complete).toBe(false)
    const all = [...(jq.value as number[]), ...rest.items]
    expect(all).toEqual(Array.from({ length: all.length }, (_, index) => index))
    expect(all.length).toBeGreaterThan(100_000)
    const sql = await whole.sql('select range as n from range(300000)')
    expect(await readOn(whole, sql, { maxBytes: 500_000, maxRows: 10_000 })).toMatchObject({ complete: false })
  })

  it('never leaves a huge item out in silence', async () => {
    const huge = await whole.jq('"small", ("x" * 2000000), "after"')
    expect(huge).toMatchObject({ value: ['small'], count: 1, truncated: { by: 'bytes' } })
    expect(huge).not.toHaveProperty('outputs')
    expect(await readOn(whole, huge)).toMatchObject({ items: [], complete: false })
    const only = await whole.jq('"x" * 2000000')
    expect(only).toMatchObject({ count: 0, truncated: { by: 'bytes' } })
    const sql = await whole.sql(`select repeat('x', 2000000) as x`)
    expect(sql).toMatchObject({ rows: [], count: 0, truncated: { by: 'bytes' } })
    expect(await readOn(whole, sql)).toMatchObject({ items: [], complete: false })
  })
})

describe('reading on', () => {
  it('is refused for a result that is not there, of another project, or too old', async () => {
    const answer = await whole.jq('.', { source: 'hundred', maxRows: 1 })
    const handle = (answer.truncated as { handle: string }).handle
    expect(await problemOf(whole.ask('queries.read', { handle: 'run_0' }))).toMatchObject({ code: 'RESULT_MISSING' })
    expect(await problemOf(whole.ask('queries.read', { handle: '../../x' }))).toMatchObject({ code: 'RESULT_MISSING' })
    await whole.ask('projects.create', { name: 'other' } as never)
    const elsewhere = whole.ask('queries.read', { handle, project: 'other' })
    expect(await problemOf(elsewhere)).toMatchObject({ code: 'RESULT_MISSING', kind: 'missing' })
  })

  it('is refused with a cursor that no read gave', async () => {
    const answer = await whole.jq('["ab", "cd", "éé", 12345]', { maxRows: 1 })
    const handle = (answer.truncated as { handle: string }).handle
    for (const cursor of ['b1', 'b6', 'b99', 'b12', 'p0', 'p5', 'p12', 'x', 'b-1', 'b5 ', 'p17', '5']) {
      const read = whole.ask('queries.read', { handle, cursor })
      expect(await problemOf(read), cursor).toMatchObject({ code: 'RESULT_CURSOR_INVALID', kind: 'invalid' })
    }
    expect(await whole.ask('queries.read', { handle, cursor: 'b5' })).toMatchObject({ items: ['cd', 'éé', 12345] })
  })
})

describe('numbers', () => {
  const text = (value: unknown) => JSON.stringify(value)

  it('of any size come back as they lie in the data, from jq and from SQL', async () => {
    const jq = await whole.jq('[.id, .price, .text]', { source: 'object' })
    expect(text(jq.value)).toBe(`[${big},0.1234567890123456789,"${big}"]`)
    expect(text((await whole.jq('.[0].big', { source: 'lines' })).value)).toBe(big)
    expect(text((await whole.sql('select big from lines limit 1')).rows)).toBe(`[[${big}]]`)
    expect(
      text((await whole.sql(`select ${big}::hugeint as n, 123456789012345678.25::decimal(30, 2) as d`)).rows),
    ).toBe(`[[${big},123456789012345678.25]]`)
    expect(text((await whole.jq('.huge', { source: 'object' })).value)).not.toBe('null')
  })

  it('of any size are read on exactly', async () => {
    const answer = await whole.jq('map(.big)', { source: 'lines', maxRows: 1 })
    const page = await whole.ask('queries.read', { handle: answer.runId, maxRows: 2 })
    expect(text(page.items)).toBe(`[${big},${big}]`)
  })

  it('beyond 2^53 are refused as parameters, which lost digits before they came; as texts they are exact', async () => {
    const lossy = JSON.parse(big) as number
    for (const params of [{ n: lossy }, { n: { deep: [1, lossy] } }, { n: -(2 ** 53) }]) {
      const problem = await problemOf(whole.jq('$n', { params }))
      expect(problem).toMatchObject({ code: 'NUMBER_INEXACT', kind: 'invalid' })
      expect(problem.message).toContain('/params/n')
    }
    for (const exact of [2 ** 53 - 1, -(2 ** 53 - 1), 1e300, 0.1, 1e21])
      expect((await whole.jq('$n', { params: { n: exact } })).value).toBe(exact)
    expect(text((await whole.jq('$n | tonumber', { params: { n: big } })).value)).toBe(big)
    expect(text((await whole.sql('select $n::hugeint as n', { params: { n: big } })).rows)).toBe(`[[${big}]]`)
    const schema = { properties: { n: { type: 'integer', maximum: lossy } } }
    const saved = whole.ask('tools.create', {
      tool: 'x',
      description: 'x',
      engine: 'jq',
      text: '$n',
      parameters: schema,
    })
    expect(await problemOf(saved)).toMatchObject({
      code: 'NUMBER_INEXACT',
      details: { path: '/parameters/properties/n/maximum' },
    })
  })

  it('of a table are the same to jq and to SQL', async () => {
    const jq = await whole.jq('group_by(.customer) | map([.[0].customer, length, (map(.total) | max)])', {
      source: 'orders',
    })
    const sql = await whole.sql('select customer, count(*), max(total) from orders group by 1 order by 1')
    expect(jq.value).toEqual(sql.rows)
    expect(jq.source).toEqual(sql.source)
  })
})

describe('a question that takes too long', () => {
  it('is stopped when its caller leaves, soon, and recorded as cancelled', async () => {
    for (const ask of [
      (signal: AbortSignal) => whole.jq('[range(1e9)] | length', {}, { signal }),
      (signal: AbortSignal) => whole.jq('def f: f; f', {}, { signal }),
      (signal: AbortSignal) =>
        whole.sql('select sum(a.range * b.range) from range(1000000) a, range(1000000) b', {}, { signal }),
    ]) {
      const controller = new AbortController()
      const asked = problemOf(ask(controller.signal))
      await sleep(150)
      const left = performance.now()
      controller.abort()
      expect(await asked).toMatchObject({ code: 'CANCELLED', kind: 'cancelled' })
      expect(performance.now() - left).toBeLessThan(10_000)
      const [run] = (await whole.ask('queries.runs', { limit: 1 })).items
      expect(run).toMatchObject({ outcome: 'cancelled', code: 'CANCELLED', count: null, bytes: null })
    }
    expect(await whole.jq('1')).toMatchObject({ value: 1 })
    expect(await whole.sql('select 1 as n')).toMatchObject({ rows: [[1]] })
  })

  it('is stopped when its time is over', async () => {
    await using hasty = await openWhole({ settings: { queryTimeMs: 300 } })
    expect(await problemOf(hasty.jq('def f: f; f'))).toMatchObject({ code: 'JQ_TIMEOUT', kind: 'limited' })
    expect(
      await problemOf(hasty.sql('select sum(a.range * b.range) from range(1000000) a, range(1000000) b')),
    ).toMatchObject({ code: 'SQL_TIMEOUT', kind: 'limited' })
    const runs = (await hasty.ask('queries.runs', {})).items
    expect(runs.map(run => [run.outcome, run.code])).toEqual([
      ['failed', 'SQL_TIMEOUT'],
      ['failed', 'JQ_TIMEOUT'],
    ])
    expect(await hasty.jq('1')).toMatchObject({ value: 1 })
  })
})

describe('data that changes', () => {
  it('does not change under a question, which names the version it read', async () => {
    await whole.write('moving.json', JSON.stringify(Array.from({ length: 1_000 }, () => 'old')))
    await whole.ask('datasets.refresh')
    const before = await whole.jq('first', { source: 'moving' })
    const slow = whole.jq('.[] | . as $x | [limit(2000; repeat(1))] | $x', { source: 'moving', maxRows: 10_000 })
    await whole.write('moving.json', JSON.stringify(Array.from({ length: 1_000 }, () => 'new')))
    expect(await whole.ask('datasets.refresh')).toMatchObject({ changed: ['moving'] })
    const after = await whole.jq('first', { source: 'moving' })
    expect([before.value, after.value]).toEqual(['old', 'new'])
    const answer = await slow
    expect(new Set(answer.value as string[])).toEqual(new Set(['old']))
    expect(answer.source).toEqual(before.source)
    expect(after.source).not.toEqual(before.source)
  })
})

describe('the run log', () => {
  it('tells who asked what, when and how it ended; also what was not understood', async () => {
    const asked = await whole.jq('.[0]', { source: 'hundred' })
    await problemOf(whole.jq('.[', { source: 'hundred' }))
    await problemOf(whole.jq('.', { source: 'nowhere' }))
    await problemOf(whole.sql('selec 1'))
    await problemOf(whole.jq('error("no")'))
    const [runtime, sql, missing, syntax, good] = (await whole.ask('queries.runs', { limit: 5 })).items
    expect(good).toMatchObject({
      id: asked.runId,
      user: 'owner',
      engine: 'jq',
      source: 'hundred',
      text: '.[0]',
      outcome: 'ok',
    })
    expect(syntax).toMatchObject({ text: '.[', outcome: 'failed', code: 'JQ_SYNTAX' })
    expect(missing).toMatchObject({ source: 'nowhere', outcome: 'failed', code: 'DATASET_MISSING' })
    expect(sql).toMatchObject({ engine: 'sql', outcome: 'failed', code: 'SQL_SYNTAX' })
    expect(runtime).toMatchObject({ outcome: 'failed', code: 'JQ_RUNTIME' })
    expect(await whole.ask('queries.run', { run: asked.runId })).toEqual(good)
    expect(await problemOf(whole.ask('queries.run', { run: 'run_0' }))).toMatchObject({ code: 'RUN_MISSING' })
  })

  it('is paged from the newest on, without gaps, and by tool', async () => {
    await whole.publish('logged', '$n', { parameters: { properties: { n: {} } } })
    for (let n = 0; n < 5; n++) await whole.run('logged', { n })
    const ids: string[] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page: { items: { id: string }[]; cursor: string | null } = await whole.ask('queries.runs', {
        tool: 'logged',
        limit: 2,
        ...(cursor === undefined ? {} : { cursor }),
      })
      ids.push(...page.items.map(run => run.id))
      cursor = page.cursor
    }
    expect(ids).toHaveLength(5)
    expect(ids).toEqual([...ids].sort().reverse())
  })

  it('keeps what is marked secret to itself, and so does a tool made from the run', async () => {
    const parameters = { properties: { token: { type: 'string', secret: true }, n: { type: 'integer' } } }
    await whole.publish('hushed', '$n', { parameters })
    const run = await whole.run('hushed', { token: 'hush-hush', n: 1 })
    const copy = await whole.ask('tools.create', { tool: 'copy_of_hushed', description: 'x', fromRun: run.runId })
    expect(JSON.stringify(copy)).not.toContain('hush-hush')
    expect(Object.keys(copy.definition.parameters['properties'] as object)).toEqual(['n'])
  })
})

describe('an explanation', () => {
  it('shows the program, its data by version and what it costs, without asking', async () => {
    const jq = await whole.ask('queries.explain', { engine: 'jq', source: 'hundred', text: 'sort | now # c' })
    expect(jq).toMatchObject({ engine: 'jq', effect: 'read', pure: false, sources: [{ name: 'hundred' }] })
    expect(jq.sources[0]!.version).toMatch(/^[0-9a-f]+$/)
    expect(jq.program).not.toContain('#')
    expect(jq.hints).toEqual([expect.stringContaining('sort')])
    const sql = await whole.ask('queries.explain', { engine: 'sql', text: 'select * from orders where id = $id' })
    expect(sql).toMatchObject({ parameters: ['id'], sources: [{ name: 'orders' }], pure: true })
    await whole.publish('explained', 'first', { source: 'hundred' })
    expect(await whole.ask('tools.explain', { tool: 'explained' })).toMatchObject({ sources: jq.sources })
  })
})
