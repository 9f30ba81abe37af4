import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile, JqRuntimeError, type RunOptions, type Value } from '../src/index.ts'
import type { JqPool } from '../src/pool/jq-pool.ts'
import { ask, callOf, json, openPool } from './pool-fixture.ts'

function located(text: string, input: Value, options: RunOptions & { definitions?: string[]; modules?: object } = {}) {
  const { definitions = [], modules = {}, ...run } = options
  const functions = { resolve: (path: string) => (modules as Record<string, string>)[path] }
  const program = compile(text, { definitions, functions })
  try {
    program.run(input, run)
  } catch (error) {
    expect(error).toBeInstanceOf(JqRuntimeError)
    return program.locate(error as JqRuntimeError, input, run)
  }
  throw new Error(`${text} did not fail`)
}

const at = (line: number, column: number) => ({ position: { line, column, offset: expect.any(Number) } })

describe('the place of an error', () => {
  it.each<[string, Value, number, number]>([
    ['# first\n.a\n| .b', { a: 5 }, 3, 3],
    ['.a.b.c', { a: { b: 'x' } }, 1, 5],
    ['map(.price\n  * .count)', [{ price: 1, count: {} }], 2, 3],
    ['(.a)\n + .b', { a: 'x', b: 1 }, 2, 2],
    ['[.[] | tonumber]', ['x'], 1, 8],
    ['map(\n  fromdate)', ['x'], 2, 3],
    ['"a \\(1)\n\\(. + 1)"', 'x', 2, 5],
    ['.[0] |= (.a\n.b)', [{ a: 3 }], 2, 1],
    ['reduce .[] as $x (0;\n  . + $x)', [1, 'a'], 2, 5],
    ['foreach .[] as $x (0;\n .;\n $x.a)', [1], 3, 4],
    ['path(1\n|.a)', null, 2, 2],
    ['. as [$a] | $a\n| .b', [1], 2, 3],
    ['if .a then 1 else\n  error("no") end', {}, 2, 3],
    ['try error("x") catch\n error("y")', null, 2, 2],
    ['def f(g): g;\nf(\n error("x"))', null, 3, 2],
    ['def f: if . > 3\n then error("deep") else . + 1 | f end; f', 0, 2, 7],
    ['sort_by(\n.a)', [1], 2, 1],
    ['[limit(-1; 1)]', null, 1, 2],
    ['label $out | 1,\n (2 | .a)', null, 2, 7],
    ['del(.a[\n"x"])', { a: [1] }, 1, 1],
    ['@base64d', '!', 1, 1],
  ])('in %j of %j is line %i, column %i', (text, input, line, column) => {
    expect(located(text, input).place).toEqual(at(line, column))
  })

  it('inside a definition given along is a place in its own text', () => {
    const definitions = ['def c:\n  . as $x\n  | .n;', 'def b(f): f\n | c;', 'def a: [b(.)];']
    const error = located('# the question\n.[] | a', ['x'], { definitions })
    expect(error.message).toBe('Cannot index string with string ("n")')
    expect(error.place).toEqual({ ...at(3, 5), definition: 0 })
    expect(error.details).toMatchObject({ ...at(3, 5), definition: 0, value: error.message })
    const inArgument = located('a2(\n.x)', 1, { definitions: [...definitions, 'def a2(f): b(f);'] })
    expect(inArgument.place).toEqual(at(2, 1))
  })

  it('inside a module is a place in the text of the module', () => {
    const modules = { 'm@1': 'def f:\n error("in m");' }
    expect(located('import "m@1" as m; m::f', null, { modules }).place).toEqual({ ...at(2, 2), module: 'm@1' })
  })

  it('is looked for within the same budget, and without anybody hearing of it', () => {
    const heard: Value[] = []
    const run = { budget: { steps: 1_000 }, onDebug: (message: Value) => void heard.push(message) }
    expect(located('debug | range(10) | error("x")', 1, run).place).toEqual(at(1, 21))
    expect(heard).toEqual([1])
    const program = compile('.a')
    const error = new JqRuntimeError('Cannot index number with string ("a")', {})
    expect(program.locate(error, 1, { budget: { deadlineMs: -1 } })).toBe(error)
    expect(program.locate(new JqRuntimeError('another', {}), 1).place).toBeUndefined()
  })

  it('changes no message, and nothing for whoever catches', () => {
    expect(compile('try error({a: 1}) catch ., (try (1 | .a) catch .)').run(null)).toEqual([
      { a: 1 },
      'Cannot index number with string ("a")',
    ])
  })

  it('is that of the definition when names are wrong there', () => {
    expect(() => compile('a', { definitions: ['def a: 1;', 'def b:\n  nothing;'] })).toThrow(
      /nothing\/0.*line 2, column 3/,
    )
  })
})

describe('the pool', () => {
  let pool: JqPool
  beforeAll(async () => {
    pool = await openPool()
  })
  afterAll(() => pool.close())

  it('tells the place, in documents and in records', async () => {
    const definitions = ['def c:\n  .n;', 'def b: [c];']
    for (const mode of ['document', 'records'] as const) {
      const call = callOf(mode === 'document' ? '.[]\n| b' : 'b', { definitions, mode, input: json([{ n: 1 }, 'x']) })
      await expect(ask(pool, call)).rejects.toMatchObject({
        code: 'JQ_RUNTIME',
        message: 'Cannot index string with string ("n")',
        details: { ...at(2, 3), definition: 0 },
      })
    }
    expect((await ask(pool, callOf('b', { definitions, input: json({ n: 2 }) }))).lines).toEqual(['2'])
  })

  it('does not run a program again that has used up most of its time', async () => {
    const failing = callOf('def busy: now as $t | until(now - $t > 2; .); 1 | busy | error("late")', {
      limits: { timeMs: 5_500, bytes: 100 },
    })
    const error = await ask(pool, failing).catch((problem: unknown) => problem)
    expect(error).toMatchObject({ code: 'JQ_RUNTIME', message: 'late', details: { value: 'late' } })
    expect(error).not.toHaveProperty('details.position')
  })
})
