import { expect, it } from 'vitest'
import { describePostgres } from './open-source.ts'

describePostgres('reading', {}, scene => {
  it('binds parameters and answers columns with their types', async () => {
    const answer = await scene.source.read({ text: 'SELECT id, bal FROM acct WHERE id = $1', params: [3] })
    expect(answer).toMatchObject({
      command: 'SELECT',
      columns: [
        { name: 'id', type: 'integer' },
        { name: 'bal', type: 'numeric' },
      ],
      rows: [[3, '300.10']],
      truncated: false,
      cut: [],
    })
  })

  it('loses nothing of any value', async () => {
    const { rows, columns } = await scene.source.read({
      text: `SELECT 1.10::numeric, 9007199254740993::int8, '{"n": 12345678901234567890.123}'::jsonb, '2026-01-02'::date,
        '2026-01-02 03:04:05.678901+00'::timestamptz AT TIME ZONE 'UTC', 1 AS x, 2 AS x, 'NaN'::float8, 'NaN'::numeric,
        '-Infinity'::float4, '\\xdeadbeef'::bytea, ARRAY[1,NULL,3], NULL, true, 0.1::float8, 'ěšč 🙂', -0.0::float8,
        '10000-01-01'::date, 'infinity'::timestamp, interval '1 day 2 hours', '3 days'::interval, '{"b":1,"a":2}'::json`,
    })
    expect(rows).toEqual([
      [
        '1.10',
        '9007199254740993',
        '{"n": 12345678901234567890.123}',
        '2026-01-02',
        '2026-01-02 03:04:05.678901',
        1,
        2,
        'NaN',
        'NaN',
        '-Infinity',
        '\\xdeadbeef',
        '{1,NULL,3}',
        null,
        true,
        0.1,
        'ěšč 🙂',
        '-0',
        '10000-01-01',
        'infinity',
        '1 day 02:00:00',
        '3 days',
        '{"b":1,"a":2}',
      ],
    ])
    expect(columns.filter(column => column.name === 'x')).toHaveLength(2)
  })

  it('takes parameters of every kind, typed where PostgreSQL would guess another', async () => {
    const { rows } = await scene.source.read({
      text: 'SELECT $1::text, $2::int8, $3::int[], $4::jsonb, $5::bytea, $6::bool, $7, $8, $9::text[], $10::numeric',
      params: [
        `it's "so" \\ ; --`,
        9007199254740993n,
        [1, null, 3],
        { a: [1] },
        Buffer.from([0, 255]),
        true,
        { value: [1, { b: null }], type: 'jsonb' },
        { value: '2026-01-02T03:04:05.678901Z', type: 'timestamp' },
        ['a,b', 'c"d', '\\', '', 'NULL'],
        '1e400',
      ],
    })
    expect(rows[0]!.slice(0, 7)).toEqual([
      `it's "so" \\ ; --`,
      '9007199254740993',
      '{1,NULL,3}',
      '{"a": [1]}',
      '\\x00ff',
      true,
      '[1, {"b": null}]',
    ])
    expect(rows[0]![7]).toBe('2026-01-02 03:04:05.678901')
    expect(rows[0]![8]).toBe('{"a,b","c\\"d","\\\\","","NULL"}')
    expect(rows[0]![9]).toBe(`1${'0'.repeat(400)}`)
  })

  it.each([
    ['too few', 'SELECT $1::int + $2::int', [1]],
    ['too many', 'SELECT 1', [1]],
    ['NUL', 'SELECT $1::text', ['a\0b']],
    ['a type nobody knows', 'SELECT $1', [{ value: 1, type: 'no_such' }]],
    ['a function', 'SELECT $1::text', [() => 1]],
  ])('refuses parameters: %s', async (_, text, params) => {
    await expect(scene.source.read({ text, params })).rejects.toMatchObject({ code: 'POSTGRES_PARAMETER_INVALID' })
  })

  it('says where a mistake is, and how to go on', async () => {
    await expect(scene.source.read({ text: 'SELECT idd\nFROM acct' })).rejects.toMatchObject({
      code: 'POSTGRES_UNKNOWN_NAME',
      details: { sqlstate: '42703', line: 1, column: 8, position: 8 },
    })
    await expect(scene.source.read({ text: "SELECT 'é',\n  FROM FROM" })).rejects.toMatchObject({
      code: 'POSTGRES_SYNTAX',
      details: { line: 2, column: 3 },
    })
    await expect(scene.source.read({ text: 'SELECT lengt(owner) FROM acct' })).rejects.toMatchObject({
      code: 'POSTGRES_UNKNOWN_NAME',
      hint: 'Did you mean length?',
    })
    await expect(scene.source.read({ text: 'SELECT 1/0' })).rejects.toMatchObject({
      code: 'POSTGRES_FAILED',
      details: { sqlstate: '22012' },
    })
    await expect(scene.source.read({ text: 'TABLE nothing_here' })).rejects.toMatchObject({
      code: 'POSTGRES_UNKNOWN_NAME',
      details: { sqlstate: '42P01' },
    })
  })

  it('says that there were more rows only when there were', async () => {
    const numbers = (count: number) => ({ text: `SELECT generate_series(1, ${count})`, rowsMax: 10 })
    expect(await scene.source.read(numbers(10))).toMatchObject({ truncated: false, rows: { length: 10 } })
    expect(await scene.source.read(numbers(11))).toMatchObject({ truncated: { by: 'rows' }, rows: { length: 10 } })
    expect(await scene.source.read({ text: 'SELECT 1', rowsMax: 0 })).toMatchObject({ truncated: { by: 'rows' } })
  })

  it('cuts long values between characters and says how long they were', async () => {
    const { rows, cut } = await scene.source.read({ text: `SELECT 'x' || repeat('ě', 10000), 1` })
    expect(rows[0]![0]).toBe(`x${'ě'.repeat(4095)}`)
    expect(cut).toEqual([{ row: 0, column: 0, sizeBytes: 20_001 }])
  })

  it('reads what EXPLAIN, SHOW, VALUES, TABLE and WITH say', async () => {
    for (const text of [
      'EXPLAIN SELECT 1',
      'SHOW server_version',
      'VALUES (1)',
      'TABLE acct',
      'WITH a AS (SELECT 1) TABLE a',
    ])
      expect((await scene.source.read({ text })).rows.length, text).toBeGreaterThan(0)
  })
})
