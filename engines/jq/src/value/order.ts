import { compareExact, isBigLiteral } from './big-literal.ts'
import { fail } from './raised.ts'
import { getOwn, isNumber, type JqObject, type Value } from './value.ts'

/** Deepest nesting that values may have to be compared, merged, printed or parsed. */
export const nestingMax = 10_000
/** Beyond this, JavaScript recursion gives way to a stack of our own. */
const recursionMax = 400

/** jq's total order: null, false, true, numbers, strings, arrays, objects. NaN is below every number, itself included. */
export function compare(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : a === b ? 0 : compareNan(a, b)
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  return compareAt(a, b, 0)
}

export function equals(a: Value, b: Value): boolean {
  if (a === b) return typeof a !== 'object' || a === null || !holdsNan(a)
  if (typeof a !== 'object' || typeof b !== 'object') {
    return isBigLiteral(a) || isBigLiteral(b) ? compareAt(a, b, 0) === 0 : false
  }
  return compareAt(a, b, 0) === 0
}

/** One NaN inside makes a container unequal to itself. */
function holdsNan(value: Value): boolean {
  return compareAt(value, value, 0) !== 0
}

/** By code points, as UTF-8 bytes would order. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left !== right) return orderOfUnits(left, right)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above every other unit. */
function orderOfUnits(left: number, right: number): number {
  if (left < 0xd800 || right < 0xd800) return left - right
  const leftPair = left <= 0xdfff
  const rightPair = right <= 0xdfff
  return leftPair === rightPair ? left - right : leftPair ? 1 : -1
}

function compareNan(a: number, b: number): number {
  return Number.isNaN(a) ? -1 : Number.isNaN(b) ? 1 : 0
}

function rank(value: Value): number {
  switch (typeof value) {
    case 'number':
      return 3
    case 'string':
      return 4
    case 'boolean':
      return value ? 2 : 1
    default:
      if (value === null) return 0
      if (Array.isArray(value)) return 5
      return isBigLiteral(value) ? 3 : 6
  }
}

function compareAt(a: Value, b: Value, depth: number): number {
  const order = compareShallow(a, b)
  if (order !== undefined) return order
  if (depth > recursionMax) return compareDeep(a, b, depth)
  if (Array.isArray(a)) return compareArrays(a, b as Value[], depth)
  return compareObjects(a as JqObject, b as JqObject, depth)
}

/** The order of two values unless both are arrays or both objects. */
function compareShallow(a: Value, b: Value): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : a === b ? 0 : compareNan(a, b)
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  const left = rank(a)
  const right = rank(b)
  if (left !== right) return left - right
  if (left < 3) return 0
  if (left === 3) return compareNumbers(a, b)
  return undefined
}

function compareNumbers(a: Value, b: Value): number {
  if (!isNumber(a) || !isNumber(b)) return 0
  if (typeof a === 'number' && Number.isNaN(a)) return -1
  if (typeof b === 'number' && Number.isNaN(b)) return 1
  return compareExact(a, b)
}

function compareArrays(a: Value[], b: Value[], depth: number): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const order = compareAt(a[at]!, b[at]!, depth + 1)
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** First the sorted key lists, then the values key by key. */
function compareObjects(a: JqObject, b: JqObject, depth: number): number {
  const keys = sortedKeys(a)
  const order = compareKeys(keys, sortedKeys(b))
  if (order !== 0) return order
  for (const key of keys) {
    const difference = compareAt(getOwn(a, key)!, getOwn(b, key)!, depth + 1)
    if (difference !== 0) return difference
  }
  return 0
}

function compareKeys(a: string[], b: string[]): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const order = compareText(a[at]!, b[at]!)
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** The keys of an object in code point order. */
export function sortedKeys(object: JqObject): string[] {
  const keys = Object.keys(object)
  return keys.length < 2 ? keys : keys.sort(compareText)
}

interface Pair {
  readonly a: Value
  readonly b: Value
  readonly depth: number
  /** Decides when everything inside was equal. */
  readonly tie: number
}

/** The same order without recursion, for values nested deeper than the JavaScript stack likes. */
function compareDeep(a: Value, b: Value, depth: number): number {
  const stack: Pair[] = [{ a, b, depth, tie: 0 }]
  for (let pair = stack.pop(); pair; pair = stack.pop()) {
    if (pair.tie !== 0) return pair.tie
    const order = compareShallow(pair.a, pair.b)
    if (order !== undefined) {
      if (order !== 0) return order
      continue
    }
    if (pair.depth > nestingMax) fail('Comparison too deep')
    const decided = pushChildren(stack, pair)
    if (decided !== 0) return decided
  }
  return 0
}

function pushChildren(stack: Pair[], { a, b, depth }: Pair): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    const tie = a.length - b.length
    if (tie !== 0) stack.push({ a: null, b: null, depth, tie })
    for (let at = Math.min(a.length, b.length) - 1; at >= 0; at--) {
      stack.push({ a: a[at]!, b: b[at]!, depth: depth + 1, tie: 0 })
    }
    return 0
  }
  const keys = sortedKeys(a as JqObject)
  const order = compareKeys(keys, sortedKeys(b as JqObject))
  if (order !== 0) return order
  for (const key of keys.reverse()) {
    stack.push({ a: getOwn(a as JqObject, key)!, b: getOwn(b as JqObject, key)!, depth: depth + 1, tie: 0 })
  }
  return 0
}
