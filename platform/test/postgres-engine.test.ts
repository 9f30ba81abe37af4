// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are a part of what these tests are about.
import type { Input } from '@super-data/contract'
import { openPostgres, openPrivatePostgres, type TestDatabase } from '@super-data/testing/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSources } from '../src/postgres/source-settings.ts'
import { openWhole, problemOf, readOn, type Whole } from './whole-platform.ts'

const postgres = await openPostgres(18)
if (!postgres) console.warn('PostgreSQL 18 is not installed: its questions are not tested')

/** What an operator would write down of a test's database. */
function sourceOf(name: string, { reader, writer }: Pick<TestDatabase, 'reader' | 'writer'>, more = {}) {
  const { host, port, database } = reader
  const login = ({ user, password }: { user: string; password: string }) => ({ user, password })
  const source = { host, port, database, reader: login(reader), writer: login(writer), ...more }
  return readSources(JSON.stringify({ sources: { [name]: source } }), () => undefined)
}

describe.skipIf(!postgres)('a question to PostgreSQL', () => {
  let whole: Whole
  let database: TestDatabase
  const outside = (text: string) => postgres!.ask<Record<string, unknown>>(database, text)
  const ask = (text: string, more: Partial<Input<'queries.ask'>> = {}) =>
    whole.ask('queries.ask', { engine: 'postgres', source: 'bank', text, ...more })

  beforeAll(async () => {
    database = await postgres!.createDatabase('big')
    whole = await openWhole({
      settings: { postgres: sourceOf('bank', database) },
      files: { 'acct.json': '[{"id":1}]' },
    })
  })
  afterAll(() => whole?.[Symbol.asyncDispose]())

  it('is answered with columns, rows and the database it was asked of', async () => {
    const answer = await ask('SELECT id, owner, bal FROM acct WHERE id <= $most ORDER BY id', { params: { most: 2 } })
    expect(answer).toMatchObject({
      columns: [
        { name: 'id', type: 'integer' },
        { name: 'owner', type: 'text' },
        { name: 'bal', type: 'numeric' },
      ],
      rows: [
        [1, 'owner 1', '100.10'],
        [2, 'owner 2', '200.10'],
      ],
      count: 2,
      truncated: false,
      source: [{ name: 'bank', version: 'live' }],
    })
    expect(answer.cached).toBeUndefined()
  })

  it('needs no source where there is only one', async () => {
    const answer = await ask('SELECT 1 AS one', { source: undefined as never })
    expect(answer).toMatchObject({ rows: [[1]], source: [{ name: 'bank' }] })
  })

  it('is never answered from what was said before', async () => {
    const text = 'SELECT count(*) AS n FROM acct WHERE id > 100000'
    expect((await ask(text)).rows).toEqual([['0']])
    await outside("INSERT INTO acct VALUES (100001, 'late', 1)")
    expect((await ask(text)).rows).toEqual([['1']])
    await outside('DELETE FROM acct WHERE id > 100000')
  })

  it.each([
    "' OR '1'='1",
    "'; DELETE FROM acct; --",
    '$1',
    '$other',
    '${other}',
    "\\'; SELECT 1",
    '-- x',
    '/*',
    '$$',
    '👩‍👩‍👧‍👦',
  ])('takes a parameter as a value, whatever it says: %s', async value => {
    const answer = await ask('SELECT $value::text AS said, (SELECT count(*) FROM acct WHERE owner = $value) AS found', {
      params: { value },
    })
    expect(answer.rows).toEqual([[value, '0']])
    expect(await outside('SELECT count(*)::int AS n FROM acct')).toEqual([{ n: 10 }])
  })

  it('takes `${name}` where a value may stand, and refuses it where none may', async () => {
    const params = { low: 9 }
    expect((await ask('SELECT id FROM acct WHERE id > ${low}', { params })).rows).toEqual([[10]])
    const quoted = ask("SELECT '${low}'", { params })
    expect(await problemOf(quoted)).toMatchObject({ code: 'TEMPLATE_PLACE', kind: 'invalid' })
  })

  it('loses no digit of a number, a time or a JSON value', async () => {
    const answer = await ask(
      `SELECT 9007199254740993::bigint, 12345678901234567890.1234567890::numeric, 'NaN'::float8,
        '{"n": 12345678901234567890}'::jsonb, '2026-01-01 00:00:00.123456+00'::timestamptz::text, NULL::int`,
    )
    expect(answer.rows).toEqual([
      [
        '9007199254740993',
        '12345678901234567890.1234567890',
        'NaN',
        '{"n": 12345678901234567890}',
        '2026-01-01 00:00:00.123456+00',
        null,
      ],
    ])
    const inexact = ask('SELECT $n::bigint', { params: { n: 9007199254740992 } })
    expect(await problemOf(inexact)).toMatchObject({ code: 'NUMBER_INEXACT' })
    expect((await ask('SELECT $n::bigint', { params: { n: '9007199254740993' } })).rows).toEqual([['9007199254740993']])
  })

  it.each([
    ['DELETE FROM acct', 'POLICY_DENIED'],
    ['WITH gone AS (DELETE FROM acct RETURNING *) SELECT * FROM gone', 'POLICY_DENIED'],
    ['SELECT sd_write()', 'POLICY_DENIED'],
    ['SELECT * FROM evil', 'POLICY_DENIED'],
    ['SELECT 1; DELETE FROM acct', 'POSTGRES_NOT_ONE_STATEMENT'],
    ['COMMIT', 'POLICY_DENIED'],
    ["COPY acct TO PROGRAM 'true'", 'POLICY_DENIED'],
    ['SELECT 1 FROM acct FOR UPDATE', 'POLICY_DENIED'],
  ])('that would change something is refused: %s', async (text, code) => {
    expect(await problemOf(ask(text))).toMatchObject({ code })
    expect(await outside('SELECT count(*)::int AS n FROM acct')).toEqual([{ n: 10 }])
  })

  it('with a mistake says where it is, parameters or not', async () => {
    const problem = await problemOf(
      ask('SELECT $first::int,\n  $second::int FROMM acct', { params: { first: 1, second: 2 } }),
    )
    expect(problem).toMatchObject({ code: 'POSTGRES_SYNTAX', details: { line: 2, column: 22 } })
  })

  it('with a parameter that nobody gave, or a number for a name, is refused', async () => {
    const unknown = await problemOf(ask('SELECT $bla', { params: { blah: 1 } }))
    expect(unknown).toMatchObject({ code: 'PARAMETER_UNKNOWN', hint: 'Did you mean $blah?' })
    const numbered = await problemOf(ask('SELECT $1::int, $a::int', { params: { a: 1 } }))
    expect(numbered).toMatchObject({ code: 'POSTGRES_PARAMETER_INVALID', hint: 'Write $name for $1.' })
  })

  it('longer than an answer can be read on to its end, row by row', async () => {
    const answer = await ask('SELECT id, txt FROM big WHERE id <= 5000 ORDER BY id', { maxRows: 10 })
    expect(answer).toMatchObject({ count: 10, truncated: { by: 'rows' } })
    const { items, complete } = await readOn(whole, answer, { maxRows: 2_000 })
    expect(complete).toBe(true)
    expect(items).toHaveLength(4_990)
    expect(items.at(-1)).toEqual([5000, 'row 5000'])
  })

  it('far longer than results may be ends early, says so, and leaves nothing running', async () => {
    const answer = await ask('SELECT * FROM big a, big b', { maxRows: 5 })
    expect(answer).toMatchObject({ count: 5, truncated: { by: 'rows' } })
    expect((await readOn(whole, answer, { maxRows: 10_000, maxBytes: 4_000_000 })).complete).toBe(false)
    await expect.poll(() => running('big b')).toBe(0)
  })

  it('with a value too big to carry is refused, and the next one is answered', async () => {
    expect(await problemOf(ask("SELECT repeat('x', 60000000)"))).toMatchObject({ code: 'POSTGRES_RESULT_TOO_LARGE' })
    expect((await ask('SELECT 1')).rows).toEqual([[1]])
  })

  it('whose caller goes away stops on the server too', async () => {
    const controller = new AbortController()
    const text = 'SELECT count(*) FROM big a, big b WHERE a.txt || b.txt = $never'
    const asking = whole.ask(
      'queries.ask',
      { engine: 'postgres', text, params: { never: 'x' } },
      { signal: controller.signal },
    )
    await expect.poll(() => running('a.txt || b.txt')).toBe(1)
    controller.abort()
    expect(await problemOf(asking)).toMatchObject({ kind: 'cancelled' })
    await expect.poll(() => running('a.txt || b.txt')).toBe(0)
  })

  it('is explained without being asked', async () => {
    const explained = await whole.ask('queries.explain', {
      engine: 'postgres',
      source: 'bank',
      text: 'SELECT * FROM acct WHERE id = $id',
    })
    expect(explained).toEqual({
      engine: 'postgres',
      program: 'SELECT * FROM acct WHERE id = $id',
      parameters: ['id'],
      functions: [],
      sources: [{ name: 'bank', version: 'live' }],
      effect: 'read',
      pure: false,
      hints: [],
    })
  })

  it('is remembered as a run of its source', async () => {
    const { runId } = await ask('SELECT 42 AS answer')
    expect(await whole.ask('queries.run', { run: runId })).toMatchObject({
      engine: 'postgres',
      source: 'bank',
      outcome: 'ok',
      count: 1,
      cached: false,
    })
  })

  it('is counted by what came of it, never by what it says', async () => {
    const seen: unknown[] = []
    const stop = whole.platform.postgres.onStatement((source, { kind, outcome }) => seen.push([source, kind, outcome]))
    await ask('SELECT 1')
    await problemOf(ask('SELECT 1 / 0'))
    await problemOf(ask('DELETE FROM acct'))
    stop()
    await ask('SELECT 1')
    expect(seen).toEqual([
      ['bank', 'read', 'ok'],
      ['bank', 'read', 'invalid'],
    ])
    const [figures] = whole.platform.postgres.figures
    expect(figures).toMatchObject({ source: 'bank', sessions: 0 })
    expect(figures?.pools.find(({ pool }) => pool === 'reader')).toMatchObject({ waiting: 0 })
  })

  it('belongs to the projects that were given the source, and to nobody else', async () => {
    await whole.ask('projects.create', { name: 'elsewhere' } as never)
    const refused = ask('SELECT 1', { project: 'elsewhere' })
    expect(await problemOf(refused)).toMatchObject({ code: 'POSTGRES_SOURCE_MISSING', kind: 'missing' })
    expect(await problemOf(ask('SELECT 1', { source: 'acct' }))).toMatchObject({ code: 'POSTGRES_SOURCE_MISSING' })
  })

  it('becomes a tool that is reviewed, called, and proven by its own cases', async () => {
    const { runId } = await ask('SELECT id, bal FROM acct WHERE owner = $owner', { params: { owner: 'owner 3' } })
    const tool = await whole.ask('tools.create', {
      tool: 'account_of',
      description: 'The account of an owner.',
      fromRun: runId,
    })
    expect(tool.definition).toMatchObject({ engine: 'postgres', source: 'bank' })
    await whole.ask('tools.update', {
      tool: 'account_of',
      expectedVersion: 1,
      tests: [{ name: 'third', params: { owner: 'owner 3' }, expected: [[3, '300.10']] }],
    })
    const submitted = await whole.ask('tools.submit', { tool: 'account_of' })
    expect(submitted.state).toBe('approved')
    expect((await whole.run('account_of', { owner: 'owner 7' })).rows).toEqual([[7, '700.10']])
    expect((await whole.run('account_of', { owner: "' OR true --" })).rows).toEqual([])
    expect(await whole.ask('tools.explain', { tool: 'account_of' })).toMatchObject({ sources: [{ name: 'bank' }] })
  })

  it('is proposed in one step, and refused when a case fails or it would write', async () => {
    const proposal = {
      tool: 'rich',
      description: 'Rich accounts.',
      engine: 'postgres',
      justification: 'Asked often.',
    } as const
    const text = 'SELECT owner FROM rich ORDER BY id'
    const wrong = [{ params: {}, expected: [] }]
    expect(await problemOf(whole.ask('tools.propose', { ...proposal, text, tests: wrong }))).toMatchObject({
      code: 'TOOL_TEST_FAILED',
    })
    expect(await problemOf(whole.ask('tools.propose', { ...proposal, text: 'DELETE FROM acct' }))).toMatchObject({
      code: 'POLICY_DENIED',
    })
    const { definition, state } = await whole.ask('tools.propose', { ...proposal, text })
    expect({ state, source: definition.source }).toEqual({ state: 'approved', source: 'bank' })
    expect((await whole.run('rich')).count).toBe(6)
  })

  it('asked again and again is offered as a tool over the same source', async () => {
    for (const id of [1, 2, 3, 4]) await ask(`SELECT owner, bal FROM acct WHERE id = ${id}`)
    const { items } = await whole.ask('learning.suggestions', {})
    const offered = items.find(
      item => item.definition?.engine === 'postgres' && item.definition.text.includes('owner, bal'),
    )
    expect(offered?.definition).toMatchObject({
      source: 'bank',
      parameters: { properties: { id: { type: 'integer' } } },
    })
  })

  async function running(part: string): Promise<number> {
    const rows = await outside(
      `SELECT count(*)::int AS n FROM pg_stat_activity
       WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND position('${part}' in query) > 0`,
    )
    return Number(rows[0]?.['n'])
  }
})

describe.skipIf(!postgres)('a tool over PostgreSQL', () => {
  it('travels to an installation whose database is away, and answers once it is there', async () => {
    await using server = (await openPrivatePostgres(18))!
    const database = await server.createDatabase()
    const settings = { postgres: sourceOf('bank', database, { limits: { readSeconds: 2 } }) }
    await using from = await openWhole({ settings })
    await from.publish('balance', 'SELECT bal FROM acct WHERE id = $id', {
      engine: 'postgres',
      parameters: { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] },
    })
    const document = await from.ask('library.export', {})
    await using to = await openWhole({ settings })
    await server.stop()
    await to.ask('library.import', { document, approve: true })
    expect(await problemOf(to.run('balance', { id: 3 }))).toMatchObject({ kind: 'unavailable' })
    const away = await to.platform.readiness()
    expect(away.ready).toBe(true)
    expect(away.checks).toContainEqual({ name: 'postgres bank', problem: 'does not answer' })
    await server.start()
    expect((await to.platform.readiness()).checks).toContainEqual({ name: 'postgres bank', problem: null })
    expect((await to.run('balance', { id: 3 })).rows).toEqual([['300.10']])
  })
})
