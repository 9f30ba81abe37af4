import { isBigLiteral, negateLiteral } from './big-literal.ts'
import { equals, nestingMax } from './order.ts'
import { fail, typeError, typeError2 } from './raised.ts'
import { getOwn, isNumber, isObject, type JqObject, setOwn, toDouble, type Value } from './value.ts'

/** Longest string that may come out of a repetition. */
const repeatMax = 2 ** 29 - 25

export function add(a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') return a + b
  if (typeof a === 'string' && typeof b === 'string') return a + b
  if (a === null) return b
  if (b === null) return a
  if (isNumber(a) && isNumber(b)) return toDouble(a) + toDouble(b)
  if (Array.isArray(a) && Array.isArray(b)) return a.length === 0 ? b : b.length === 0 ? a : a.concat(b)
  if (isObject(a) && isObject(b)) return { ...a, ...b }
  return typeError2(a, b, 'cannot be added')
}

export function subtract(a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (isNumber(a) && isNumber(b)) return toDouble(a) - toDouble(b)
  if (Array.isArray(a) && Array.isArray(b)) return difference(a, b)
  return typeError2(a, b, 'cannot be subtracted')
}

function difference(a: Value[], b: Value[]): Value[] {
  if (b.length > 8 && b.every(isPlainScalar)) {
    const drop = new Set(b)
    return a.filter(item => !drop.has(item) || (typeof item === 'number' && Number.isNaN(item)))
  }
  return a.filter(item => !b.some(other => equals(item, other)))
}

function isPlainScalar(value: Value): boolean {
  return typeof value !== 'object' || value === null
}

export function multiply(a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') return a * b
  if (isNumber(a) && isNumber(b)) return toDouble(a) * toDouble(b)
  if (typeof a === 'string' && isNumber(b)) return repeat(a, toDouble(b))
  if (isNumber(a) && typeof b === 'string') return repeat(b, toDouble(a))
  if (isObject(a) && isObject(b)) return mergeDeep(a, b, 0)
  return typeError2(a, b, 'cannot be multiplied')
}

function repeat(text: string, times: number): Value {
  if (times < 0 || Number.isNaN(times)) return null
  if (text === '') return ''
  const count = times < 1 ? 0 : Math.floor(times)
  if (text.length * count > repeatMax) fail('Repeat string result too long')
  return text.repeat(count)
}

function mergeDeep(a: JqObject, b: JqObject, depth: number): JqObject {
  if (depth > 400) return mergeIterative(a, b, depth)
  const merged = { ...a }
  for (const key of Object.keys(b)) {
    const old = getOwn(a, key)
    const value = b[key]!
    setOwn(merged, key, isObject(old) && isObject(value) ? mergeDeep(old, value, depth + 1) : value)
  }
  return merged
}

function mergeIterative(a: JqObject, b: JqObject, depth: number): JqObject {
  const result = { ...a }
  const work: { into: JqObject; from: JqObject; depth: number }[] = [{ into: result, from: b, depth }]
  for (let step = work.pop(); step; step = work.pop()) {
    if (step.depth > nestingMax) fail('Object merge too deep')
    for (const key of Object.keys(step.from)) {
      const old = getOwn(step.into, key)
      const value = step.from[key]!
      if (isObject(old) && isObject(value)) {
        const copy = { ...old }
        setOwn(step.into, key, copy)
        work.push({ into: copy, from: value, depth: step.depth + 1 })
      } else {
        setOwn(step.into, key, value)
      }
    }
  }
  return result
}

export function divide(a: Value, b: Value): Value {
  if (isNumber(a) && isNumber(b)) {
    const divisor = toDouble(b)
    if (divisor === 0) typeError2(a, b, 'cannot be divided because the divisor is zero')
    return toDouble(a) / divisor
  }
  if (typeof a === 'string' && typeof b === 'string') return split(a, b)
  return typeError2(a, b, 'cannot be divided')
}

/** The parts of a string between separators; an empty separator cuts into characters. */
export function split(text: string, separator: string): Value[] {
  if (text === '') return []
  return separator === '' ? Array.from(text) : text.split(separator)
}

export function modulo(a: Value, b: Value): Value {
  if (!isNumber(a) || !isNumber(b)) return typeError2(a, b, 'cannot be divided (remainder)')
  const left = toDouble(a)
  const right = toDouble(b)
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.NaN
  if (Math.abs(right) < 1) return typeError2(a, b, 'cannot be divided (remainder) because the divisor is zero')
  if (Math.abs(left) < safeMax && Math.abs(right) < safeMax) return (Math.trunc(left) % Math.trunc(right)) + 0
  return Number(toInt64(left) % toInt64(right))
}

const safeMax = 2 ** 53

/** A double cut to the range of a 64-bit integer, fraction dropped. */
function toInt64(value: number): bigint {
  if (value >= 2 ** 63) return 2n ** 63n - 1n
  return value <= -(2 ** 63) ? -(2n ** 63n) : BigInt(Math.trunc(value))
}

export function negate(value: Value): Value {
  if (typeof value === 'number') return -value
  if (isBigLiteral(value)) return negateLiteral(value)
  return typeError(value, 'cannot be negated')
}
