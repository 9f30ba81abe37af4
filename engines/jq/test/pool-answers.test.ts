import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ItemsFrame } from '../src/pool/call.ts'
import type { JqPool } from '../src/pool/jq-pool.ts'
import { ask, callOf, DataFolder, json, openPool } from './pool-fixture.ts'

let pool: JqPool
const folder = new DataFolder()
beforeAll(async () => {
  pool = await openPool()
})
afterAll(async () => {
  await pool.close()
  folder[Symbol.dispose]()
})

describe('shapes', () => {
  it.each([
    ['.', [1, 2, 3], { shape: 'array', outputs: 1, items: 3, lines: ['1', '2', '3'] }],
    ['.', [], { shape: 'array', outputs: 1, items: 0, lines: [] }],
    ['.', { a: [1] }, { shape: 'value', outputs: 1, items: 1, lines: ['{"a":[1]}'] }],
    ['null', 1, { shape: 'value', outputs: 1, items: 1, lines: ['null'] }],
    ['empty', 1, { shape: 'outputs', outputs: 0, items: 0, lines: [] }],
    ['.[]', [[1], [2]], { shape: 'outputs', outputs: 2, items: 2, lines: ['[1]', '[2]'] }],
  ])('%s of %j', async (program, input, expected) => {
    expect(await ask(pool, callOf(program, { input: json(input) }))).toEqual({
      bytes: expected.lines.join('').length,
      stopped: false,
      ...expected,
    })
  })

  it('every record has its own outputs', async () => {
    const input = json([[1, 2], [3]])
    expect(await ask(pool, callOf('.', { input, mode: 'records' }))).toMatchObject({
      shape: 'outputs',
      lines: ['[1,2]', '[3]'],
    })
  })
})

describe('limits prove that there was more', () => {
  it.each([
    ['.', 3, false],
    ['.', 2, 'outputs'],
    ['.[]', 3, false],
    ['.[]', 2, 'outputs'],
  ])('%s of three items with room for %d', async (program, outputs, stopped) => {
    const limits = { timeMs: 5_000, bytes: 1_000, outputs }
    const told = await ask(pool, callOf(program, { input: json(['a', 'b', 'c']), limits }))
    expect(told).toMatchObject({ items: outputs, stopped })
    expect(told.lines).toHaveLength(outputs)
  })

  it.each([
    ['.', 9, false, 3],
    ['.', 8, 'bytes', 2],
    ['.[]', 8, 'bytes', 2],
    ['"é" * 4', 9, 'bytes', 0],
    ['"é" * 4', 10, false, 1],
  ])('%s with room for %d bytes', async (program, bytes, stopped, items) => {
    const told = await ask(pool, callOf(program, { input: json(['a', 'b', 'c']), limits: { timeMs: 5_000, bytes } }))
    expect(told).toMatchObject({ items, stopped })
    expect(told.bytes).toBeLessThanOrEqual(bytes)
  })

  it('an endless program ends when enough was taken, `try` or not', async () => {
    for (const program of [
      'repeat(1)',
      'try repeat(1) catch "caught"',
      'repeat(1)?',
      'first(label $out | repeat(1)), repeat(2)',
    ]) {
      const told = await ask(pool, callOf(program, { limits: { timeMs: 5_000, bytes: 1e6, outputs: 1_000 } }))
      expect(told).toMatchObject({ items: 1_000, outputs: 1_001, stopped: 'outputs' })
    }
  })
})

describe('items', () => {
  it('come in small frames, in order', async () => {
    const frames: ItemsFrame[] = []
    await ask(pool, callOf('range(2000)'), { onItems: frame => void frames.push(frame) })
    expect(Math.max(...frames.map(frame => frame.lines.length))).toBeLessThanOrEqual(256)
    expect(frames.flatMap(frame => frame.lines)).toEqual(Array.from({ length: 2_000 }, (_, n) => String(n)))
  })

  it('wait for a slow taker without piling up in the server', async () => {
    let taken = 0
    const slow = async () => {
      await new Promise(resolve => setTimeout(resolve, 1))
      taken++
    }
    const line = 'x'.repeat(1_000)
    const limits = { timeMs: 20_000, bytes: 50_000_000, outputs: 20_000 }
    const before = process.memoryUsage().rss
    const told = await pool.run(callOf(`repeat("${line}")`, { limits }), { onItems: slow })
    expect(told).toMatchObject({ items: 20_000, stopped: 'outputs' })
    expect(taken).toBeGreaterThan(200)
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024)
  })

  it('stop when the taker says so, and the process goes on', async () => {
    const before = pool.stats()
    const told = await ask(pool, callOf('repeat(1)'), { onItems: () => false })
    expect(told.stopped).toBe('caller')
    expect(pool.stats().ended).toEqual(before.ended)
  })

  it('a taker that throws fails the call with its own error', async () => {
    const failure = new Error('full')
    const run = pool.run(callOf('range(1e6)'), {
      onItems: () => {
        throw failure
      },
    })
    await expect(run).rejects.toBe(failure)
    expect((await ask(pool, callOf('1'))).lines).toEqual(['1'])
  })

  it('longer than a frame arrive whole', async () => {
    const told = await ask(pool, callOf('"é" * 300000, 1'))
    expect(told.lines).toEqual([JSON.stringify('é'.repeat(300_000)), '1'])
  })
})

describe('values cross both ways without loss', () => {
  it('numbers beyond a double stay as they were written', async () => {
    const big = '12345678901234567890'
    const text = `[${big},{"id":${big}}]`
    const variables = { id: big, all: text }
    expect((await ask(pool, callOf('$id, $all, .', { variables, input: { kind: 'json', text } }))).lines).toEqual([
      big,
      text,
      text,
    ])
  })

  it('variables are data, whatever stands in them', async () => {
    for (const value of ['"; env', '\\(env)', '$ENV', '")|input|("', 'a\nb', '\u0000', '😀', '# c \\', '__proto__']) {
      const told = await ask(pool, callOf('$v', { variables: { v: JSON.stringify(value) } }))
      expect(told.lines.map(line => JSON.parse(line))).toEqual([value])
    }
  })

  it('errors of the language keep code, kind, hint and details', async () => {
    const failure = await ask(pool, callOf('1 + env')).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: 'JQ_FORBIDDEN',
      kind: 'denied',
      hint: 'Take env out of the program.',
      details: { construct: 'env', position: { line: 1, column: 5, offset: 4 } },
    })
    await expect(ask(pool, callOf('error("no")'))).rejects.toMatchObject({
      code: 'JQ_RUNTIME',
      message: expect.stringContaining('no'),
    })
  })
})

describe('files', () => {
  const rows = Array.from({ length: 1_000 }, (_, id) => ({ id, name: `name ${id}` }))
  const text = JSON.stringify(rows)
  const lines = rows.map(row => JSON.stringify(row)).join('\n')

  it.each(['json', 'json.gz', 'ndjson', 'ndjson.gz'])('.%s is the same document and the same records', async name => {
    const plain = name.startsWith('json') ? text : lines
    const input = folder.file(`rows.${name}`, name.endsWith('.gz') ? gzipSync(plain) : plain)
    expect((await ask(pool, callOf('length, .[999].id', { input }))).lines).toEqual(['1000', '999'])
    const told = await ask(pool, callOf('select(.id >= 998).name', { input, mode: 'records' }))
    expect(told.lines).toEqual(['"name 998"', '"name 999"'])
  })

  it('a broken record is named', async () => {
    const input = folder.file('broken.ndjson', '{"a":1}\n{"a":\n{"a":3}\n')
    for (const mode of ['document', 'records'] as const) {
      await expect(ask(pool, callOf('.', { input, mode }))).rejects.toMatchObject({
        code: 'JQ_INPUT_INVALID',
        details: expect.objectContaining({ record: 1 }),
      })
    }
  })

  it('a file that is gone, or no longer the one asked for, is not half an answer', async () => {
    const gone = { ...folder.file('gone.json', '[1]'), file: `${folder.path}/nowhere.json` }
    const grown = { ...folder.file('grown.json', '[1,2,3]'), sizeBytes: 3 }
    const shrunk = { ...folder.file('shrunk.json', '[1]'), sizeBytes: 30 }
    const torn = { ...folder.file('torn.json.gz', gzipSync(text).subarray(0, 500)) }
    for (const input of [gone, grown, shrunk, torn]) {
      const failure = await ask(pool, callOf('.', { input })).catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'JQ_INPUT_UNREADABLE', kind: 'unavailable' })
      expect((failure as Error).message).not.toContain(folder.path)
    }
  })

  it('too large for a document is said before it is read, or while it is unpacked', async () => {
    await using small = await openPool({ workers: 1, documentBytesMax: 10_000 })
    const plain = folder.file('large.json', text)
    const packed = folder.file('large.json.gz', gzipSync(text))
    for (const input of [plain, packed, { kind: 'json', text } as const]) {
      await expect(ask(small, callOf('length', { input }))).rejects.toMatchObject({
        code: 'JQ_INPUT_TOO_LARGE',
        kind: 'limited',
      })
    }
    expect((await ask(small, callOf('.id', { input: plain, mode: 'records' }))).items).toBe(1_000)
  })

  it('an owner can read on with `inputs` in constant memory', async () => {
    const input = folder.file('sum.ndjson', lines)
    const call = callOf('reduce inputs as $row (.id; . + $row.id)', { input, mode: 'records', policy: 'owner' })
    expect((await ask(pool, call)).lines).toEqual(['499500'])
  })
})
