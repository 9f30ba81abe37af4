import { describe, expect, it } from 'vitest'
import { numberParameters } from '../src/postgres/named-parameters.ts'

const unchanged = [
  "select '$a', E'it\\'s $a', \"$a\"",
  'select 1 -- $a',
  'select 1 /* $a /* $b */ $c */',
  'select $$ $a $$, $tag$ $a $$ $b $tag$',
  'select a$b from t$x',
  "select 'open $a",
  'select /* open $a',
  'select $open$ $a',
]

describe('named parameters of PostgreSQL', () => {
  it('are numbered, each name once', () => {
    expect(numberParameters('select * from t where a = $low and b between $low and $high::int')).toEqual({
      text: 'select * from t where a = $1   and b between $1   and $2   ::int',
      names: ['low', 'high'],
    })
  })

  it('may stand right beside anything that is no part of a name', () => {
    expect(numberParameters('select($a)+$b,-$a/*c*/$c').text).toBe('select($1)+$2,-$1/*c*/$3')
  })

  it.each(unchanged)('are not looked for where $ means something else: %s', sql => {
    expect(numberParameters(sql)).toEqual({ text: sql, names: [] })
  })

  it('say when the text has numbers of its own', () => {
    expect(numberParameters('select $1, $a')).toEqual({ text: 'select $1, $1', names: ['a'], hasNumbers: true })
    expect(numberParameters("select '$1', $a").hasNumbers).toBeUndefined()
  })

  it('are found in long texts soon', () => {
    const sql = `select ${"'x', $a, ".repeat(50_000)} $b`
    const started = performance.now()
    expect(numberParameters(sql).names).toEqual(['a', 'b'])
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})
