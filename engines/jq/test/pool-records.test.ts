import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDocument } from '../src/pool/document-reader.ts'
import { RecordsReader } from '../src/pool/records.ts'

/** Gives a text in chunks of so many bytes. */
function chunks(text: string | Buffer, chunkBytes: number): () => Buffer | undefined {
  const bytes = Buffer.from(text)
  let at = 0
  return () => {
    if (at >= bytes.length) return undefined
    const chunk = Buffer.from(bytes.subarray(at, at + chunkBytes))
    at += chunkBytes
    return chunk
  }
}

function read(
  text: string | Buffer,
  format: 'json' | 'ndjson',
  chunkBytes = 1 << 20,
  recordBytesMax = 1 << 20,
): string[] {
  const reader = new RecordsReader(chunks(text, chunkBytes), { format, recordBytesMax })
  const records: string[] = []
  for (let record = reader.next(); record !== undefined; record = reader.next()) records.push(record.trim())
  return records
}

const tricky = ['"a,]}[{\\""', '{"k":[1,{"x":"\\\\"}]}', '[[],[[]]]', '-1.5e3', 'null', '"\\u005c"', '"é€😀"']

describe('records of a JSON array', () => {
  it('are its elements, wherever the chunks are cut', () => {
    const text = ` \n[${tricky.join(' ,\n')}]\n`
    for (let chunk = 1; chunk < 20; chunk++) expect(read(text, 'json', chunk)).toEqual(tricky)
  })

  it('are none for an empty array', () => {
    expect(read('[ ]', 'json')).toEqual([])
  })

  it('are the one value of a document that is not an array', () => {
    expect(read('  {"a": [1,2]} ', 'json', 3)).toEqual(['{"a": [1,2]}'])
  })

  it('do not begin with a byte order mark', () => {
    expect(read('\ufeff[1]', 'json')).toEqual(['1'])
  })

  it('agree with JSON.parse for any array', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 50 }), (values, chunk) => {
        const text = JSON.stringify(values)
        expect(read(text, 'json', chunk).map(record => JSON.parse(record))).toEqual(JSON.parse(text))
      }),
    )
  })

  it.each([
    ['', 0],
    ['[', 0],
    ['[1,2', 1],
    ['[1,,2]', 1],
    ['[1,]', 1],
    ['[,1]', 0],
    ['[1]x', 1],
    ['[1}', 0],
    ['["abc', 0],
    ['[1,{"a":"\\', 1],
  ])('name the record where %j goes wrong', (text, record) => {
    const failure = expect.objectContaining({ code: 'JQ_INPUT_INVALID', details: expect.objectContaining({ record }) })
    expect(() => read(text, 'json')).toThrow(failure)
    expect(() => read(text, 'json', 1)).toThrow(failure)
  })
})

describe('records of NDJSON', () => {
  it('are its lines, blank ones left out, wherever the chunks are cut', () => {
    const text = `\n${tricky.join('\r\n')}\n \n\n7`
    for (let chunk = 1; chunk < 20; chunk++) expect(read(text, 'ndjson', chunk)).toEqual([...tricky, '7'])
  })

  it('are none for an empty file', () => {
    expect(read('', 'ndjson')).toEqual([])
  })
})

it.each(['json', 'ndjson'] as const)('a %s record over the limit is refused before it is whole', format => {
  const text = format === 'json' ? `[1,"${'x'.repeat(5_000)}"]` : `1\n"${'x'.repeat(5_000)}"\n`
  expect(() => read(text, format, 100, 1_000)).toThrow(
    expect.objectContaining({
      code: 'JQ_INPUT_TOO_LARGE',
      kind: 'limited',
      details: { what: 'record', bytesMax: 1_000, record: 1 },
    }),
  )
})

describe('a whole array', () => {
  const order = (id: number, field: string) => `{ "id": ${id}, "f": ${field} }`
  const orders = (fields: readonly string[]) => `[${fields.map((field, id) => order(id, field)).join(',\n')}]`
  const whole = (text: string, chunkBytes: number) => readDocument(chunks(text, chunkBytes), 'json', 1e9)

  it.each([
    ['plain records', ['1', '"a"', 'null']],
    [
      'records that hold others that look the same',
      ['[{ "id": 1}, { "id": 2},{ "id": "]" }]', '{ "id": { "id": 3 } }'],
    ],
    ['texts that look like records', ['"}, { \\"id\\": 1"', String.raw`"\\"`, '",{,["']],
    ['texts beyond ASCII', ['"é€😀"', '"a"']],
    ['large records', [`"${'x'.repeat(30_000)}"`, '1']],
  ])('is what JSON.parse makes of it, wherever the chunks are cut: %s', (_, fields) => {
    const text = orders(Array.from({ length: 600 }, (_, at) => fields[at % fields.length]!))
    for (const chunk of [1_000, 1_009, 7_919, 65_536, 1 << 20]) {
      expect(whole(text, chunk)).toEqual({ document: JSON.parse(text), bytes: Buffer.byteLength(text) })
    }
  })

  it.each([
    ['1,2', 700],
    ['1 2', 700],
    ['"', 700],
    ['tru', 700],
    ['[1}', 700],
  ])('that is broken by %s in a record says in which one', (broken, record) => {
    const fields = Array.from({ length: 1_500 }, (_, at) => (at === record ? broken : String(at)))
    const failure = expect.objectContaining({ code: 'JQ_INPUT_INVALID', details: expect.objectContaining({ record }) })
    for (const chunk of [997, 65_536]) expect(() => whole(orders(fields), chunk)).toThrow(failure)
  })

  it.each(['', ',]', ',,1]', '}', '] 1'])('that ends in %j is refused', end => {
    const text = orders(Array.from({ length: 1_000 }, String)).slice(0, -1) + end
    for (const chunk of [997, 1 << 20]) expect(() => whole(text, chunk)).toThrow('not valid JSON')
  })
})
