import { describe, expect, it } from 'vitest'
import { guessEngine } from '../src/guess-engine.ts'

describe('the engine of a question', () => {
  it.each([
    'SELECT 1',
    '  select * from orders',
    'from orders',
    'FROM orders SELECT id',
    '-- top\n  WITH x AS (SELECT 1) FROM x',
    '/* a */ select 1',
    'select (a + b) from orders',
    'select(max(x)) FROM orders',
    'DESCRIBE orders',
    'summarize orders',
    'PIVOT orders ON day',
    "VALUES (1, 'a')",
    '(SELECT 1) UNION (SELECT 2)',
  ])('%j is SQL', text => {
    expect(guessEngine(text)).toBe('sql')
  })

  it.each([
    '.',
    '.[] | .name',
    'map(.x)',
    'select(.total > 5)',
    'select (.from == "here")',
    'select(.note | test("from home"))',
    'with_entries(.value += 1)',
    'from_entries',
    'values',
    'def f: 1; f',
    '# comment\n.a',
    '@csv "\\(.a)"',
    '{a: 1}',
    '"select 1"',
  ])('%j is jq', text => {
    expect(guessEngine(text)).toBe('jq')
  })
})
