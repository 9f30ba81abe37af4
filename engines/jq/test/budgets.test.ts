import { ManualClock } from '@super-data/base/clock'
import { describe, expect, it } from 'vitest'
import { type Budget, compile } from '../src/index.ts'
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

  it.each([
    'def f: f; f',
    'repeat(1) | empty',
    '[range(1e12) | select(false)]',
    'reduce range(1e12) as $i (0; . + 1)',
    '[limit(1e12; repeat(1) | select(false))]',
    'first(repeat("a" * 1000 | ascii_downcase | select(false)))',
    'last(repeat([range(1000)] | sort | select(false)))',
    'try last(repeat(1)) catch 1',
  ])('ends %s when its time is up', program => {
    const error = failure(program, 0, { budget: { deadlineMs: 30 } })
    expect(error).toMatchObject({ code: 'JQ_TIME_EXCEEDED', kind: 'limited', details: { deadlineMs: 30, outputs: 0 } })
  })

  it('asks the clock it is given for the time', () => {
    const clock = new ManualClock()
    const run = (ms: number) =>
      compile('range(1e6) | select(. % 1000 == 0)').run(null, {
        clock,
        budget: { deadlineMs: 100 },
        emit: () => clock.advance(ms),
      })
    run(0)
    expect(() => run(1)).toThrow('within 100 ms')
  })

  it('ends when the signal fires, and does not begin when it has', () => {
    const stop = new AbortController()
    const program = compile('range(1e12)')
    let outputs = 0
    const run = () =>
      program.run(null, {
        signal: stop.signal,
        emit: () => {
          if (++outputs === 1_000) stop.abort('enough')
        },
      })
    expect(run).toThrow(expect.objectContaining({ code: 'CANCELLED', kind: 'cancelled' }))
    expect(outputs).toBeGreaterThanOrEqual(1_000)
    expect(outputs).toBeLessThan(100_000)
    expect(run).toThrow(expect.objectContaining({ code: 'CANCELLED' }))
  })

  it('limits the bytes of all outputs together', () => {
    const found: unknown[] = []
    const bounded = (program: string, outputBytes: number) =>
      compile(program).run(
        { a: ['é', 1.5, null, true, false] },
        {
          budget: { outputBytes },
          emit: output => void found.push(output),
        },
      )
    bounded('.', 32)
    expect(() => bounded('.', 31)).toThrow(
      expect.objectContaining({ code: 'JQ_OUTPUT_BYTES_EXCEEDED', details: { outputBytes: 31, outputs: 0 } }),
    )
    found.length = 0
    expect(() => bounded('repeat("abc")', 100)).toThrow(
      expect.objectContaining({ code: 'JQ_OUTPUT_BYTES_EXCEEDED', details: { outputBytes: 100, outputs: 16 } }),
    )
    expect(found).toHaveLength(16)
  })

  it('says in every error how many outputs there were', () => {
    const produced = (program: string, budget: Budget) => failure(program, null, { budget })
    expect(produced('1, 2, (repeat(1) | empty)', { steps: 1_000 })).toMatchObject({ details: { outputs: 2 } })
    expect(produced('1, (def f: 1 + f; f)', { depth: 10 })).toMatchObject({ details: { depth: 10, outputs: 1 } })
    expect(produced('1, (def f: 1 + f; f)', {})).toMatchObject({ code: 'JQ_DEPTH_EXCEEDED', details: { outputs: 1 } })
    expect(produced('1, 2, 3', { outputs: 2 })).toMatchObject({ details: { outputs: 2 } })
  })

  it('counts long texts as more than one step', () => {
    for (const program of [
      '"x" * 100000 | ascii_downcase | length',
      '"x" * 100000 | explode | length',
      '"x" * 100000 | test("y")',
      '[range(3000)] | contains([range(3000)])',
      '"x" * 100000 | @base64 | length',
      '"x" * 100000 | tojson | length',
    ]) {
      expect([program, failure(program, null, { budget: { steps: 5_000 } })]).toMatchObject([
        program,
        { code: 'JQ_STEPS_EXCEEDED' },
      ])
    }
  })
})
