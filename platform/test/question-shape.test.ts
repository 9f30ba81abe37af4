import { describe, expect, it } from 'vitest'
import { jqShape } from '../src/learning/jq-shape.ts'
import { sqlShape } from '../src/learning/sql-shape.ts'

/** Each hole as its name, and what is there. */
const holes = (shape: ReturnType<typeof jqShape>) =>
  shape.holes.map(hole => [hole.hint, hole.value ?? `$${hole.parameter}`])

describe('jq questions that differ only in values', () => {
  it('have the same shape', () => {
    const one = jqShape('map(select(.city == "Berlin" and .total > 100)) | length')
    const other = jqShape('map( select( .city=="Paris" and .total>5 ) )|length # of another')
    const bound = jqShape('map(select(.city == $where and .total > $least)) | length')
    expect(other.text).toBe(one.text)
    expect(bound.text).toBe(one.text)
    expect(one.text).toBe('map(select(.city == $_1 and .total > $_2)) | length')
    expect(holes(one)).toEqual([
      ['city', 'Berlin'],
      ['total_min', 100],
    ])
    expect(holes(bound)).toEqual([
      ['where', '$where'],
      ['least', '$least'],
    ])
  })

  it.each([
    ['.a.b["c d"][0] | has("x") | getpath(["a", 0])', []],
    [
      '.[:10] | .[2:4]',
      [
        ['limit', 10],
        ['from', 2],
        ['to', 4],
      ],
    ],
    [
      'limit(5; .[] | .name | test("^a"))',
      [
        ['limit', 5],
        ['name', '^a'],
      ],
    ],
    ['.[] | select(100 < .order.total)', [['total_min', 100]]],
    ['.[] | select(.state as $s | ["new", "done"] | index($s))', [['value', ['new', 'done']]]],
    ['. as [$a, {b: $c}] | $a + $c + -3', [['value', -3]]],
    ['"\\(.a) and \\("x")"', [['value', 'x']]],
    [
      '{kind: "order", total: (.total * 1.19)}',
      [
        ['value', 'order'],
        ['total', 1.19],
      ],
    ],
    ['def f($x): .a == $x; f("y")', [['value', 'y']]],
    ['.id == 12345678901234567890', []],
    ['true, null, false', []],
  ])('%s has holes for values, not for places', (text, expected) => {
    expect(holes(jqShape(text))).toEqual(expected)
  })

  it('are written again with parameters where they are wanted', () => {
    const shape = jqShape('map(select(.city == "Berlin" and .total > 100)) | .[:10]')
    expect(shape.render(['city', undefined, 'limit'])).toBe('map(select(.city == $city and .total > 100)) | .[:$limit]')
    expect(shape.render([])).toBe('map(select(.city == "Berlin" and .total > 100)) | .[:10]')
  })
})

describe('SQL questions that differ only in values', () => {
  it('have the same shape', () => {
    const one = sqlShape(`select city, sum(total) from orders where city = 'Berlin' and total > 100 group by 1`)
    const other = sqlShape(
      `SELECT city,\n SUM(total) -- all\n FROM orders WHERE city='O''Hara' AND total>5 GROUP BY 1;`,
    )
    const bound = sqlShape('select city, sum(total) from orders where city = $where and total > $least group by 1')
    expect(other.text).toBe(one.text)
    expect(bound.text).toBe(one.text)
    expect(holes(other)).toEqual([
      ['city', "O'Hara"],
      ['total_min', 5],
    ])
  })

  it.each([
    [
      'select * from t order by 2 desc, 1 limit 10 offset 20',
      [
        ['limit', 10],
        ['offset', 20],
      ],
    ],
    ["select cast(a as decimal(10, 2)) from t where d >= date '2024-01-02'", [['d_min', '2024-01-02']]],
    ["select j->>'a' as 'name' from t where t.\"my col\" like 'a%'", [['my_col', 'a%']]],
    [
      'select * from t where n between 1 and 9 and x not like $p',
      [
        ['n_min', 1],
        ['n_max', 9],
        ['p', '$p'],
      ],
    ],
    [
      "select * from t where city in ('a', 'b')",
      [
        ['city', 'a'],
        ['city', 'b'],
      ],
    ],
    ["select now() - interval '1 day', $$text$$, E'\\n' /* 'no' /* 1 */ */", []],
    ['select 12345678901234567890', []],
    [
      'select round(x, 2) from t group by a, b having count(*) > 3',
      [
        ['value', 2],
        ['value_min', 3],
      ],
    ],
  ])('%s has holes for values, not for places', (text, expected) => {
    const found = holes(sqlShape(text))
    expect(found.map(([hint, value]) => [hint, value])).toEqual(expected)
  })

  it('are written again with parameters where they are wanted', () => {
    const shape = sqlShape(`select count(*) from orders o where o.city = 'Berlin' and at >= DATE '2024-01-02' limit 5`)
    expect(shape.render(['city', 'since', undefined])).toBe(
      'select count(*) from orders o where o.city = $city and at >= CAST($since AS DATE) limit 5',
    )
    expect(shape.render([])).toContain(`at >= DATE '2024-01-02'`)
  })
})
