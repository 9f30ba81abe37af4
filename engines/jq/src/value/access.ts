import { JqValueTooLarge } from '../errors.ts'
import { compare, equals, nestingMax } from './order.ts'
import { describe, fail, typeError } from './raised.ts'
import { codePointLength, sliceCodePoints } from './text.ts'
import { getOwn, isNumber, isObject, type JqObject, kindOf, setOwn, toDouble, type Value } from './value.ts'

/** Largest index an assignment may reach. */
const indexMax = 2 ** 29 - 1
/** Most nulls an assignment beyond the end of an array may fill in. */
const gapMax = 2 ** 25

/** `value[key]` for every kind of key jq knows: field, index, slice, list of occurrences. */
export function getAt(value: Value, key: Value): Value {
  if (typeof key === 'string') return getField(value, key)
  if (isNumber(key)) return getIndex(value, toDouble(key), key)
  if (value === null && isObject(key)) return null
  if (isObject(key)) {
    if (Array.isArray(value) || typeof value === 'string')
      return getSlice(value, fieldOf(key, 'start'), fieldOf(key, 'end'))
  } else if (Array.isArray(key) && Array.isArray(value)) {
    return indicesOf(value, key)
  }
  return cannotIndex(value, key)
}

export function getField(value: Value, key: string): Value {
  if (isObject(value)) return getOwn(value, key) ?? null
  return value === null ? null : cannotIndex(value, key)
}

export function getIndex(value: Value, index: number, key: Value = index): Value {
  if (Array.isArray(value)) {
    if (Number.isNaN(index)) return null
    const at = Math.trunc(index)
    return value[at < 0 ? at + value.length : at] ?? null
  }
  return value === null ? null : cannotIndex(value, key)
}

/** A bound that is missing is none; only one that is null stands for the end. */
function fieldOf(object: JqObject, key: string): Value {
  const bound = getOwn(object, key)
  return bound === undefined ? false : bound
}

function cannotIndex(value: Value, key: Value): never {
  return fail(`Cannot index ${kindOf(value)} with ${isObject(key) || Array.isArray(key) ? kindOf(key) : describe(key)}`)
}

export interface Bounds {
  readonly from: number
  readonly to: number
}

/** Where a slice begins and ends in something of that length: negative counts from the end, fractions round outwards. */
export function sliceBounds(length: number, start: Value, end: Value): Bounds | undefined {
  if ((start !== null && !isNumber(start)) || (end !== null && !isNumber(end))) return undefined
  let from = start === null ? 0 : toDouble(start)
  let to = end === null ? length : toDouble(end)
  if (Number.isNaN(from)) from = 0
  if (Number.isNaN(to)) to = length
  if (from < 0) from += length
  if (to < 0) to += length
  from = Math.floor(Math.min(Math.max(from, 0), length))
  to = Math.min(Math.ceil(to), length)
  return { from, to: Math.max(to, from) }
}

export function getSlice(value: Value, start: Value, end: Value): Value {
  if (value === null) return null
  if (Array.isArray(value)) {
    const bounds = sliceBounds(value.length, start, end)
    if (!bounds) return fail('Start and end indices of an array slice must be numbers')
    return value.slice(bounds.from, bounds.to)
  }
  if (typeof value === 'string') {
    const bounds = sliceBounds(codePointLength(value), start, end)
    if (!bounds) return fail('Start and end indices of an string slice must be numbers')
    return sliceCodePoints(value, bounds.from, bounds.to)
  }
  return fail(`Cannot index ${kindOf(value)} with object`)
}

/** Where a list occurs inside a list, overlapping included. */
export function indicesOf(value: Value[], part: Value[]): Value {
  const found: Value[] = []
  for (let at = 0; part.length > 0 && at + part.length <= value.length; at++) {
    if (part.every((item, offset) => equals(value[at + offset]!, item))) found.push(at)
  }
  return found
}

/** Containers that nobody else can see yet, so they may be changed in place. */
export type Owned = Set<object>

/** A copy of `value` with `key` set; `owned` containers are changed in place instead of copied. */
export function setAt(value: Value, key: Value, item: Value, owned?: Owned): Value {
  if (typeof key === 'string') return setField(value, key, item, owned)
  if (isNumber(key)) return setIndex(value, toDouble(key), item, owned)
  if (isObject(key) && (value === null || Array.isArray(value))) return setSlice(value, key, item)
  if (isObject(key) && typeof value === 'string') return fail('Cannot update string slices')
  return cannotUpdate(value, key)
}

function cannotUpdate(value: Value, key: Value): never {
  return fail(`Cannot update field at ${kindOf(key)} index of ${kindOf(value)}`)
}

export function setField(value: Value, key: string, item: Value, owned?: Owned): Value {
  if (isObject(value)) {
    const copy = owned?.has(value) ? value : { ...value }
    owned?.add(copy)
    setOwn(copy, key, item)
    return copy
  }
  if (value !== null) return cannotIndex(value, key)
  const fresh: JqObject = {}
  setOwn(fresh, key, item)
  owned?.add(fresh)
  return fresh
}

export function setIndex(value: Value, index: number, item: Value, owned?: Owned): Value {
  if (value !== null && !Array.isArray(value)) return cannotIndex(value, index)
  const length = value?.length ?? 0
  let at = Number.isNaN(index) ? fail('Cannot set array element at NaN index') : Math.trunc(index)
  if (at < 0) at += length
  if (at < 0) fail('Out of bounds negative array index')
  if (at > indexMax) fail('Array index too large')
  if (at - length > gapMax) throw new JqValueTooLarge()
  const copy = value === null ? [] : owned?.has(value) ? value : value.slice()
  owned?.add(copy)
  for (let gap = length; gap < at; gap++) copy.push(null)
  copy[at] = item
  return copy
}

function setSlice(value: Value[] | null, key: JqObject, item: Value): Value {
  const list = value ?? []
  const bounds = sliceBounds(list.length, fieldOf(key, 'start'), fieldOf(key, 'end'))
  if (!bounds) return fail('Start and end indices of an array slice must be numbers')
  if (!Array.isArray(item)) return fail('A slice of an array can only be assigned another array')
  return [...list.slice(0, bounds.from), ...item, ...list.slice(bounds.to)]
}

function checkPath(path: Value): Value[] {
  if (!Array.isArray(path)) return fail('Path must be specified as an array')
  if (path.length > nestingMax) return fail('Path too deep')
  return path
}

export function getPath(root: Value, path: Value): Value {
  let value = root
  for (const key of checkPath(path)) value = getAt(value, key)
  return value
}

export function setPath(root: Value, path: Value, item: Value, owned?: Owned): Value {
  const keys = checkPath(path)
  const parents: Value[] = []
  let value = root
  for (const key of keys) {
    parents.push(value)
    if (Array.isArray(key)) cannotUpdate(value, key)
    if (typeof value === 'string' && isObject(key)) fail('Cannot update string slices')
    value = getAt(value, key)
  }
  let result = item
  for (let at = keys.length - 1; at >= 0; at--) result = setAt(parents[at]!, keys[at]!, result, owned)
  return result
}

/** A copy of `root` without the values at these paths. */
export function deletePaths(root: Value, paths: Value): Value {
  if (!Array.isArray(paths)) return fail('Paths must be specified as an array')
  for (const path of paths) {
    if (!Array.isArray(path)) return fail(`Path must be specified as array, not ${kindOf(path)}`)
    if (path.length > nestingMax) return fail('Path too deep')
  }
  if (paths.length === 0) return root
  const sorted = (paths as Value[][]).slice().sort(compare)
  return sorted[0]!.length === 0 ? null : deleteSorted(root, sorted, 0)
}

/** `paths` is sorted and every path is longer than `start`; they agree up to there. */
function deleteSorted(root: Value, paths: Value[][], start: number): Value {
  let result = root
  const whole: Value[] = []
  for (let at = 0; at < paths.length; ) {
    const key = paths[at]![start]!
    let end = at + 1
    while (end < paths.length && equals(paths[end]![start]!, key)) end++
    if (paths[at]!.length === start + 1) {
      whole.push(key)
    } else {
      const inner = getAt(result, key)
      if (inner !== null) result = setAt(result, key, deleteSorted(inner, paths.slice(at, end), start + 1))
    }
    at = end
  }
  return deleteKeys(result, whole)
}

export function deleteKeys(value: Value, keys: Value[]): Value {
  if (value === null || keys.length === 0) return value
  if (Array.isArray(value)) return deleteElements(value, keys)
  if (!isObject(value)) return fail(`Cannot delete fields from ${kindOf(value)}`)
  for (const key of keys) if (typeof key !== 'string') return fail(`Cannot delete ${kindOf(key)} field of object`)
  // Copying what stays is quicker than deleting from a copy, which costs an object its shape.
  const copy: JqObject = {}
  const gone = new Set<Value>(keys)
  for (const key of Object.keys(value)) if (!gone.has(key)) setOwn(copy, key, value[key]!)
  return copy
}

function deleteElements(value: Value[], keys: Value[]): Value[] {
  const gone = new Set<number>()
  for (const key of keys) {
    if (isNumber(key)) {
      const index = toDouble(key)
      const at = Math.trunc(index)
      if (!Number.isNaN(index)) gone.add(at < 0 ? at + value.length : at)
    } else if (isObject(key)) {
      const bounds = sliceBounds(value.length, fieldOf(key, 'start'), fieldOf(key, 'end'))
      if (!bounds) return fail('Start and end indices of an array slice must be numbers')
      for (let at = bounds.from; at < bounds.to; at++) gone.add(at)
    } else {
      return fail(`Cannot delete ${kindOf(key)} element of array`)
    }
  }
  return value.filter((_, at) => !gone.has(at))
}

export function hasKey(value: Value, key: Value): boolean {
  if (value === null) return false
  if (isObject(value) && typeof key === 'string') return Object.hasOwn(value, key)
  if (Array.isArray(value) && isNumber(key)) {
    const index = Math.trunc(toDouble(key))
    return index >= 0 && index < value.length
  }
  return fail(`Cannot check whether ${kindOf(value)} has a ${kindOf(key)} key`)
}

/** Elements of an array or values of an object. */
export function iterate(value: Value): Value[] {
  if (Array.isArray(value)) return value
  if (isObject(value)) return Object.values(value)
  return fail(`Cannot iterate over ${describe(value)}`)
}

export function keysOf(value: Value): Value[] {
  if (Array.isArray(value)) return Array.from(value.keys())
  if (isObject(value)) return Object.keys(value)
  return typeError(value, 'has no keys')
}
