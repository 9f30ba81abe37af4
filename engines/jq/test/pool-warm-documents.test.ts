import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ask, callOf, DataFolder, openPool, until } from './pool-fixture.ts'

describe('a document', () => {
  it('is sent once and stays warm', async () => {
    using folder = new DataFolder()
    await using pool = await openPool({ workers: 2 })
    const input = folder.file('a.json', JSON.stringify(Array.from({ length: 10_000 }, (_, id) => ({ id }))))
    for (const program of ['length', '.[7].id', 'map(.id) | add']) await ask(pool, callOf(program, { input }))
    expect(pool.stats()).toMatchObject({ inputBytes: input.sizeBytes, warmCalls: 2 })
  })

  it('is the same one after programs that change it', async () => {
    using folder = new DataFolder()
    await using pool = await openPool({ workers: 1 })
    const text = '[{"b":[3,1,2],"a":{"x":"y"}},{"b":[],"a":null}]'
    const input = folder.file('a.json', text)
    const call = (program: string) => callOf(program, { input })
    const before = await ask(pool, call('[.]'))
    for (const program of [
      '.[0].b[0] = 9',
      '.[0].b |= sort',
      '.[].b |= reverse',
      'map_values(.a = 1)',
      'del(.[0])',
      'del(.[0].b[1:])',
      '.[0].a.x += "z"',
      'sort_by(.a)',
      'to_entries',
      'walk(if type == "object" then del(.a) else . end)',
      'reduce range(3) as $i (.; .[0].b[$i] = $i)',
      'foreach .[] as $row (.; .[0].new = $row)',
      '. as [$first] | $first | .b += [4]',
      'limit(1; .[0] *= {"a": {"x": 2}})',
      'setpath([0, "a", "x"]; 1) | delpaths([[1], [0, "b"]])',
      '.[0] |= with_entries(.value = 0)',
      '[paths] | length',
      'group_by(.a) | map(.[0].b = 1)',
      '.[0].b | .[1:] = [0]',
    ]) {
      await ask(pool, call(program))
    }
    expect((await ask(pool, call('[.]'))).lines).toEqual(before.lines)
    expect(before.lines).toEqual([text])
    expect(pool.stats().inputBytes).toBe(input.sizeBytes)
  })

  it('makes room for another when memory is short', async () => {
    using folder = new DataFolder()
    await using pool = await openPool({ workers: 1, cacheBytes: 100_000 })
    const text = JSON.stringify('x'.repeat(15_000))
    const [a, b] = [folder.file('a.json', text), folder.file('b.json', text)]
    for (const input of [a, b, a, b]) await ask(pool, callOf('length', { input }))
    const { processes } = pool.stats()
    for (const { warmDocuments } of processes) expect(warmDocuments).toBeLessThanOrEqual(1)
  })

  it('of one caller is never seen by another', async () => {
    using folder = new DataFolder()
    await using pool = await openPool({ workers: 1 })
    const secret = folder.file('alice.json', '[{"secret":"alice-only"}]')
    await ask(pool, callOf('.', { input: secret, caller: 'alice', variables: { mine: '"alice-only"' } }))
    for (const program of [
      '.',
      '[., input]',
      '$ENV',
      '$mine',
      '$__prog_args',
      '[splits("a")]',
      '$__loc__',
      'input_line_number',
    ]) {
      for (const input of [{ kind: 'none' } as const, folder.file('bob.json', 'null')]) {
        const told = await ask(pool, callOf(program, { input, caller: 'bob' })).catch((error: unknown) => error)
        expect(JSON.stringify(told)).not.toContain('alice')
      }
    }
  })
})

it('large inputs are read record by record in little memory', async () => {
  using folder = new DataFolder()
  const rows = Array.from({ length: 100_000 }, (_, id) => JSON.stringify({ id, text: 'lorem ipsum '.repeat(15) }))
  const inputs = [folder.file('big.ndjson', rows.join('\n')), folder.file('big.json', `[${rows.join(',')}]`)]
  for (const input of inputs) {
    await using pool = await openPool({ workers: 1, memoryMb: 64 })
    expect(input.sizeBytes).toBeGreaterThan(20_000_000)
    const told = await ask(pool, callOf('select(.id % 50000 == 7) | .id', { input, mode: 'records' }))
    expect(told.lines).toEqual(['7', '50007'])
    for (const { pid } of pool.stats().processes) {
      const peakKb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
      expect(peakKb).toBeLessThan(140_000)
    }
  }
})

it('a reader that has enough stops the file being read', async () => {
  using folder = new DataFolder()
  await using pool = await openPool({ workers: 1 })
  const input = folder.file('big.ndjson', '{"a":1}\n'.repeat(500_000))
  const limits = { timeMs: 20_000, bytes: 1_000_000, outputs: 10 }
  const told = await ask(pool, callOf('.a', { input, mode: 'records', limits }))
  expect(told).toMatchObject({ items: 10, stopped: 'outputs' })
  await until(() => pool.stats().running === 0)
  expect(pool.stats().inputBytes).toBeLessThan(1_500_000)
  expect((await ask(pool, callOf('1'))).lines).toEqual(['1'])
})
