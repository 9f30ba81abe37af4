import { expect, it } from 'vitest'
import type { Caller } from './caller.ts'
import type { Scene } from './scene.ts'

/** What an index would change: tried by the planner where HypoPG is in the database, and honest where it is not. */
export function advice(scene: () => Scene, alice: () => Caller, hasHypopg: boolean): void {
  const sql = `SELECT * FROM big WHERE txt = 'row 77'`
  const imagined = { sql, hypotheticalIndexes: ['CREATE INDEX ON big (txt)'] }
  const indexes = () => scene().count(`FROM pg_class WHERE relkind = 'i' AND oid >= 16384`)

  if (!hasHypopg) {
    it('a plan with indexes that are not there needs an extension, and says how to get it', async () => {
      expect(await alice().refused('pg_query', 'explain', imagined)).toMatchObject({
        ...{ code: 'POSTGRES_EXTENSION_MISSING', kind: 'missing', retryable: false },
        hint: expect.stringMatching(/hypopg/i),
      })
      expect((await alice().read('SELECT 1')).rows).toEqual([[1]])
    })

    it('an index that was not tried is called a guess', async () => {
      const { missing } = (await alice().ask('pg_admin', 'advise', { sql: [sql] })) as unknown as Advised
      expect(missing).toMatchObject({
        ...{
          basis: 'heuristic',
          notes: expect.arrayContaining([expect.stringContaining('HypoPG is not in this database')]),
        },
        suggestions: [{ basis: 'heuristic', saving: null, columns: ['txt'], helps: [{ costAfter: null }] }],
      })
    })
    return
  }

  it('a plan is cheaper with an index that is only imagined, and the index is gone afterwards', async () => {
    const before = await indexes()
    const told = (await alice().ask('pg_query', 'explain', imagined)) as unknown as Explained
    expect(told.tree).toContain('Seq Scan')
    expect(told.hypothetical).toMatchObject({
      indexes: [{ definition: 'CREATE INDEX ON big (txt)', used: true, sizeBytes: expect.any(Number) }],
      tree: expect.stringMatching(/Index.* Scan/),
    })
    const { costBefore, costAfter } = told.hypothetical.difference
    expect(costAfter).toBeLessThan(costBefore / 100)
    expect(await indexes()).toBe(before)
    const plans = Array.from({ length: 6 }, () => alice().ask('pg_query', 'explain', { sql }))
    for (const plan of await Promise.all(plans)) expect(plan['tree']).toContain('Seq Scan')
  })

  it('what is to be imagined is an index and nothing else, ten at most, and never run', async () => {
    const before = await indexes()
    for (const text of [
      ...[
        'DROP TABLE acct',
        'CREATE INDEX ON big (txt); DROP TABLE acct',
        'SELECT pg_sleep(60)',
        'CREATE TABLE z (a int)',
      ],
      'CREATE INDEX ON no_such (txt)',
    ]) {
      const error = await alice().refused('pg_query', 'explain', { sql, hypotheticalIndexes: [text] })
      expect(error.kind, text).toMatch(/^(invalid|denied)$/)
    }
    const analyzed = await alice().refused('pg_query', 'explain', { ...imagined, analyze: true })
    expect(analyzed).toMatchObject({ code: 'POSTGRES_EXPLAIN_OPTION' })
    const many = { sql, hypotheticalIndexes: Array(11).fill('CREATE INDEX ON big (txt)') }
    expect(await alice().refused('pg_query', 'explain', many)).toMatchObject({ code: 'INPUT_INVALID' })
    expect(await indexes()).toBe(before)
    expect((await alice().ask('pg_query', 'explain', { sql }))['tree']).toContain('Seq Scan')
  })

  it('advice was tried by the planner, says what it saves, and stands on values of the table', async () => {
    const before = await indexes()
    const queries = [sql, 'SELECT id FROM big WHERE grp = $1 AND txt > $2 LIMIT $3', 'DELETE FROM acct']
    const { missing } = (await alice().ask('pg_admin', 'advise', { sql: queries })) as unknown as Advised
    expect(missing).toMatchObject({
      ...{ basis: 'hypopg', queries: 2, skipped: [{ reason: expect.stringContaining('DELETE') }] },
      suggestions: expect.arrayContaining([
        expect.objectContaining({ table: 'big', create: expect.stringMatching(/^CREATE INDEX CONCURRENTLY ON/) }),
      ]),
    })
    const [first] = missing.suggestions
    expect(first!.saving).toBeGreaterThan(0.05)
    expect(first!.helps[0]!.costAfter).toBeLessThan(first!.helps[0]!.costBefore / 10)
    const helps = missing.suggestions.flatMap(each => each.helps)
    expect(helps.find(help => help.query === sql)).toMatchObject({ values: 'none' })
    for (const help of helps.filter(each => each.query !== sql))
      expect(help).toMatchObject({
        values: 'sampled',
        params: [/^\d+$/, /^row /, /^100$/].map(text => expect.stringMatching(text)),
      })
    expect(await indexes()).toBe(before)
  })
}

interface Explained {
  readonly tree: string
  readonly hypothetical: { readonly difference: { readonly costBefore: number; readonly costAfter: number } }
}

interface Advised {
  readonly missing: {
    readonly suggestions: readonly {
      readonly saving: number
      readonly helps: readonly { readonly query: string; readonly costBefore: number; readonly costAfter: number }[]
    }[]
  }
}
