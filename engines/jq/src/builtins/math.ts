import { typeError } from '../value/raised.ts'
import { isNumber, toDouble, type Value } from '../value/value.ts'
import { bessel0, bessel1, besselSecond0, besselSecond1 } from './bessel.ts'
import type { Apply, Family } from './builtin.ts'
import { gamma, logGamma } from './gamma.ts'

function double(value: Value): number {
  return isNumber(value) ? toDouble(value) : typeError(value, 'number required')
}

function unary(work: (x: number) => number): Apply {
  return (_runtime, input) => work(double(input))
}

function binary(work: (x: number, y: number) => number): Apply {
  return (_runtime, _input, a, b) => work(double(a), double(b))
}

function ternary(work: (x: number, y: number, z: number) => number): Apply {
  return (_runtime, _input, a, b, c) => work(double(a), double(b), double(c))
}

/** To the nearest integer, halves to the even one. */
function roundEven(x: number): number {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52) return x
  const down = Math.floor(x)
  const difference = x - down
  const result = difference < 0.5 ? down : difference > 0.5 ? down + 1 : down % 2 === 0 ? down : down + 1
  return result === 0 && (x < 0 || Object.is(x, -0)) ? -0 : result
}

/** To the nearest integer, halves away from zero. */
function roundAway(x: number): number {
  const size = Math.abs(x)
  if (!(size < 2 ** 52)) return x
  const whole = Math.floor(size)
  return Math.sign(x) * (size - whole >= 0.5 ? whole + 1 : whole)
}

/** Mantissa in [0.5, 1) and exponent. */
export function frexp(x: number): [number, number] {
  if (x === 0 || !Number.isFinite(x)) return [x, 0]
  let exponent = Math.max(-1023, Math.floor(Math.log2(Math.abs(x))) + 1)
  let mantissa = scale(x, -exponent)
  while (Math.abs(mantissa) < 0.5) {
    mantissa *= 2
    exponent--
  }
  while (Math.abs(mantissa) >= 1) {
    mantissa /= 2
    exponent++
  }
  return [mantissa, exponent]
}

/** `x · 2^power` without overflow on the way. */
function scale(x: number, power: number): number {
  if (Number.isNaN(power)) return power
  let rest = Math.min(Math.max(Math.trunc(power), -2200), 2200)
  let result = x
  for (; rest > 1000; rest -= 1000) result *= 2 ** 1000
  for (; rest < -1000; rest += 1000) result *= 2 ** -1000
  return result * 2 ** rest
}

function logb(x: number): number {
  if (x === 0) return Number.NEGATIVE_INFINITY
  if (!Number.isFinite(x)) return x * x
  return frexp(x)[1] - 1
}

function significand(x: number): number {
  return x === 0 || !Number.isFinite(x) ? x : frexp(x)[0] * 2
}

function nextAfter(x: number, y: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN
  if (x === y) return y
  if (x === 0) return y > 0 ? Number.MIN_VALUE : -Number.MIN_VALUE
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, x)
  const bits = view.getBigInt64(0)
  view.setBigInt64(0, x < y === x > 0 ? bits + 1n : bits - 1n)
  return view.getFloat64(0)
}

/** IEEE remainder: the quotient is rounded to the nearest integer, halves to even. */
function remainder(x: number, y: number): number {
  if (y === 0 || !Number.isFinite(x) || Number.isNaN(y)) return Number.NaN
  if (!Number.isFinite(y)) return x
  const size = Math.abs(y)
  let rest = Math.abs(x) % (size * 2)
  if (rest > size / 2) {
    rest -= size
    if (rest >= size / 2) rest -= size
  }
  return x < 0 ? -rest : rest
}

function pow10(x: number): number {
  return Number.isInteger(x) && Math.abs(x) <= 308 ? Number(`1e${x}`) : 10 ** x
}

function fma(x: number, y: number, z: number): number {
  return x * y + z
}

/** Most positive of two numbers; NaN loses. */
function larger(x: number, y: number): number {
  return Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.max(x, y)
}

function smaller(x: number, y: number): number {
  return Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.min(x, y)
}

function copySign(x: number, y: number): number {
  const negative = y < 0 || Object.is(y, -0)
  return negative ? -Math.abs(x) : Math.abs(x)
}

/** Functions of the C mathematics library that JavaScript has under the same name. */
const shared = [
  'acos',
  'acosh',
  'asin',
  'asinh',
  'atan',
  'atanh',
  'cbrt',
  'ceil',
  'cos',
  'cosh',
  'exp',
  'expm1',
  'floor',
  'log',
  'log10',
  'log1p',
  'log2',
  'sin',
  'sinh',
  'sqrt',
  'tan',
  'tanh',
  'trunc',
] as const

export const mathematics: Family = {
  ...Object.fromEntries(shared.map(name => [`${name}/0`, unary(Math[name])])),
  'fabs/0': unary(Math.abs),
  'exp2/0': unary(x => 2 ** x),
  'exp10/0': unary(pow10),
  'pow10/0': unary(pow10),
  'round/0': unary(roundAway),
  'rint/0': unary(roundEven),
  'nearbyint/0': unary(roundEven),
  'significand/0': unary(significand),
  'logb/0': unary(logb),
  'gamma/0': unary(logGamma),
  'lgamma/0': unary(logGamma),
  'tgamma/0': unary(gamma),
  'lgamma_r/0': (_runtime, input) => {
    const x = double(input)
    const negative = x < 0 && Math.floor(x) % 2 !== 0 && !Number.isInteger(x)
    return [logGamma(x), negative ? -1 : 1]
  },
  'frexp/0': (_runtime, input) => frexp(double(input)),
  'modf/0': (_runtime, input) => {
    const x = double(input)
    const whole = Math.trunc(x)
    return [Math.abs(x) === Number.POSITIVE_INFINITY ? copySign(0, x) : copySign(x - whole, x), whole]
  },
  'j0/0': unary(bessel0),
  'j1/0': unary(bessel1),
  'y0/0': unary(besselSecond0),
  'y1/0': unary(besselSecond1),
  'pow/2': binary((x, y) => (x === 1 || ((x === -1 || x === 1) && Math.abs(y) === Infinity) ? 1 : x ** y)),
  'atan2/2': binary(Math.atan2),
  'hypot/2': binary(Math.hypot),
  'fmod/2': binary((x, y) => x % y),
  'fmin/2': binary(smaller),
  'fmax/2': binary(larger),
  'fdim/2': binary((x, y) => (x > y ? x - y : x <= y ? 0 : Number.NaN)),
  'copysign/2': binary(copySign),
  'nextafter/2': binary(nextAfter),
  'nexttoward/2': binary(nextAfter),
  'drem/2': binary(remainder),
  'ldexp/2': binary(scale),
  'scalb/2': binary((x, y) => (Number.isFinite(y) ? scale(x, y) : x * 2 ** y)),
  'scalbln/2': binary(scale),
  'fma/3': ternary(fma),
}
