import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Workbench } from './workbench.ts'

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench[Symbol.asyncDispose]())

async function rowsOf(...file: Parameters<Workbench['write']>) {
  const table = await bench.write(...file)
  const answer = await bench.ask(`FROM "${table.name}"`)
  return [answer.columns.map(column => column.name), ...answer.lines.map(line => JSON.parse(line))]
}

it('reads one JSON object as one row', async () => {
  expect(await rowsOf('config', 'json', '{\n "a": 1,\n "b": {"c": [1, 2]}}', { shape: 'object' })).toEqual([
    ['a', 'b'],
    [1, { c: [1, 2] }],
  ])
})

it('reads an array of plain values as one column', async () => {
  expect(await rowsOf('plain', 'json', '[1, 2, "x", null]')).toEqual([['json'], [1], [2], ['x'], [null]])
  expect(await rowsOf('single', 'json', '"hello"', { shape: 'scalar' })).toEqual([['json'], ['hello']])
  expect(await rowsOf('none', 'json', '[]')).toEqual([['json']])
})

it('reads newline-delimited JSON whose records differ, packed or not', async () => {
  const content = '{"a":1}\n{"a":"x","c":[1]}\n'
  const rows = [
    ['a', 'c'],
    [1, null],
    ['x', [1]],
  ]
  expect(await rowsOf('lines', 'ndjson', content)).toEqual(rows)
  expect(await rowsOf('packed', 'ndjson', gzipSync(content), { gzip: true })).toEqual(rows)
})

it('reads CSV: header, types, quotes, other separators, repeated and empty names', async () => {
  expect(await rowsOf('goods', 'csv', 'id,id,,name\n1,2.5,3,"a, ""b"""\n4,5,6,\n')).toEqual([
    ['id', 'id_1', 'column2', 'name'],
    [1, 2.5, 3, 'a, "b"'],
    [4, 5, 6, null],
  ])
  expect(await rowsOf('semicolons', 'csv', 'id;when\r\n1;2024-01-02\r\n')).toEqual([
    ['id', 'when'],
    [1, '2024-01-02'],
  ])
  expect(await rowsOf('tabs', 'csv', 'id\tname\n1\tx\n')).toEqual([
    ['id', 'name'],
    [1, 'x'],
  ])
})

it('keeps codes with leading zeros as text, and every line', async () => {
  expect(await rowsOf('codes', 'csv', 'zip,n\n01234,1\n60200,2\n')).toEqual([
    ['zip', 'n'],
    ['01234', 1],
    ['60200', 2],
  ])
  expect(await rowsOf('words', 'csv', 'name,city\nx,y\n#z,w\n')).toEqual([
    ['name', 'city'],
    ['x', 'y'],
    ['#z', 'w'],
  ])
})

it.each([
  ['unclosed', 'name,zip\nA,1\n"B,2\nC,3'],
  ['short', 'a,b\n1,2\n3\n4,5,6\n'],
])("refuses CSV whose rows are not the header's: %s", async (name, content) => {
  await expect(rowsOf(name, 'csv', content)).rejects.toMatchObject({ code: 'SQL_SOURCE_UNREADABLE' })
})

it.each([
  [
    'newlines_in_names',
    'a,"b;\n;;c"\n1,2\n',
    [
      ['a', 'b;\n;;c'],
      [1, 2],
    ],
  ],
  [
    'newlines',
    'a;b\r\n1;"x\r\ny, z"\r\n',
    [
      ['a', 'b'],
      [1, 'x\r\ny, z'],
    ],
  ],
  [
    'marked',
    '\ufeffa|b\n1|2\n',
    [
      ['a', 'b'],
      [1, 2],
    ],
  ],
  ['one_column', 'name\nx,y\n"z"\n', [['name'], ['x,y'], ['z']]],
  [
    'line_ends',
    'a,b\r\n1,2\n3,4\r\n',
    [
      ['a', 'b'],
      [1, 2],
      [3, 4],
    ],
  ],
  [
    'backslashes',
    'a,b\n"x\\"y",1\n',
    [
      ['a', 'b'],
      ['x"y', 1],
    ],
  ],
  [
    'empty_last',
    'a,b\n1,2,\n3,4,\n',
    [
      ['a', 'b'],
      [1, 2],
      [3, 4],
    ],
  ],
])('takes the separator from the header: %s', async (name, content, rows) => {
  expect(await rowsOf(name, 'csv', content)).toEqual(rows)
  expect(await rowsOf(`${name}_packed`, 'csv', gzipSync(content), { gzip: true })).toEqual(rows)
})

it('keeps every digit of large whole numbers', async () => {
  const large = '12345678901234567890'
  await bench.write('large', 'json', `[{"id":${large},"in":{"ids":[${large}]}},{"id":1}]`)
  expect((await bench.ask('FROM large')).lines).toEqual([`[${large},{"ids":[${large}]}]`, '[1,null]'])
  const table = await bench.write('large_csv', 'csv', `id,share\n${large},0.5\n-98765432109876543210,1\n,\n`)
  expect((await bench.ask('FROM large_csv')).lines).toEqual([
    `[${large},0.5]`,
    '[-98765432109876543210,1]',
    '[null,null]',
  ])
  const target = join(bench.folder, 'cache', 'large.ndjson')
  await bench.pool.export(table, target)
  expect((await readFile(target, 'utf8')).split('\n')[0]).toBe(`{"id":${large},"share":0.5}`)
})

it('calls a dataset by the name of a SQL word when it is quoted, and says so when it is not', async () => {
  await bench.write('group', 'csv', 'id\n1\n')
  expect((await bench.ask('FROM "group"')).rows).toBe(1)
  await expect(bench.ask('SELECT * FROM group')).rejects.toMatchObject({
    code: 'SQL_SYNTAX',
    hint: expect.stringContaining('"group"'),
  })
})

it('loads new content under a new version, and keeps answering for the old one', async () => {
  const table = await bench.write('changing', 'csv', 'n\n1\n')
  expect((await bench.ask('FROM changing')).lines).toEqual(['[1]'])
  const file = join(bench.folder, 'data', 'changing-2.csv')
  await writeFile(file, 'n\n2\n')
  const ask = async (tables: (typeof table)[]) => {
    const lines: string[] = []
    await bench.pool.run(
      { text: 'FROM changing', parameters: {}, tables, limits: { timeMs: 5_000, bytes: 1_000 } },
      { onRows: more => void lines.push(...more) },
    )
    return lines
  }
  expect(await ask([{ ...table, file, version: '2' }])).toEqual(['[2]'])
  expect(await ask([table])).toEqual(['[1]'])
})

it('says which dataset cannot be read, without its path', async () => {
  await bench.write('broken', 'json', '[{"a":1},{"a":')
  const error = await bench.ask('FROM broken').catch(failure => failure)
  expect(error).toMatchObject({ code: 'SQL_SOURCE_UNREADABLE', details: { dataset: 'broken' } })
  expect(`${error.message}${error.hint}`).not.toContain(bench.folder)
  expect((await bench.ask('SELECT 1')).rows).toBe(1)
})

it('exports CSV as JSON lines with the values a query sees', async () => {
  const content =
    'zip,at,price,big,empty\n01234,2024-01-02 03:04:05,1.50,9007199254740993,\n60200,2024-01-02 03:04:06,2,2,\n'
  const table = await bench.write('exported', 'csv', content)
  const target = join(bench.folder, 'cache', 'exported.ndjson')
  expect(await bench.pool.export(table, target)).toEqual({ rows: 2 })
  expect(await bench.pool.export(table, target)).toEqual({ rows: 2 })
  const asked = await bench.ask('FROM exported')
  const first = (await readFile(target, 'utf8')).split('\n')[0]!
  expect(first).toBe('{"zip":"01234","at":"2024-01-02T03:04:05","price":1.5,"big":9007199254740993,"empty":null}')
  expect(asked.lines[0]).toBe('["01234","2024-01-02T03:04:05",1.5,9007199254740993,null]')
})
