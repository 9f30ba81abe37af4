import { describe, expect, it } from 'vitest'
import { compile } from '../src/index.ts'
import { failure, outputs } from './outputs.ts'

describe('budgets', () => {
  it.each([
    '[range(1e9)] | length',
    'def f: f; f',
    'repeat(1) | empty',
    'last(repeat(1))',
    '0 | until(false; . + 1)',
    'reduce range(1e9) as $i (0; . + 1)',
    '[limit(1e9; repeat(1))]',
    'def f(g): g | f(g); 1 | f(.)',
    '[range(1000)] | [combinations(4)] | length',
    '[range(2000)] | map([range(2000)]) | length',
    '[recurse(. + 1)] | length',
    'try last(repeat(1)) catch 1',
    'first(repeat(empty))',
    '[inputs] | length',
  ])('ends %s after so many steps', program => {
    const error = failure(program, 0, { budget: { steps: 100_000 }, inputs: () => 1 })
    expect(error).toMatchObject({ code: 'JQ_STEPS_EXCEEDED', kind: 'limited' })
  })

  it('does not charge a small program for a large budget', () => {
    expect(outputs('[range(1000)] | add', null, { budget: { steps: 5_000 } })).toEqual([499500])
    expect(failure('[range(1000)] | add', null, { budget: { steps: 500 } })).toMatchObject({
      code: 'JQ_STEPS_EXCEEDED',
    })
  })

  it('starts every run with a fresh budget', () => {
    const program = compile('[range(1000)] | length')
    for (let run = 0; run < 5; run++) program.run(null, { budget: { steps: 1_500 }, emit: () => true })
    expect(() => program.run(null, { budget: { steps: 10 }, emit: () => true })).toThrow('10 steps')
    program.run(null, { emit: output => expect(output).toBe(1000) })
  })

  it('limits depth and outputs, each with its own error', () => {
    expect(failure('def f: 1 + f; f', null, { budget: { depth: 50 } })).toMatchObject({ code: 'JQ_DEPTH_EXCEEDED' })
    expect(
      outputs('def f: if . == 0 then 0 else (. - 1 | f) + 1 end; 40 | f', null, { budget: { depth: 50 } }),
    ).toEqual([40])
    expect(outputs('range(1000) | try error("x") catch 1 | select(false)', null, { budget: { depth: 50 } })).toEqual([])
    const found: unknown[] = []
    const program = compile('range(10)')
    expect(() => program.run(null, { budget: { outputs: 3 }, emit: output => void found.push(output) })).toThrow(
      expect.objectContaining({ code: 'JQ_OUTPUTS_EXCEEDED' }),
    )
    expect(found).toEqual([0, 1, 2])
    expect(outputs('range(3)', null, { budget: { outputs: 3 } })).toEqual([0, 1, 2])
  })

  it('gives back the depth of calls that ended in an error', () => {
    const program =
      'def f: if . == 0 then error("x") else (. - 1 | f) + 1 end; [range(100) | try (30 | f) catch .] | length'
    expect(outputs(program, null, { budget: { depth: 60 } })).toEqual([100])
  })

  it('refuses values beyond what the engine can hold', () => {
    expect(failure('[] | .[400000000] = 1')).toMatchObject({ code: 'JQ_VALUE_TOO_LARGE' })
    expect(failure('"abc" * 1e9').message).toBe('Repeat string result too long')
  })
})
