import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile, parse, parseDefinition, pathsRead, type Value } from '../src/index.ts'

describe('the paths a program reads', () => {
  it.each([
    ['.', ['.']],
    ['', ['.']],
    ['.a.b', ['.a.b']],
    ['map(select(.a > 1)) | group_by(.b) | map({b: .[0].b, n: length})', ['.[].a', '.[].b']],
    ['.[] | {name, x: .y.z}', ['.[].name', '.[].y.z']],
    ['.["a b"].c', ['.["a b"].c']],
    ['. as {a: $x, $y} | $x.q', ['.a.q', '.y']],
    ['. as [$x, {b: $y}] | $y', ['.[].b']],
    ['reduce .[] as $r ({}; .[$r.b] += $r.amount)', ['.[].amount', '.[].b']],
    ['foreach .[] as $r (0; . + $r.n; [., $r.m])', ['.[].m', '.[].n']],
    ['def f(g): g | .z; f(.q)', ['.q.z']],
    ['def f($v): $v.z; .a | f(.q)', ['.a.q.z']],
    ['..', ['.']],
    ['.items[] | select(.price > 10) | .name', ['.items[].name', '.items[].price']],
    ['to_entries | map(.value.a)', ['.[].a']],
    ['with_entries(.value |= . + 1)', ['.']],
    ['.a | length', ['.a']],
    ['.[] | 1', ['.[]']],
    ['map(.items) | add | map(.x)', ['.[].items[].x']],
    ['if .t then .u else .v end', ['.t', '.u', '.v']],
    ['first(.[] | select(.id == 3)).name', ['.[].id', '.[].name']],
    ['getpath(["a", "b"])', ['.a.b']],
    ['"\\(.first) \\(.last)"', ['.first', '.last']],
    ['.a // .b | .c', ['.a.c', '.b.c']],
    ['try .a catch .', ['.a']],
    ['[.x, .y] | .[0].z', ['.x.z', '.y.z']],
    ['{p: .x} | .p.z', ['.x.z']],
    ['empty', []],
  ])('%s: %j', (program, paths) => {
    expect(pathsRead(parse(program))).toEqual({ paths, unknown: false })
  })

  it.each([
    '.[.k]',
    'input',
    'getpath(.p)',
    'def r: if .kids then .kids[] | r else .name end; r',
    'reduce range(9) as $_i (.; .a)',
  ])('are not all known for %s', program => {
    expect(pathsRead(parse(program)).unknown).toBe(true)
  })

  it('are given up soon for programs that multiply', () => {
    const calls = Array.from({ length: 30 }, (_, n) => `def f${n}: ${n === 0 ? '.a' : `f${n - 1} | f${n - 1}`};`).join(
      ' ',
    )
    expect(pathsRead(parse(`${calls} f29`)).unknown).toBe(true)
    expect(pathsRead(parse(Array.from({ length: 30 }, () => '(.a, .b)').join(' | '))).unknown).toBe(true)
  })

  it('can be asked of a function', () => {
    expect(pathsRead(parseDefinition('def total: map(.amount) | add;'))).toEqual({
      paths: ['.[].amount'],
      unknown: false,
    })
  })

  it('are enough: what is not among them does not change the answer', () => {
    const field = fc.constantFrom('.a', '.b', '.c', '.a.b', '.c[]', '.[]?')
    const program = fc
      .array(
        fc.oneof(
          field,
          field.map(each => `select(${each} != null)`),
          field.map(each => `{a: ${each}, b}`),
          field.map(each => `[${each}?]`),
          field.map(each => `(${each}? // .a?)`),
          field.map(each => `. as {a: $v} | [$v, ${each}?]`),
          fc.constantFrom('map(.a?)?', 'length?', 'to_entries?', 'first?', 'if .a? then .b? else .c? end'),
        ),
        { minLength: 1, maxLength: 4 },
      )
      .map(steps => `try (${steps.join(' | ')}) catch "failed"`)
    const leaf = fc.constantFrom<Value>(null, 1, 'x', [1], [{ a: 2 }])
    const record = fc.record({ a: leaf, b: leaf, c: leaf, d: leaf })
    const nested = fc.record({
      a: fc.oneof(leaf, record),
      b: leaf,
      c: fc.oneof(leaf, fc.array(record, { maxLength: 2 })),
    })
    fc.assert(
      fc.property(program, nested, (text, input) => {
        const { paths, unknown } = pathsRead(parse(text))
        if (unknown || paths.includes('.') || paths.includes('.[]')) return
        const kept = Object.entries(input).map(([key, value]) => [
          key,
          paths.some(each => reads(each, key)) ? value : 'gone',
        ])
        expect(run(text, Object.fromEntries(kept))).toEqual(run(text, input))
      }),
      { numRuns: 400 },
    )
  })
})

function reads(path: string, key: string): boolean {
  return path.startsWith(`.${key}`) || path.startsWith('.[]')
}

function run(text: string, input: Value): Value[] {
  const found: Value[] = []
  compile(text).run(input, { emit: output => void found.push(output) })
  return found
}
