import { numberText } from './number-text.ts'

/**
 * A number literal that a double cannot hold exactly, kept as it was written for as long as nobody computes with it.
 * `text` is canonical: coefficient and exponent as a decimal library prints them.
 */
export class BigLiteral {
  readonly text: string
  readonly double: number

  constructor(text: string) {
    this.text = text
    this.double = Number(text)
  }

  /** Keeps every digit when somebody hands the value to `JSON.stringify`. */
  toJSON(): unknown {
    const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown }
    return rawJSON ? rawJSON(this.text) : this.double
  }
}

export function isBigLiteral(value: unknown): value is BigLiteral {
  return value instanceof BigLiteral
}

/** Sign, significant digits without leading zeros, and the power of ten of the last digit. */
export interface Decimal {
  readonly negative: boolean
  readonly digits: string
  readonly exponent: number
}

const shape = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

/** Reads a decimal literal; `undefined` when the text is not one. */
export function readDecimal(text: string): Decimal | undefined {
  const match = shape.exec(text)
  if (!match) return undefined
  const fraction = match[3] ?? ''
  const all = (match[2] ?? '') + fraction
  if (all === '') return undefined
  const digits = all.replace(/^0+(?=\d)/, '')
  return { negative: match[1] === '-', digits, exponent: Number(match[4] ?? 0) - fraction.length }
}

/**
 * A double when it is as exact as the literal, else the literal itself; so are whole numbers a double would print with
 * an exponent. `1.50` becomes a double, which prints as 1.5: most data is full of such numbers, and a literal each would
 * cost several times the memory.
 */
export function numberFromLiteral(text: string): number | BigLiteral {
  const double = Number(text)
  if (text.length < 16 && !(text.length > 4 && /[eE]/.test(text))) return double
  const exact = readDecimal(text)
  if (!exact) return double
  const canonical = printDecimal(exact)
  const isPrintedSo = /[.eE]/.test(text) || canonical === numberText(double)
  return isPrintedSo && isHeldBy(exact, double) ? double : new BigLiteral(canonical)
}

function isHeldBy(exact: Decimal, double: number): boolean {
  if (exact.digits === '0') return true
  return Number.isFinite(double) && compareMagnitude(exact, readDecimal(String(double))!) === 0
}

/** The same literal with its sign turned. */
export function negateLiteral(literal: BigLiteral): BigLiteral {
  return new BigLiteral(literal.text.startsWith('-') ? literal.text.slice(1) : `-${literal.text}`)
}

/** Exact decimal order of two numbers, at least one of them a literal. NaN is not handled here. */
export function compareExact(a: number | BigLiteral, b: number | BigLiteral): number {
  const left = decimalOf(a)
  const right = decimalOf(b)
  if (typeof left === 'number' || typeof right === 'number') {
    const x = typeof a === 'number' ? a : a.double
    const y = typeof b === 'number' ? b : b.double
    return x < y ? -1 : x > y ? 1 : compareInfinite(a, b)
  }
  const leftZero = left.digits === '0'
  const rightZero = right.digits === '0'
  if (leftZero && rightZero) return 0
  if (leftZero) return right.negative ? 1 : -1
  if (rightZero) return left.negative ? -1 : 1
  if (left.negative !== right.negative) return left.negative ? -1 : 1
  const order = compareMagnitude(left, right)
  return left.negative ? -order : order
}

/** An infinity is beyond every literal of its sign. */
function compareInfinite(a: number | BigLiteral, b: number | BigLiteral): number {
  if (typeof a === 'number' && typeof b !== 'number') return a > 0 ? 1 : -1
  if (typeof b === 'number' && typeof a !== 'number') return b > 0 ? -1 : 1
  return 0
}

function decimalOf(value: number | BigLiteral): Decimal | number {
  if (typeof value !== 'number') return readDecimal(value.text)!
  return Number.isFinite(value) ? readDecimal(String(value))! : value
}

function compareMagnitude(a: Decimal, b: Decimal): number {
  const top = a.digits.length + a.exponent - (b.digits.length + b.exponent)
  if (top !== 0) return top < 0 ? -1 : 1
  const length = Math.max(a.digits.length, b.digits.length)
  const left = a.digits.padEnd(length, '0')
  const right = b.digits.padEnd(length, '0')
  return left < right ? -1 : left > right ? 1 : 0
}

/** Plain notation for moderate exponents, scientific otherwise. */
function printDecimal({ negative, digits, exponent }: Decimal): string {
  const sign = negative ? '-' : ''
  const adjusted = exponent + digits.length - 1
  if (exponent <= 0 && adjusted >= -6) {
    if (exponent === 0) return sign + digits
    const padded = digits.padStart(1 - exponent, '0')
    return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`
  }
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`
  return `${sign}${mantissa}E${adjusted < 0 ? '' : '+'}${adjusted}`
}
