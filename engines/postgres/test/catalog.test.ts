import { expect, it } from 'vitest'
import { quoteIdentifier, quoteLiteral, quoteQualified } from '../src/index.ts'
import { describePostgres } from './open-source.ts'

describePostgres('the catalogue', {}, scene => {
  it('gives values as JavaScript has them, and text for what it would not keep', async () => {
    const rows = await scene.source.inspect(undefined, catalog =>
      catalog.rows(
        `SELECT 1 AS a, true AS b, 9007199254740993 AS c, NULL AS d, ARRAY[1, NULL] AS e, ARRAY[$1::text, 'NULL', ''] AS f,
           $2::jsonb AS g, '2026-01-02'::date AS h, 'x'::name AS i, '1 2'::int2vector AS j, '{}'::text[] AS k`,
        ['x"y,\\', { a: 1 }],
      ),
    )
    expect(rows).toEqual([
      {
        a: 1,
        b: true,
        c: '9007199254740993',
        d: null,
        e: [1, null],
        f: ['x"y,\\', 'NULL', ''],
        g: { a: 1 },
        h: '2026-01-02',
        i: 'x',
        j: [1, 2],
        k: [],
      },
    ])
  })

  it('is looked at without changing anything, and rehearsed without keeping anything', async () => {
    const { source } = scene
    const text = 'DELETE FROM entry WHERE id = 1'
    await expect(source.inspect(undefined, catalog => catalog.rows(text))).rejects.toMatchObject({
      code: 'POLICY_DENIED',
    })
    const plan = await source.rehearse(undefined, async catalog => {
      await catalog.rows(`EXPLAIN (ANALYZE, FORMAT json) ${text}`)
      return catalog.rows<{ count: number }>('SELECT count(*)::int AS count FROM entry')
    })
    expect(plan).toEqual([{ count: 49 }])
    expect(await scene.ask('SELECT count(*)::int AS count FROM entry')).toEqual([{ count: 50 }])
  })

  it('is maintained outside of a transaction and defined inside of one', async () => {
    const source = await scene.open({ admin: scene.database.admin })
    expect(await source.maintain(undefined, maintenance => maintenance.run('VACUUM (ANALYZE) acct'))).toBe('VACUUM')
    const seen: unknown[] = []
    const dry = await source.define(undefined, {
      statements: ['CREATE TABLE fresh (a int)', 'CREATE TABLE IF NOT EXISTS fresh (a int)'],
      dryRun: true,
      look: async catalog => {
        seen.push(...(await catalog.rows('SELECT count(*)::int AS rows FROM fresh')))
      },
    })
    expect(dry).toMatchObject({ tags: ['CREATE TABLE', 'CREATE TABLE'], rolledBack: true })
    expect(dry.notices[0]).toMatchObject({ severity: 'NOTICE', message: expect.stringContaining('already exists') })
    expect(seen).toEqual([{ rows: 0 }])
    const alone = { statements: ['CREATE INDEX CONCURRENTLY fresh_index ON acct (owner)'], alone: true }
    expect(await source.define(undefined, alone)).toMatchObject({ tags: ['CREATE INDEX'], rolledBack: false })
    await expect(
      source.define(undefined, { statements: ['CREATE TABLE kept (a int)', 'CREATE TABLE acct (a int)'] }),
    ).rejects.toMatchObject({ details: { sqlstate: '42P07' } })
    expect(await scene.ask(`SELECT to_regclass('fresh') AS fresh, to_regclass('kept') AS kept`)).toEqual([
      { fresh: null, kept: null },
    ])
  })

  it('knows which backends are its own', async () => {
    const [row] = await scene.source.inspect(undefined, catalog =>
      catalog.rows<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid'),
    )
    expect(scene.source.ownBackends()).toContain(row!.pid)
  })

  it('finds names that need quotes', async () => {
    for (const name of ['Größe', 'Weird ""Name""', "it's", 'a.b', 'ä'.repeat(31), 'select']) {
      const [row] = await scene.source.inspect(undefined, catalog =>
        catalog.rows(`SELECT 1 AS ${quoteIdentifier(name)}, ${quoteLiteral(`${name}\\`)} AS text`),
      )
      expect(row).toEqual({ [name]: 1, text: `${name}\\` })
    }
    expect(quoteQualified({ schema: 'a"b', name: 'c' })).toBe('"a""b"."c"')
    for (const name of ['', 'a\0b', 'ä'.repeat(32), '\ud800'])
      expect(() => quoteIdentifier(name)).toThrow(expect.objectContaining({ code: 'POSTGRES_NAME_INVALID' }))
  })

  it('says what a statement is before it runs', async () => {
    const checked = await scene.source.check('UPDATE acct SET bal = abs($2) FROM entry e WHERE id = $1', 'write')
    expect(checked).toMatchObject({ kind: 'write', command: 'UPDATE', parameters: 2, functions: [{ name: 'abs' }] })
    expect(checked.tables.map(table => table.name).sort()).toEqual(['acct', 'entry'])
  })
})
