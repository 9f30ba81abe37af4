import type { Input } from '@super-data/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWhole, problemOf, type Whole } from './whole-platform.ts'

const flights = JSON.stringify([
  { from: 'PRG', delay: 10 },
  { from: 'VIE', delay: 50 },
  { from: 'PRG', delay: 70 },
])

let whole: Whole
let editor: string
let viewer: string
beforeAll(async () => {
  whole = await openWhole({ files: { 'flights.json': flights, 'trains.json': '[{"delay":5}]', 'n.csv': 'a,b\n1,2\n' } })
})
afterAll(() => whole[Symbol.asyncDispose]())

const create = (tool: string, more: Partial<Input<'tools.create'>>) =>
  whole.ask('tools.create', { tool, description: 'A question.', engine: 'jq', ...more })

describe('a tool from a run', () => {
  it('asks what the run asked, with parameters of the types it was asked with', async () => {
    const text = '[.[] | select(.delay > $minutes and ($from == null or .from == $from))] | length'
    const run = await whole.jq(text, { source: 'flights', params: { minutes: 30, from: 'PRG' } })
    expect(run.value).toBe(1)
    const tool = await whole.ask('tools.create', { tool: 'late', description: 'Late flights.', fromRun: run.runId })
    expect(tool).toMatchObject({
      state: 'draft',
      origin: 'learned',
      version: 1,
      definition: {
        engine: 'jq',
        source: 'flights',
        text,
        parameters: {
          properties: { minutes: { type: 'integer', examples: [30] }, from: { type: 'string', examples: ['PRG'] } },
          required: ['minutes', 'from'],
          additionalProperties: false,
        },
      },
    })
    expect(await whole.run('late', { minutes: 60, from: 'PRG' })).toMatchObject({ value: 1, draft: true })
    expect(await problemOf(whole.run('late', { minutes: '60' }))).toMatchObject({
      code: 'PARAMETERS_INVALID',
      details: {
        mistakes: expect.arrayContaining([
          { path: '/from', message: 'is required' },
          { path: '/minutes', message: 'must be integer' },
        ]),
      },
    })
  })

  it('of SQL, of a run of another tool, and with parts replaced', async () => {
    const run = await whole.sql('select count(*) as n from flights where delay > $minutes', { params: { minutes: 20 } })
    await whole.ask('tools.create', { tool: 'count_late', description: 'Counts.', fromRun: run.runId })
    const again = await whole.run('count_late', { minutes: 60 })
    expect(again.rows).toEqual([[1]])
    const copy = await whole.ask('tools.create', {
      tool: 'count_late_trains',
      description: 'Counts.',
      fromRun: again.runId,
      text: 'select count(*) as n from trains where delay > $minutes',
    })
    expect(copy.definition.parameters['properties']).toMatchObject({ minutes: { examples: [60] } })
    expect(await whole.run('count_late_trains', { minutes: 1 })).toMatchObject({ rows: [[1]] })
  })

  it('that does not exist, or nothing to ask, is said', async () => {
    const from = (fromRun: string) => problemOf(whole.ask('tools.create', { tool: 'x', description: 'x', fromRun }))
    expect(await from('run_0')).toMatchObject({ code: 'RUN_MISSING' })
    expect(await problemOf(whole.ask('tools.create', { tool: 'x', description: 'x' }))).toMatchObject({
      code: 'TOOL_INVALID',
      hint: 'Give `text` and `engine`, or `fromRun`.',
    })
    const unasked = whole.ask('tools.create', { tool: 'x', description: 'x', text: 'select 1' })
    expect(await problemOf(unasked)).toMatchObject({ message: 'a tool needs an engine' })
  })
})

describe('a definition', () => {
  it.each([
    ['a dataset that is not there', { source: 'flight', text: '.' }, 'DATASET_MISSING', 'Did you mean flights?'],
    ['one of several that is not there', { sources: ['flights', 'trans'], text: '.' }, 'DATASET_MISSING', 'trains'],
    ['a table that is not there', { engine: 'sql', text: 'select 1 from fligths' }, 'SQL_UNKNOWN_TABLE', 'flights'],
    ['source and sources', { source: 'flights', sources: ['trains'], text: '.' }, 'TOOL_INVALID', '`sources`'],
    [
      'an undeclared parameter',
      { text: '$minuts', parameters: { properties: { minutes: {} } } },
      'PARAMETER_UNKNOWN',
      '$minutes',
    ],
    ['a text that is not jq', { text: '.[' }, 'JQ_SYNTAX', undefined],
    ['a text that changes data', { engine: 'sql', text: 'drop table flights' }, 'SQL_REFUSED', 'SELECT'],
    ['hidden characters', { text: '1', description: 'good\u200b tool' }, 'TOOL_INVALID', 'escape'],
  ] as const)('with %s is refused', async (_, more, code, hint) => {
    const problem = await problemOf(create('refused', more as never))
    expect(problem).toMatchObject({ code })
    if (hint) expect(problem.hint).toContain(hint)
  })

  it.each([
    ['list', { type: 'array' }],
    ['an asynchronous schema', { $async: true, properties: { a: {} } }],
    ['a name jq has taken', { properties: { ENV: {} } }],
    ['a name no variable has', { properties: { 'a b': {} } }],
    ['a pattern that can take for ever', { properties: { a: { type: 'string', pattern: '^(a+)+$' } } }],
    ['a reference to elsewhere', { properties: { a: { $ref: 'https://example.com/a.json' } } }],
    ['a default it refuses itself', { properties: { a: { type: 'integer', default: 'seven' } } }],
    ['a keyword that is none', { properties: { a: { typ: 'string' } } }],
    ['a required name it does not have', { properties: { a: {} }, required: ['b'] }],
    ['a property that is no schema', { properties: { a: 'string' } }],
    ['nothing that compiles', { properties: { a: { type: 'whatever' } } }],
  ])('whose parameters are %s is refused', async (_, parameters) => {
    expect(await problemOf(create('refused', { text: '1', parameters: parameters as never }))).toMatchObject({
      code: 'PARAMETER_SCHEMA_INVALID',
      kind: 'invalid',
    })
  })

  it('may describe formats, and say which draft it follows', async () => {
    await create('formatted', {
      text: '$day',
      parameters: {
        $schema: 'http://json-schema.org/draft-07/schema#',
        properties: { day: { type: 'string', format: 'date', description: 'Which day.' } },
      },
    })
    expect(await whole.run('formatted', { day: '2026-01-01' })).toMatchObject({ value: '2026-01-01' })
  })

  it('fills in defaults, and names every wrong argument', async () => {
    await create('typed', {
      text: '[$n, $s, $o]',
      parameters: {
        properties: {
          n: { type: 'integer', minimum: 1, default: 7 },
          s: { type: 'string', enum: ['a', 'b'], default: 'a' },
          o: { type: 'object', properties: { deep: { type: 'boolean' } }, required: ['deep'], default: { deep: true } },
        },
      },
    })
    expect(await whole.run('typed')).toMatchObject({ value: [7, 'a', { deep: true }] })
    const problem = await problemOf(whole.run('typed', { n: 0, s: 'c', o: {} }))
    expect(problem.details).toEqual({
      mistakes: [
        { path: '/n', message: 'must be >= 1' },
        { path: '/s', message: 'must be equal to one of the allowed values: "a", "b"' },
        { path: '/o/deep', message: 'is required' },
      ],
    })
    expect(await problemOf(whole.run('typed', { N: 1 }))).toMatchObject({ hint: 'Did you mean n?' })
  })

  it('stops at the first mistake in a very long argument', async () => {
    await create('long_list', { text: '$l | length', parameters: { properties: { l: { items: { type: 'string' } } } } })
    const l = Array.from({ length: 100_000 }, () => 1)
    const problem = await problemOf(whole.run('long_list', { l }))
    expect(problem.details).toEqual({ mistakes: [{ path: '/l/0', message: 'must be string' }] })
  })
})

describe('a tool over several datasets', () => {
  it('lets its caller pick one; the first is meant when nothing is said', async () => {
    const tool = await create('delays', { sources: ['flights', 'trains'], text: 'map(.delay) | add' })
    expect(tool.definition.parameters['properties']).toEqual({
      dataset: {
        type: 'string',
        enum: ['flights', 'trains'],
        default: 'flights',
        description: 'Which dataset to read; flights when left out.',
      },
    })
    expect(await whole.run('delays', { dataset: 'trains' })).toMatchObject({ value: 5, source: [{ name: 'trains' }] })
    expect(await whole.run('delays')).toMatchObject({ value: 130, source: [{ name: 'flights' }] })
    expect(await problemOf(whole.run('delays', { dataset: 'n' }))).toMatchObject({ code: 'PARAMETERS_INVALID' })
  })

  it('gets another choice with other sources, and none with one', async () => {
    const more = await whole.ask('tools.update', {
      tool: 'delays',
      expectedVersion: 1,
      sources: ['trains', 'flights', 'n'],
    })
    expect(more.definition.parameters['properties']).toMatchObject({ dataset: { enum: ['trains', 'flights', 'n'] } })
    const one = await whole.ask('tools.update', { tool: 'delays', expectedVersion: 2, source: 'trains' })
    expect(one.definition).toMatchObject({ source: 'trains', sources: [], parameters: { properties: {} } })
    expect(await whole.run('delays')).toMatchObject({ value: 5 })
  })

  it('cannot have a parameter of that name of its own', async () => {
    const parameters = { properties: { dataset: { type: 'number' } } }
    expect(await problemOf(create('clash', { sources: ['flights', 'trains'], text: '.', parameters }))).toMatchObject({
      code: 'TOOL_INVALID',
    })
  })
})

describe('a name', () => {
  it('is taken once, and never from the product', async () => {
    await create('mine', { text: '1' })
    expect(await problemOf(create('mine', { text: '2' }))).toMatchObject({ code: 'TOOL_EXISTS', kind: 'conflict' })
    for (const tool of ['library', 'queries', 'datasets'])
      expect(await problemOf(create(tool, { text: '1' }))).toMatchObject({ code: 'TOOL_NAME_RESERVED' })
    for (const tool of ['Mine', '9lives', 'a-b', 'ünicode', ''])
      expect(await problemOf(create(tool, { text: '1' }))).toMatchObject({ code: 'INPUT_INVALID' })
    expect(await create('constructor', { text: '1' })).toMatchObject({ name: 'constructor' })
  })

  it('that is misspelt is named with the nearest one', async () => {
    expect(await problemOf(whole.run('delay'))).toMatchObject({ code: 'TOOL_MISSING', hint: 'Did you mean delays?' })
  })
})

describe('while it is a draft', () => {
  it('a tool answers its author alone, and says what it is', async () => {
    editor = await whole.join('eda')
    viewer = await whole.join('viktor', 'viewer')
    await create('secretive', { text: '"v1"' })
    const run = (bearer: string, more = {}) => whole.askAs(bearer, 'tools.run', { tool: 'secretive', ...more })
    expect(await run(whole.owner)).toMatchObject({ value: 'v1', draft: true })
    expect(await problemOf(run(editor))).toMatchObject({ code: 'TOOL_NOT_APPROVED', kind: 'denied' })
    expect(await problemOf(run(viewer))).toMatchObject({ code: 'TOOL_NOT_APPROVED' })
    await whole.ask('tools.submit', { tool: 'secretive' })
    expect(await problemOf(run(editor))).toMatchObject({ hint: expect.stringContaining('`tools dry-run`') })
    await whole.ask('tools.withdraw', { tool: 'secretive' })
    expect(await run(editor, { version: 1 })).toMatchObject({ value: 'v1', draft: true })
    expect(await problemOf(run(viewer, { version: 1 }))).toMatchObject({ code: 'TOOL_NOT_APPROVED' })
    expect(await problemOf(run(editor, { version: 2 }))).toMatchObject({ code: 'TOOL_MISSING' })
    const principal = await whole.platform.authenticate({ bearer: editor })
    expect((await whole.platform.catalogue(principal, 'default')).tools.map(tool => tool.name)).not.toContain(
      'secretive',
    )
  })

  it('everybody can read the whole program of a version that waits, which only its author may call', async () => {
    const [author, reader] = [await whole.join('ines'), await whole.join('rita', 'viewer')]
    const define = { definition: 'def doubled: . * 2;', description: 'Twice.' }
    await whole.askAs(author, 'functions.create', define)
    await whole.askAs(author, 'tools.create', { tool: 'read_me', description: 'x', engine: 'jq', text: '2 | doubled' })
    const program = 'def doubled: . * 2;\n2 | doubled'
    expect(await whole.askAs(reader, 'tools.explain', { tool: 'read_me' })).toMatchObject({ program })
    await whole.askAs(author, 'tools.create', { tool: 'read_on', description: 'x', engine: 'jq', text: '"v1"' })
    const { hash } = await whole.askAs(author, 'tools.submit', { tool: 'read_on' })
    for (const voter of [whole.owner, editor])
      await whole.askAs(voter, 'tools.vote', { tool: 'read_on', vote: 'approve', hash })
    await whole.askAs(author, 'tools.update', { tool: 'read_on', expectedVersion: 1, text: '"v2"' })
    const explained = (more = {}) => whole.askAs(reader, 'tools.explain', { tool: 'read_on', ...more })
    expect(await explained()).toMatchObject({ program: '"v1"' })
    expect(await explained({ version: 2 })).toMatchObject({ program: '"v2"' })
    expect(await problemOf(whole.askAs(reader, 'tools.run', { tool: 'read_on', version: 2 }))).toMatchObject({
      code: 'TOOL_NOT_APPROVED',
    })
    await whole.ask('tools.disable', { tool: 'read_on' })
    expect(await problemOf(whole.run('read_on'))).toMatchObject({ hint: expect.stringContaining('`tools restore`') })
  })

  it('a call that was refused is in the audit with the tool it named', async () => {
    await problemOf(whole.askAs(editor, 'tools.run', { tool: 'secretive' }))
    await problemOf(create('refused', { text: '$unknown' }))
    const { items } = await whole.ask('audit.list', { limit: 2 })
    expect(items).toMatchObject([
      { operation: 'tools.create', target: 'refused', outcome: 'failed', code: 'PARAMETER_UNKNOWN' },
      { operation: 'tools.run', target: 'secretive', outcome: 'refused', code: 'TOOL_NOT_APPROVED' },
    ])
  })

  it('a parameter that is who calls can be given by nobody, and shows everybody their own', async () => {
    const parameters = {
      type: 'object',
      properties: {
        me: { type: 'string', fromCaller: 'user' },
        role: { type: 'string', fromCaller: 'role' },
        more: { type: 'string', default: '!' },
      },
      required: ['me', 'role'],
    }
    const test = { params: { me: 'zoe', role: 'user' }, expected: 'zoe user!' }
    const { version } = await create('hello', { text: '"\\($me) \\($role)\\($more)"', parameters, tests: [test] })
    const run = (bearer: string, params = {}) => whole.askAs(bearer, 'tools.run', { tool: 'hello', version, params })
    expect(await run(whole.owner)).toMatchObject({ value: expect.stringMatching(/ owner!$/) })
    expect(await run(editor)).toMatchObject({ value: 'eda user!' })
    expect(await problemOf(run(editor, { me: 'ann' }))).toMatchObject({
      code: 'PARAMETERS_INVALID',
      message: 'the parameters are wrong: /me is filled in with who calls',
    })
    expect(await whole.ask('tools.dryRun', { tool: 'hello', params: {} })).toMatchObject({
      tests: [{ passed: true }],
      answer: { value: expect.stringMatching(/ owner!$/) },
    })
  })

  it('a stale change is refused', async () => {
    const update = (expectedVersion: number) =>
      whole.ask('tools.update', { tool: 'secretive', expectedVersion, text: '"v2"' })
    expect(await update(1)).toMatchObject({ version: 2, definition: { text: '"v2"', description: 'A question.' } })
    expect(await problemOf(update(1))).toMatchObject({ code: 'VERSION_CONFLICT', details: { currentVersion: 2 } })
  })
})

describe('the list of tools', () => {
  it('is searched by words, filtered by state and paged by name', async () => {
    await create('shipping_cost', { text: '1', description: 'What shipping costs by weight.' })
    const search = async (words: string) =>
      (await whole.ask('tools.list', { search: words })).items.map(tool => tool.name)
    expect(await search('weight SHIP')).toEqual(['shipping_cost'])
    expect(await search('weight plane')).toEqual([])
    const all = (await whole.ask('tools.list', { state: 'draft' })).items.map(tool => tool.name)
    expect(all).toEqual([...all].sort())
    const first = await whole.ask('tools.list', { state: 'draft', limit: 2 })
    const rest = await whole.ask('tools.list', { state: 'draft', cursor: first.cursor! })
    expect([...first.items, ...rest.items].map(tool => tool.name)).toEqual(all)
  })

  it('is read quickly with five thousand tools in it', async () => {
    const template = `select * from tools where name = 'shipping_cost'`
    const columns = 'project_id, version, approved_version, disabled_at, origin, created_by, created_at, stamp'
    whole.tamper(`insert into tools (id, name, ${columns})
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
      select 'tool_' || i, 'many_' || i, ${columns} from n, (${template})`)
    const rest = 'kind, definition, description, pins, hash, created_by, created_at, stamp, version, state'
    whole.tamper(`insert into versions (id, owner_id, ${rest})
      select 'version_' || t.id, t.id, ${rest.split(', ').map(name => `v.${name}`)} from tools t,
      (select * from versions where owner_id = (select id from tools where name = 'shipping_cost')) v where t.name like 'many%'`)
    const started = performance.now()
    const found = await whole.ask('tools.list', { search: 'many_4999' })
    const elapsedMs = performance.now() - started
    expect(found.items.map(tool => tool.name)).toEqual(['many_4999'])
    expect(elapsedMs).toBeLessThan(10_000)
    whole.tamper(`insert into submissions select 's_' || id, id, hash, 'import', 0, '{}', '', 'null', created_by, 1, 1, stamp
      from versions where id like 'version_tool%'`)
    whole.tamper(`update versions set state = 'approved', decided_at = 1, submission_id = 's_' || id
      where id like 'version_tool%'`)
    whole.tamper(`update tools set approved_version = 1 where name like 'many%'`)
    await whole.ask('tools.disable', { tool: 'many_1' })
    const principal = await whole.platform.authenticate({ bearer: whole.owner })
    const listing = performance.now()
    expect((await whole.platform.catalogue(principal, 'default')).tools.length).toBe(4_999)
    const firstMs = performance.now() - listing
    expect(firstMs).toBeLessThan(10_000)
  })
})
