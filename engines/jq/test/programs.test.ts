import { describe, expect, it } from 'vitest'
import { compile, JqStepsExceeded, lint, parseJson, printJson } from '../src/index.ts'

describe('a program', () => {
  it('answers with its outputs, or hands them on one by one', () => {
    const program = compile('.[] + 1')
    expect(program.run([1, 2])).toEqual([2, 3])
    const got: unknown[] = []
    expect(program.run([1, 2], { emit: output => void got.push(output) })).toEqual([])
    expect(got).toEqual([2, 3])
  })

  it('runs again after any error', () => {
    const program = compile('def f: if . > 3 then error("big") else . end; map(f)')
    expect(() => program.run([1, 9])).toThrow('big')
    expect(program.run([1])).toEqual([[1]])
  })

  it('explains itself', () => {
    const text = 'import "lib" as l; def mean: add / length; def all_means: map(mean); .rows | all_means | ., input'
    const program = compile(text, { functions: { resolve: () => 'def x: 1;' } })
    expect(program.explain()).toMatchObject({
      reads: { paths: ['.rows[]', '.rows[][]'], unknown: true },
      pure: false,
      surroundings: [{ construct: 'import' }, { construct: 'input', position: { line: 1, column: 93 } }],
      imports: ['lib'],
      definitions: { order: ['mean/0', 'all_means/0'], cycles: [] },
      hints: [],
    })
  })

  it('may define thousands of functions', () => {
    const definitions = Array.from({ length: 5_000 }, (_, at) => `def f${at}: ${at < 2 ? at : `f${at % 2}`};`)
    const text = `${definitions.join('\n')} f4999`
    expect(lint(text).filter(({ severity }) => severity === 'error')).toEqual([])
    expect(compile(text).explain().definitions.order).toHaveLength(5_000)
  })

  it.each([
    ['[', '.a', ']'],
    ['{a: ', '.a', '}'],
    ['map(', '.a', ')'],
    ['"\\(', '.a', ')"'],
    ['(.a |= ', '.b', ')'],
  ])('compiles in no time however deeply it nests %s', (open, inner, close) => {
    const started = performance.now()
    compile(open.repeat(100) + inner + close.repeat(100))
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

describe('values of 10,000 levels', () => {
  const levels = 10_000
  const text = '['.repeat(levels) + ']'.repeat(levels)
  const deep = parseJson(text)

  it.each(['.', 'tojson | fromjson', '[..] | first', '[., .] | sort | first', '. as [$a] | .'])('%s', program => {
    const [output] = compile(program).run(deep)
    expect(printJson(output!)).toBe(text)
  })

  it.each(['.. |= .', '[paths] | length'])('%s pays for its long paths', program => {
    const budget = { steps: 1_000_000 }
    expect(() => compile(program).run(deep, { budget })).toThrow(JqStepsExceeded)
  })
})
