import { describe, expect, it } from 'vitest'
import { parseJson, printJson } from '../src/index.ts'
import { failure, outputs } from './outputs.ts'

const printed = (program: string, json = 'null') => outputs(program, parseJson(json)).map(value => printJson(value))

describe('numbers', () => {
  it.each([
    ['12345678901234567890', '.', '12345678901234567890'],
    ['-12345678901234567890', '.', '-12345678901234567890'],
    ['{"id":100000000000000000001}', '.id', '100000000000000000001'],
    ['100000000000000000001', '[.]|tojson', '"[100000000000000000001]"'],
    ['100000000000000000001', '"\\(.)"', '"100000000000000000001"'],
    ['100000000000000000001', '-.', '-100000000000000000001'],
    ['-100000000000000000001', 'abs', '100000000000000000001'],
    ['123456789012345678901', '. + 0', '123456789012345680000'],
    ['1.000000000000000000001', '.', '1.000000000000000000001'],
    ['1e1000', '.', '1E+1000'],
    ['0.10000000000000000', '.', '0.1'],
    ['9007199254740993', '.', '9007199254740993'],
    ['9007199254740992.0', '.', '9007199254740992'],
  ])('keeps %s through %s', (json, program, expected) => {
    expect(printed(program, json)).toEqual([expected])
  })

  it('compares and groups literals exactly', () => {
    expect(
      outputs(
        '. as [$a, $b] | $a == $b, $a < $b, ([$b, $a] | sort | .[0] == $a), (unique | length)',
        parseJson('[9007199254740992, 9007199254740993]'),
      ),
    ).toEqual([false, true, true, 2])
    expect(outputs('group_by(.) | length', parseJson('[10000000000000000000001, 10000000000000000000001, 1]'))).toEqual(
      [2],
    )
  })

  it.each([
    ['1e17, 123456789012345678', ['1e+17', '123456789012345678']],
    ['1e-5, 0.0001, 1.5e-7', ['1e-05', '0.0001', '1.5e-07']],
    ['0.1 + 0.2', ['0.30000000000000004']],
    ['3.0, 1e2, -0', ['3', '100', '-0']],
    ['infinite, -infinite, nan', ['1.7976931348623157e+308', '-1.7976931348623157e+308', 'null']],
    ['1e300 * 1e10', ['1.7976931348623157e+308']],
    ['[limit(3; 1e15, 1e16, 1e18)]', ['[1000000000000000,1e+16,1e+18]']],
  ])('prints %s as jq does', (program, expected) => {
    expect(printed(program)).toEqual(expected)
  })

  it.each([
    ['[5 % 3, -5 % 3, 5 % -3, 5.9 % 3.9]', [2, -2, 2, 2]],
    ['[floor, ceil, round, trunc, fabs, sqrt] | map(. * 10 | round / 10)', [2, 3, 3, 2, 2.5, 1.6]],
    ['[pow(2; 10), log2, exp10] | map(round)', [1024, 1, 316]],
    ['[frexp, modf, logb, significand]', [[0.625, 2], [0.5, 2], 1, 1.25]],
    [
      '[ldexp(1; 3), scalb(1; 4), scalbln(1; 2), nearbyint, copysign(1; -2), drem(5; 3), fma(2; 3; 4)]',
      [8, 16, 4, 2, -1, -1, 10],
    ],
    ['[5 | gamma, tgamma, lgamma] | map(. * 1000 | round)', [3178, 24000, 3178]],
    ['[infinite, nan, 1 | isinfinite, isnan, isnormal]', [true, false, false, false, true, false, false, false, true]],
    ['[nan] | sort == [nan], (nan < nan), (nan > nan), ([nan, 1] | min | isnan)', undefined],
    ['[1, "2", "0x1"] | map(try tonumber catch "bad")', [1, 2, 'bad']],
    ['[-1, 1.5, null, "ab", [1], {}] | map(length)', [1, 1.5, 0, 2, 1, 0]],
    ['[range(0; 1; 0.3)] | length', 4],
    ['[range(3; 0; -1)]', [3, 2, 1]],
    ['[j0, j1, y0, y1] | map(. * 10000 | round)', [-484, 4971, 4981, 1459]],
  ])('%s', (program, expected) => {
    if (expected !== undefined) expect(outputs(program, 2.5)).toEqual([expected])
    else expect(outputs(program)).toEqual([false, true, false, true])
  })

  it.each([
    ['1 / 0', 'number (1) and number (0) cannot be divided because the divisor is zero'],
    ['1 % 0', 'number (1) and number (0) cannot be divided (remainder) because the divisor is zero'],
    ['{} + 1', 'object ({}) and number (1) cannot be added'],
    ['[] - {}', 'array ([]) and object ({}) cannot be subtracted'],
    ['"a" | sqrt', 'string ("a") number required'],
    ['-"a"', 'string ("a") cannot be negated'],
    ['range("a")', 'Range bounds must be numeric'],
  ])('%s fails with jq words', (program, message) => {
    expect(failure(program).message).toBe(message)
  })
})
