import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWhole, problemOf, type Whole } from './whole-platform.ts'

let whole: Whole
beforeAll(async () => {
  whole = await openWhole({ files: { 'one.json': '1' } })
})
afterAll(() => whole[Symbol.asyncDispose]())

const define = (definition: string, expectedVersion?: number) =>
  whole.ask('functions.create', { definition, ...(expectedVersion === undefined ? {} : { expectedVersion }) })
/** Defines and publishes, as the only member. */
const share = async (definition: string) => {
  const { name, arity } = await define(definition)
  return whole.ask('functions.submit', { function: `${name}/${arity}` })
}
const definedIn = async (text: string) => (await whole.ask('queries.explain', { engine: 'jq', text })).program

describe('a shared function', () => {
  it('is found with its name, its arity and what it uses', async () => {
    const half = await define('def half: . / 2; # a comment')
    expect(half).toMatchObject({ name: 'half', arity: 0, version: 1, active: true, createdBy: 'owner', uses: [] })
    expect(half.definition).toBe('def half: . / 2;')
    const quarter = await define('def quarter: half | half;')
    expect(quarter.uses).toEqual([{ name: 'half', arity: 0, version: 1 }])
    expect(await whole.jq('8 | quarter')).toMatchObject({ value: 2 })
    expect(await whole.ask('functions.get', { function: 'quarter/0' })).toEqual(quarter)
  })

  it('may be defined for several numbers of arguments, and call itself', async () => {
    await define('def total(f): reduce .[] as $x (0; . + ($x | f));')
    await define('def total(f; $start): total(f) + $start;')
    expect(await whole.jq('[1, 2, 3] | total(.), total(. * 10; 100)')).toMatchObject({ value: [6, 160] })
    await define('def countdown: if . <= 0 then "go" else . - 1 | countdown end;')
    expect(await whole.jq('5000 | countdown')).toMatchObject({ value: 'go' })
    const listed = (await whole.ask('functions.list', {})).items.map(each => `${each.name}/${each.arity}`)
    expect(listed).toEqual([...listed].sort())
    expect(listed).toEqual(expect.arrayContaining(['total/1', 'total/2']))
  })

  it('is listed by page, in the order of names', async () => {
    const all = (await whole.ask('functions.list', {})).items.map(each => `${each.name}/${each.arity}`)
    const paged: string[] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page: { items: { name: string; arity: number }[]; cursor: string | null } = await whole.ask(
        'functions.list',
        cursor === undefined ? { limit: 1 } : { limit: 1, cursor },
      )
      paged.push(...page.items.map(each => `${each.name}/${each.arity}`))
      cursor = page.cursor
    }
    expect(paged).toEqual(all)
  })

  it('gets versions, and one writer of two learns that somebody was faster', async () => {
    await define('def rate: 1;', 0)
    await define('def rate: 2;', 1)
    const [first, second] = await Promise.allSettled([define('def rate: 3;', 2), define('def rate: 4;', 2)])
    const outcomes = [first, second].map(each => each.status).sort()
    expect(outcomes).toEqual(['fulfilled', 'rejected'])
    const lost = [first, second].find(each => each.status === 'rejected') as PromiseRejectedResult
    expect(lost.reason).toMatchObject({ code: 'VERSION_CONFLICT', kind: 'conflict', details: { currentVersion: 3 } })
    expect(await define('def rate: 5;', 3)).toMatchObject({ version: 4 })
    expect(await whole.ask('functions.get', { function: 'rate', version: 1 })).toMatchObject({
      definition: 'def rate: 1;',
      version: 1,
    })
    expect(await problemOf(whole.ask('functions.get', { function: 'rate', version: 9 }))).toMatchObject({
      code: 'FUNCTION_MISSING',
    })
  })

  it('that is missing is named with the nearest one', async () => {
    const missing = (name: string) => problemOf(whole.ask('functions.get', { function: name }))
    expect(await missing('quartr')).toMatchObject({ code: 'FUNCTION_MISSING', hint: 'Did you mean quarter?' })
    expect(await missing('total/3')).toMatchObject({ hint: expect.stringMatching(/Did you mean total\/[12]\?/) })
  })

  it('cannot hold what a reviewer would not see', async () => {
    expect(await problemOf(define('def sly: "a\u202eb";'))).toMatchObject({
      code: 'TOOL_INVALID',
      message: expect.stringContaining('U+202E'),
    })
    expect(await define('def honest: "a\\u202eb";')).toMatchObject({ name: 'honest' })
  })
})

describe('what a question uses', () => {
  it('comes with it, each after what it uses itself, and nothing else', async () => {
    await define('def c: 1;')
    await define('def b($x): c + $x;')
    await define('def b($x; $y): b($x) + b($y);')
    await define('def a: b(1; 2);')
    const program = await definedIn('a | "c and half" # total(.)')
    const order = [...program.matchAll(/def (\w+(?:\([^)]*\))?)/g)].map(found => found[1])
    expect(order).toEqual(['c', 'b($x)', 'b($x; $y)', 'a'])
    const explained = await whole.ask('queries.explain', { engine: 'jq', text: 'a' })
    expect(explained.functions.map(each => each.name)).toEqual(['c', 'b', 'b', 'a'])
    for (const { hash } of explained.functions) expect(hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it('is not fetched for what the question defines itself', async () => {
    expect(await whole.jq('def half: "own"; half')).toMatchObject({ value: 'own' })
    expect(await definedIn('def half: "own"; half')).not.toContain('/ 2')
  })

  it('is named when it is missing, all of it, with a place and the nearest name', async () => {
    const problem = await problemOf(whole.jq('1 | hlf | unheard_of | hlf'))
    expect(problem).toMatchObject({
      code: 'FUNCTION_UNKNOWN',
      kind: 'invalid',
      hint: 'Did you mean half?',
      details: { functions: ['hlf/0', 'unheard_of/0'], position: { line: 1, column: 5 } },
    })
    expect(problem.message).toBe('hlf/0, unheard_of/0 are not defined')
    expect(await problemOf(whole.jq('total'))).toMatchObject({ hint: 'There is total/1, total/2.' })
    expect(await problemOf(whole.jq('mapp(1)'))).toMatchObject({ hint: 'Did you mean map?' })
    expect(await problemOf(whole.jq('test'))).toMatchObject({ hint: 'jq has test/1, test/2.' })
  })

  it('is told with its own line when it fails, whoever called it', async () => {
    await define('# Not too much.\ndef picky:\n  if . > 1\n  then error("too much") else . end;')
    await define('def pickier: picky | picky;')
    expect(await problemOf(whole.jq('0,\n2 | pickier'))).toMatchObject({
      code: 'JQ_RUNTIME',
      message: 'too much',
      hint: 'It failed at line 4, column 8 in function picky/0 (version 1).',
      details: { function: 'picky/0', version: 1, position: { line: 4, column: 8 } },
    })
  })

  it('is not blamed for what the question itself does', async () => {
    await define('def twice(f): f, f;')
    const params = { key: 'a' }
    const problem = await problemOf(whole.jq('1 as $x # ok\n| twice($x\n.b) | $key', { params }))
    expect(problem).toMatchObject({
      message: 'Cannot index number with string ("b")',
      hint: 'It failed at line 3, column 1 in the text of the query.',
      details: { position: { line: 3, column: 1 } },
    })
    expect(problem.details).not.toHaveProperty('function')
    const label = await problemOf(whole.jq('twice(1)\n| break $out'))
    expect(label).toMatchObject({ code: 'JQ_UNKNOWN_LABEL', details: { position: { line: 2 } } })
  })

  it('keeps what its author wrote within it', async () => {
    const written = '# Cents.\ndef cents: # of euros\n  . * 100;'
    const made = await define(`\n${written} # gone`)
    expect(made.definition).toBe(written)
    expect(await whole.jq('2 | cents')).toMatchObject({ value: 200 })
    expect(await definedIn('1 | cents')).toBe('def cents: . * 100;\n1 | cents')
  })
})

describe('a circle of functions', () => {
  it('is refused, naming the way round', async () => {
    await define('def first_step: 1;')
    await define('def aside: 2;')
    await define('def second_step: aside + first_step;')
    await define('def third_step: second_step;')
    const problem = await problemOf(define('def first_step: aside + third_step;'))
    expect(problem).toMatchObject({
      code: 'FUNCTION_INVALID',
      details: { functions: ['first_step/0', 'third_step/0', 'second_step/0', 'first_step/0'] },
    })
    expect(problem.message).toContain('first_step/0 → third_step/0 → second_step/0 → first_step/0')
    expect(await whole.jq('third_step')).toMatchObject({ value: 3 })
  })

  it('of two versions at once is told apart', async () => {
    await define('def base: 1;')
    await define('def derived: base;')
    await define('def base: 2;')
    expect(await whole.jq('derived')).toMatchObject({ value: 1 })
    expect(await problemOf(whole.jq('derived + base'))).toMatchObject({
      code: 'FUNCTION_VERSIONS_CLASH',
      kind: 'conflict',
      message: 'base/0 is needed in version 1 by derived/0 and in version 2 by this text',
      hint: 'Save derived/0 anew: it picks up the newest base/0.',
      details: { function: 'base/0', versions: [1, 2], by: ['derived/0', null] },
    })
    await define('def derived: base + 0;')
    expect(await whole.jq('derived + base')).toMatchObject({ value: 4 })
  })
})

describe('a tool', () => {
  it('keeps the versions it was saved with', async () => {
    await share('def fee: 10;')
    const tool = await whole.publish('with_fee', '. + fee', { source: 'one' })
    expect(tool.functions).toEqual([{ name: 'fee', arity: 0, version: 1 }])
    await share('def fee: 99;')
    expect(await whole.run('with_fee')).toMatchObject({ value: 11 })
    await whole.ask('tools.update', { tool: 'with_fee', expectedVersion: 1, description: 'The new fee.' })
    await whole.ask('tools.submit', { tool: 'with_fee' })
    expect(await whole.run('with_fee')).toMatchObject({ value: 100 })
  })

  it('goes on with a function that was disabled; new ones cannot use it', async () => {
    await share('def old_way: 7;')
    await whole.publish('old_tool', 'old_way')
    expect(await problemOf(whole.ask('functions.disable', { function: 'old_way/0' }))).toMatchObject({
      code: 'FUNCTION_IN_USE',
      details: { users: ['old_tool'] },
    })
    const disabled = await whole.ask('functions.disable', { function: 'old_way/0', force: true })
    expect(disabled).toMatchObject({ active: false, state: 'disabled' })
    expect(await whole.run('old_tool')).toMatchObject({ value: 7 })
    const created = whole.ask('tools.create', { tool: 'too_late', description: 'x', engine: 'jq', text: 'old_way' })
    expect(await problemOf(created)).toMatchObject({
      code: 'FUNCTION_UNKNOWN',
      hint: 'There is old_way/0 (disabled).',
    })
    expect(await share('def old_way: 8;')).toMatchObject({ version: 2, active: true, state: 'approved' })
    expect(await whole.run('old_tool')).toMatchObject({ value: 7 })
  })
})
