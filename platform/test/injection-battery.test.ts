// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what these tests are about.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { JsonValue } from '@super-data/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWhole, problemOf, type Whole } from './whole-platform.ts'

const canary = 'canary-5a1d7e'
const seed = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../examples/seeds/${name}`, import.meta.url)), 'utf8')

const seedNames = ['functions.yaml', 'tools.yaml', 'sales.json', 'products.json', 'metrics.json', 'timeseries.json']

let whole: Whole
const log: string[] = []
beforeAll(async () => {
  process.env['CANARY'] = canary
  whole = await openWhole({
    files: Object.fromEntries(seedNames.map(name => [name, seed(name)])),
    log: { write: line => log.push(line) },
  })
})
afterAll(async () => {
  await whole[Symbol.asyncDispose]()
  delete process.env['CANARY']
  expect(log.join('')).not.toContain(canary)
})

const hostile: readonly (readonly [string, string])[] = [
  ['a closing quote', 'x", e: $ENV.CANARY, z:"'],
  ['an interpolation', '\\(env.CANARY)'],
  ['a comment', '#'],
  ['a pipe to input', '")|input|("'],
  ['a new line', 'a\nb'],
  ['a placeholder', '${dataset_name}'],
  ['a replacement pattern', '$&'],
  ['another one', "$'$`$1$$"],
  ['a variable', '$dataset_name'],
  ['200 KB', 'ab"\\('.repeat(40_000)],
  ['emoji', '👩‍👩‍👧‍👦 ✅'],
  ['a NUL', 'a\u0000b'],
  ['half a surrogate pair', 'a\ud83d'],
  ['nothing', ''],
]

describe('a value of a parameter', () => {
  it.each(hostile)('comes back exactly, or is refused by name: %s', async (_, value) => {
    const params = { dataset_name: value, dataset: 'sales' }
    const answer = await whole.run('analyze_performance', params, { maxBytes: 1_000_000 })
    expect(answer.value).toMatchObject({ dataset: value.isWellFormed() ? value : value.toWellFormed(), efficiency: 52 })
    expect(JSON.stringify(answer)).not.toContain(canary)
  })

  it('of the wrong type is refused with its place', async () => {
    const problem = await problemOf(whole.run('trend_analysis', { window_size: '7|env', dataset: 'metrics' }))
    expect(problem).toMatchObject({ code: 'PARAMETERS_INVALID', kind: 'invalid' })
    expect(problem.message).toContain('/window_size')
    expect(problem.details).toEqual({ mistakes: [{ path: '/window_size', message: 'must be integer' }] })
    const unknown = await problemOf(whole.run('trend_analysis', { windowsize: 7 }))
    expect(unknown).toMatchObject({ code: 'PARAMETERS_INVALID', hint: 'Did you mean window_size?' })
  })

  it('never becomes program text, wherever it stands', async () => {
    const places = `{
      code: \${v}, string: "\${v}", nested: "\\("\${v}" + "")", key: {\${k}: 1}, quoted: {"\${k}": 1},
      path: (\${o} | .\${k}), index: (\${o} | .[\${k}]), format: @json "\${v}"
    }`
    const json: fc.Arbitrary<JsonValue> = fc.letrec<{ json: JsonValue }>(tie => ({
      json: fc.oneof(
        { maxDepth: 2 },
        fc.constantFrom(...hostile.filter(([, text]) => text.length < 100).map(([, text]) => text)),
        fc.string({ unit: 'grapheme', maxLength: 20 }),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('json'), { maxLength: 3 }),
      ),
    })).json
    const text = fc.oneof(
      fc.constantFrom(
        ...hostile.filter(([, each]) => each.length < 100 && each.isWellFormed()).map(([, each]) => each),
      ),
      fc.string({ unit: 'grapheme', maxLength: 20 }),
    )
    await whole.publish('places', places, {
      parameters: { type: 'object', properties: { v: {}, k: { type: 'string' }, o: { type: 'object' } } },
    })
    const wellFormed = (value: JsonValue) =>
      JSON.parse(JSON.stringify(value).replace(/\\ud[89a-f]../gi, '\\ufffd')) as JsonValue
    await fc.assert(
      fc.asyncProperty(json, text, async (given, k) => {
        const v = wellFormed(given)
        const o = JSON.parse(`{${JSON.stringify(k)}:"here"}`) as { [key: string]: JsonValue }
        const { value } = await whole.run('places', { v, k, o })
        const shown = typeof v === 'string' ? v : JSON.stringify(v)
        const keyed = JSON.parse(`{${JSON.stringify(k)}:1}`)
        expect(value).toEqual({
          ...{ code: v, string: shown, nested: shown, key: keyed, quoted: keyed },
          ...{ path: 'here', index: 'here', format: JSON.stringify(v) },
        })
      }),
      { numRuns: 300 },
    )
  })

  it('is bound in SQL too', async () => {
    for (const [, value] of hostile.filter(([, text]) => text.isWellFormed() && !text.includes('\0'))) {
      const { rows } = await whole.sql('select ${v} as v, length(${v}) > -1 as ok', {
        params: { v: value },
        maxBytes: 1_000_000,
      })
      expect(rows).toEqual([[value, true]])
    }
  })
})

describe('a hostile program', () => {
  it.each([
    ['$ENV', 'JQ_FORBIDDEN'],
    ['"\\(env)"', 'JQ_FORBIDDEN'],
    ['import "x" as $y {search:"/etc"}; .', 'JQ_FORBIDDEN'],
    ['include "x"; .', 'JQ_FORBIDDEN'],
    ['"a"|modulemeta', 'JQ_FORBIDDEN'],
    ['input', 'JQ_FORBIDDEN'],
    ['[inputs]', 'JQ_FORBIDDEN'],
    ['debug', 'JQ_FORBIDDEN'],
    ['halt', 'JQ_FORBIDDEN'],
    ['input_filename', 'JQ_FORBIDDEN'],
    ['# c \\\n\nenv', 'JQ_FORBIDDEN'],
    ['# c \\\\\nenv', 'JQ_FORBIDDEN'],
    ['.)]} catch ., ([{(', 'JQ_SYNTAX'],
    ['def f: .; def env: 1; $ENV', 'JQ_FORBIDDEN'],
    ['. as ${x} | $x', 'TEMPLATE_PLACE'],
    ['label $a | break $b', 'JQ_UNKNOWN_LABEL'],
  ])('is refused when it is saved, with its place: %s', async (text, code) => {
    const parameters = { type: 'object', properties: { x: {} } }
    const saved = whole.ask('tools.create', { tool: 'hostile', description: 'Bad.', engine: 'jq', text, parameters })
    const problem = await problemOf(saved)
    expect(problem).toMatchObject({ code })
    expect(problem.details).toMatchObject(
      code === 'TEMPLATE_PLACE' ? { offset: expect.any(Number) } : { position: { line: expect.any(Number) } },
    )
    expect(await problemOf(whole.jq(text, { params: { x: 1 } }))).toMatchObject({ code })
  })

  it('that continues a comment over the end of its line is a comment', async () => {
    expect(await whole.jq('1 # c \\\nenv')).toMatchObject({ value: 1 })
  })

  it.each([
    ['def f: .; env |', 'JQ_SYNTAX'],
    ['def f: .; def g: .;', 'JQ_SYNTAX'],
    ['def map(f): .;', 'FUNCTION_INVALID'],
    ['def f: $ENV;', 'JQ_FORBIDDEN'],
    ['def f: 1 | input;', 'JQ_FORBIDDEN'],
    ['def f: $x;', 'PARAMETER_UNKNOWN'],
  ])('is refused as a shared function: %s', async (definition, code) => {
    const problem = await problemOf(whole.ask('functions.create', { definition }))
    expect(problem).toMatchObject({ code, details: { position: { line: expect.any(Number) } } })
  })

  it('is not what merely looks like one', async () => {
    expect(await whole.jq('{"env": 1} | .env, "env", {"env": .env}, "\\(.env) # $ENV"')).toMatchObject({
      value: [1, 'env', { env: 1 }, '1 # $ENV'],
    })
    expect(await whole.jq('def input: 5; input')).toMatchObject({ value: 5 })
  })

  it('put straight into the database is refused when it is called', async () => {
    await whole.publish('innocent', '1')
    const definition = {
      description: 'x',
      engine: 'jq',
      text: '$ENV.CANARY',
      mode: 'document',
      sources: [],
      parameters: {},
    }
    whole.tamper(
      `update versions set definition = ? where owner_id = (select id from tools where name = 'innocent')`,
      JSON.stringify(definition),
    )
    // A row alone tells nobody: the next change does.
    await whole.publish('another', '2')
    expect(await problemOf(whole.run('innocent'))).toMatchObject({ code: 'TOOL_ALTERED', kind: 'denied' })
    expect(await problemOf(whole.run('innocent', {}, { version: 1 }))).toMatchObject({ code: 'TOOL_ALTERED' })
    expect(await whole.run('another')).toMatchObject({ value: 2 })
  })

  it('is refused by the engine even with a hash that fits', async () => {
    await whole.publish('forged', '1')
    const { definitionHash } = await import('../src/library/saved-version.ts')
    const parameters = { type: 'object', properties: {}, additionalProperties: false }
    const definition = {
      ...{ description: 'x', engine: 'jq' as const, text: '$ENV.CANARY', mode: 'document' as const, sources: [] },
      parameters,
    }
    whole.tamper(
      `update versions set definition = ?, hash = ? where owner_id = (select id from tools where name = 'forged')`,
      JSON.stringify(definition),
      definitionHash(definition, []),
    )
    await whole.publish('yet_another', '3')
    expect(await problemOf(whole.run('forged'))).toMatchObject({ code: 'JQ_FORBIDDEN' })
  })

  it('cannot come in through the text of a function that was pinned', async () => {
    await whole.ask('functions.create', { definition: 'def helper: 1;' })
    await whole.ask('functions.submit', { function: 'helper' })
    await whole.publish('uses_helper', 'helper')
    whole.tamper(
      `update versions set definition = 'def helper: 2;' where kind = 'function' and definition like '%helper%'`,
    )
    await whole.publish('one_more', '4')
    expect(await problemOf(whole.run('uses_helper'))).toMatchObject({ code: 'TOOL_ALTERED' })
    expect(await whole.run('one_more')).toMatchObject({ value: 4 })
  })
})
