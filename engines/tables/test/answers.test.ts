import { afterAll, beforeAll, expect, it } from 'vitest'
import { Workbench } from './workbench.ts'

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
  await bench.write(
    'orders',
    'json',
    '[{"id":1,"note":"a","big":12345678901234567890,"at":"2024-01-02T03:04:05Z","day":"2024-01-02","in":{"x":[1,2]},"mixed":[1,"a"]},{"id":2,"note":null}]',
  )
})
afterAll(() => bench[Symbol.asyncDispose]())

it('gives rows as arrays in the order of the columns, with nulls where a record lacks a field', async () => {
  const answer = await bench.ask('FROM orders ORDER BY id')
  expect(answer.columns.map(column => column.name)).toEqual(['id', 'note', 'big', 'at', 'day', 'in', 'mixed'])
  expect(answer.lines).toEqual([
    '[1,"a",12345678901234567890,"2024-01-02T03:04:05","2024-01-02",{"x":[1,2]},[1,"a"]]',
    '[2,null,null,null,null,null,null]',
  ])
  expect(answer).toMatchObject({ rows: 2, truncated: false })
})

const values: [sql: string, json: string][] = [
  ['true', 'true'],
  ['9223372036854775807', '9223372036854775807'],
  ['170141183460469231731687303715884105727::HUGEINT', '170141183460469231731687303715884105727'],
  ['1.10::DECIMAL(9,2)', '1.10'],
  ['0.1::DOUBLE', '0.1'],
  ['0.1::FLOAT', '0.1'],
  ["'nan'::DOUBLE", 'null'],
  ["'-infinity'::DOUBLE", 'null'],
  ['\'line\n"quoted"\'', '"line\\n\\"quoted\\""'],
  ["DATE '2024-02-29'", '"2024-02-29"'],
  ["TIMESTAMP '2024-02-29 01:02:03.5'", '"2024-02-29T01:02:03.5"'],
  ["TIMESTAMPTZ '2024-02-29 01:02:03.000001+02'", '"2024-02-28T23:02:03.000001Z"'],
  ["TIMESTAMPTZ '1969-12-31 23:59:59.5+00'", '"1969-12-31T23:59:59.5Z"'],
  ["TIME '01:02:03'", '"01:02:03"'],
  ["INTERVAL '3 days'", '"3 days"'],
  ["'\\xAA\\xFF'::BLOB", '"qv8="'],
  ["'123e4567-e89b-12d3-a456-426614174000'::UUID", '"123e4567-e89b-12d3-a456-426614174000"'],
  ["['a', NULL]", '["a",null]'],
  ["{'n': 9007199254740993, 'm': {'k': [1]}}", '{"n":9007199254740993,"m":{"k":[1]}}'],
  ["MAP {'a': 1, 'b': 2}", '{"a":1,"b":2}'],
  ['MAP {1: true}', '{"1":true}'],
  [`'{"a": 12345678901234567890.10}'::JSON`, '{"a": 12345678901234567890.10}'],
  [`['{"a":1}'::JSON]`, '[{"a":1}]'],
  ["'b'::ENUM('a','b')", '"b"'],
  ['NULL', 'null'],
]
it.each(values)('writes %s as %s', async (sql, json) => {
  expect((await bench.ask(`SELECT ${sql}`)).lines).toEqual([`[${json}]`])
})

it('answers DESCRIBE, SUMMARIZE, EXPLAIN, VALUES, WITH and PIVOT with a list', async () => {
  expect((await bench.ask('DESCRIBE orders')).lines[0]).toContain('["id","BIGINT"')
  expect((await bench.ask('SUMMARIZE orders')).rows).toBe(7)
  expect((await bench.ask('EXPLAIN SELECT id FROM orders')).lines.join()).toContain('physical_plan')
  expect((await bench.ask('VALUES (1), (2)')).lines).toEqual(['[1]', '[2]'])
  expect((await bench.ask('WITH orders AS (FROM orders WHERE id = 2) SELECT id FROM orders')).lines).toEqual(['[2]'])
  expect((await bench.ask('PIVOT (SELECT id, note FROM orders) ON id IN (1, 2) USING count(*)')).rows).toBe(2)
  const recursive = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT sum(i) FROM n'
  expect((await bench.ask(recursive)).lines).toEqual(['[6]'])
})

it('answers a warm small question soon', async () => {
  await bench.ask('SELECT id FROM orders WHERE id = $id', { id: 1 })
  const started = performance.now()
  for (let round = 0; round < 50; round++) await bench.ask('SELECT id FROM orders WHERE id = $id', { id: 1 })
  expect((performance.now() - started) / 50).toBeLessThan(100)
})

it('says what a statement reads and needs without running it', async () => {
  const options = { tables: bench.tables }
  expect(await bench.pool.parse('SELECT id, big FROM Orders', options)).toEqual({
    tables: ['orders'],
    parameters: [],
    columns: [
      { name: 'id', type: 'BIGINT' },
      { name: 'big', type: 'HUGEINT' },
    ],
  })
  const asked = await bench.pool.parse('SELECT id FROM orders WHERE id > $lowest OR note = $note', options)
  expect(asked).toEqual({ tables: ['orders'], parameters: ['lowest', 'note'] })
})

it('points at the mistake in a statement', async () => {
  await expect(bench.ask("SELECT 'é',\n  id + FROM orders")).rejects.toMatchObject({
    code: 'SQL_SYNTAX',
    details: { line: 2, column: 8 },
  })
  await expect(bench.ask('SELECT ids FROM orders')).rejects.toMatchObject({
    code: 'SQL_INVALID',
    hint: expect.stringContaining('"id"'),
    details: { line: 1, column: 8 },
  })
  await expect(bench.ask('SELECT id FROM orders WHERE note = "paid"')).rejects.toMatchObject({
    code: 'SQL_INVALID',
    hint: expect.stringMatching(/a text stands in single ones: 'paid'\. .*candidate/is),
  })
  await expect(bench.ask('SELECT * FROM order_s')).rejects.toMatchObject({
    code: 'SQL_UNKNOWN_TABLE',
    hint: 'Did you mean orders?',
    details: { nearest: 'orders', line: 1, column: 15 },
  })
  await expect(bench.ask('SELECT note::INT FROM orders')).rejects.toMatchObject({ code: 'SQL_FAILED' })
  await expect(bench.ask('EXPLAIN SELECT ids FROM orders')).rejects.toMatchObject({ details: { line: 1, column: 16 } })
})

it.each([
  ['select * form orders', 'Did you mean FROM, not form?'],
  ['selct * from orders', 'Did you mean SELECT, not selct?'],
  ['select * from order', 'order is a word of SQL; did you mean orders?'],
  ['select id from orders wehre id = 1', 'Did you mean WHERE, not wehre?'],
])('a slip in SQL is answered with what was probably meant: %s', async (text, hint) => {
  await expect(bench.ask(text)).rejects.toMatchObject({ code: 'SQL_SYNTAX', hint })
})
