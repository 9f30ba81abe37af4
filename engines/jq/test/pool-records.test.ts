import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecordsReader } from '../src/pool/records.ts'

/** Feeds a text in chunks of so many bytes. */
function read(
  text: string | Buffer,
  format: 'json' | 'ndjson',
  chunkBytes = 1 << 20,
  recordBytesMax = 1 << 20,
): string[] {
  const bytes = Buffer.from(text)
  let at = 0
  const pull = () => {
    if (at >= bytes.length) return undefined
    const chunk = Buffer.from(bytes.subarray(at, at + chunkBytes))
    at += chunkBytes
    return chunk
  }
  const reader = new RecordsReader(pull, { format, recordBytesMax })
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
