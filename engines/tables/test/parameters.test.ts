import { afterAll, beforeAll, expect, it } from 'vitest'
import { Workbench } from './workbench.ts'

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
  await bench.write(
    'people',
    'ndjson',
    '{"id":1,"name":"Ada","born":"1815-12-10"}\n{"id":2,"name":"Bob","born":"1999-01-01"}\n',
  )
})
afterAll(() => bench[Symbol.asyncDispose]())

it('binds values instead of pasting them', async () => {
  const text = 'SELECT $value, (SELECT count(*) FROM people WHERE name = $value)'
  const value = "x' OR '1'='1'; DROP TABLE people; --"
  expect((await bench.ask(text, { value })).lines).toEqual([`[${JSON.stringify(value)},0]`])
})

it('gives JSON values their SQL types', async () => {
  const text = 'SELECT typeof($i), typeof($d), typeof($t), typeof($b), typeof($n), typeof($l), typeof($o)'
  const values = { i: 5, d: 1.5, t: 'x', b: true, n: null, l: [1, 2.5], o: [{ x: 1 }, { y: 'a' }] }
  expect((await bench.ask(text, values)).lines).toEqual([
    '["BIGINT","DOUBLE","VARCHAR","BOOLEAN","\\"NULL\\"","DOUBLE[]","STRUCT(x BIGINT, y VARCHAR)[]"]',
  ])
})

it('compares a text parameter with a date column, and takes lists and limits', async () => {
  const text = 'SELECT id FROM people WHERE born < $before AND list_contains($ids, id) LIMIT $most'
  expect((await bench.ask(text, { before: '1900-01-01', ids: [1, 2], most: 5 })).lines).toEqual(['[1]'])
  expect((await bench.ask(text, { before: '1900-01-01', ids: [], most: 5 })).lines).toEqual([])
})

it('names what is missing and what is too much', async () => {
  await expect(bench.ask('SELECT $a, $b', { a: 1 })).rejects.toMatchObject({
    code: 'SQL_PARAMETER_INVALID',
    details: { missing: ['b'] },
  })
  await expect(bench.ask('SELECT $lowest', { lowest: 1, lowst: 1 })).rejects.toMatchObject({
    hint: 'Did you mean $lowest?',
    details: { extra: ['lowst'] },
  })
  await expect(bench.ask('SELECT ?', {})).rejects.toMatchObject({ code: 'SQL_PARAMETER_INVALID' })
  await expect(bench.ask('SELECT $1', { 1: 2 })).rejects.toMatchObject({ code: 'SQL_PARAMETER_INVALID' })
  await expect(bench.ask('SELECT $a', { a: [1, 'x'] })).rejects.toMatchObject({ code: 'SQL_PARAMETER_INVALID' })
  await expect(bench.ask('SELECT $a', { a: {} })).rejects.toMatchObject({ code: 'SQL_PARAMETER_INVALID' })
})

it('does not take a parameter from the prototype of the values', async () => {
  await expect(bench.ask('SELECT $constructor')).rejects.toMatchObject({ details: { missing: ['constructor'] } })
  expect((await bench.ask('SELECT $o', { o: JSON.parse('[{"a":1},{"toString":2}]') })).lines).toEqual([
    '[[{"a":1,"toString":null},{"a":null,"toString":2}]]',
  ])
})
