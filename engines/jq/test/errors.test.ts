import { describe, expect, it } from 'vitest'
import { JqHalted, JqRuntimeError } from '../src/index.ts'
import { failure, outputs } from './outputs.ts'

describe('errors', () => {
  it.each([
    ['.a', 1, 'Cannot index number with string ("a")'],
    ['.[0]', {}, 'Cannot index object with number (0)'],
    ['.[]', 5, 'Cannot iterate over number (5)'],
    ['.[{}]', 5, 'Cannot index number with object'],
    ['keys', 5, 'number (5) has no keys'],
    ['length', true, 'boolean (true) has no length'],
    ['sort', {}, 'object ({}) cannot be sorted, as it is not an array'],
    ['has(0)', {}, 'Cannot check whether object has a number key'],
    ['contains("a")', [], 'array ([]) and string ("a") cannot have their containment checked'],
    ['{(.): 1}', 1, 'Cannot use number (1) as object key'],
    ['tonumber', 'x', 'string ("x") cannot be parsed as a number'],
    ['error', 'mine', 'mine'],
    ['error', { a: 1 }, '(not a string): {"a":1}'],
    ['error(null)', 1, '(not a string): null'],
    ['. - 1', 'x'.repeat(50), `string ("${'x'.repeat(24)}...") and number (1) cannot be subtracted`],
    ['implode', [-1, 'a'], 'string ("a") can\'t be imploded, unicode codepoint needs to be numeric'],
    ['limit(-1; 1)', null, "limit doesn't support negative count"],
    ['input', null, 'break'],
  ])('%s of %j says %s', (program, input, message) => {
    const error = failure(program, input as never)
    expect(error).toBeInstanceOf(JqRuntimeError)
    expect(error).toMatchObject({ message, code: 'JQ_RUNTIME', kind: 'invalid' })
  })

  it('carries the value of an error, but not a huge one', () => {
    expect(failure('error({a: 1})')).toMatchObject({ details: { value: { a: 1 } } })
    expect(failure('error([range(100000)])')).toMatchObject({ details: {} })
  })

  it.each([
    ['try error("x") catch .', ['x']],
    ['try error({a: 1}) catch .a', [1]],
    ['try error(null) catch .', [null]],
    ['[.[] | try error catch .]', [[1, 2]]],
    ['try (1, error("x"), 2) catch .', [1, 'x']],
    ['(1, error("x"), 2)?', [1]],
    ['error("x")?', []],
    ['[.[] | tostring | try tonumber catch "no"]', [[1, 2]]],
    ['try (try error("x") catch error("y")) catch .', ['y']],
    ['(try error("x") catch .) // 1', ['x']],
    ['try (error("x") // 1) catch .', ['x']],
    ['try ((1, error("x")) // 2) catch .', [1, 'x']],
    ['try ((null, error("x"), 3) // 2) catch .', ['x']],
    ['first((1, error("x")) // 2)', [1]],
    ['[limit(1; (1, error("x")) // 2)]', [[1]]],
    ['[(1, 2) // error("x")]', [[1, 2]]],
    ['error("x")? // 1', [1]],
    ['try path((.[5], error("x")) // .[1]) catch .', ['x']],
    ['try ((error("x") // .b) = 1) catch .', ['x']],
    ['[.[] | try (.a // "d") catch "no"]', [['no', 'no']]],
    ['[limit(2; 1, 2, error("x"))]', [[1, 2]]],
    ['first(1, error("x"))', [1]],
    ['isempty(1, error("x"))', [false]],
    ['any(true, error("x"); .)', [true]],
    ['try (label $f | 1, break $f, error("x")) catch .', [1]],
    ['[label $f | .[] | (., break $f)]', [[1]]],
    ['[label $f | ([1, 2 | ., break $f]), 5]', [[]]],
    ['[label $a | label $b | 1, break $a, 2], 3', [[1], 3]],
    ['def f: label $x | (1, break $x, 2); [f, f]', [[1, 1]]],
    ['[label $x | range(5) | if . == 2 then break $x else . end]', [[0, 1]]],
    ['[first(range(10)), first(empty), 7]', [[0, 7]]],
    ['[limit(3; limit(5; range(10)))], [first(limit(2; 5, 6))]', [[0, 1, 2], [5]]],
    ['.[0] as $x | try error("\\($x)") catch .', ['1']],
    ['[.[] | (1 / (. - 1))?]', [[1]]],
  ])('%s', (program, expected) => {
    expect(outputs(program, [1, 2])).toEqual(expected)
  })

  it('catches only what the body raises, not what happens further down', () => {
    expect(failure('try 1 catch "caught" | error("later")').message).toBe('later')
    expect(failure('(1, 2)? | error("later")').message).toBe('later')
    expect(outputs('try ((try 1 catch "inner") | error("later")) catch .')).toEqual(['later'])
    expect(failure('(1 // 2) | error("later")').message).toBe('later')
  })

  it('keeps the outputs that came before the error', () => {
    const found: unknown[] = []
    try {
      found.push(...outputs('1, 2'))
      outputs('1, error("x")')
    } catch {
      found.push('failed')
    }
    expect(found).toEqual([1, 2, 'failed'])
  })

  it('halts quietly, or with a message and an exit code', () => {
    expect(outputs('1, halt, 2')).toEqual([1])
    expect(outputs('try halt catch 1')).toEqual([])
    expect(failure('"bye\\n" | halt_error')).toMatchObject({ message: 'bye\n', exitCode: 5, code: 'JQ_HALTED' })
    expect(failure('{a: 1} | halt_error(3)')).toBeInstanceOf(JqHalted)
    expect(failure('try halt_error(3) catch 1', 7)).toMatchObject({ message: '7', exitCode: 3 })
  })
})
