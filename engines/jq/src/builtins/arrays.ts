import { type Env, type Many, type One, rethrow, stop } from '../compile/machine.ts'
import type { Context, Plan } from '../compile/plan.ts'
import { collector } from '../plans/construct.ts'
import { addInto } from '../plans/operators.ts'
import { getField, getIndex, iterate, type Owned } from '../value/access.ts'
import { add } from '../value/arithmetic.ts'
import { compare, compareText, equals } from '../value/order.ts'
import { fail, typeError, typeError2 } from '../value/raised.ts'
import { hasSurrogates } from '../value/text.ts'
import { getOwn, isNumber, isObject, type JqObject, setOwn, toDouble, type Value } from '../value/value.ts'
import { charged, type Family, type Form } from './builtin.ts'
import { toText } from './types.ts'

function isOrderedNumber(value: Value): value is number {
  return typeof value === 'number' && !Number.isNaN(value)
}

/** A copy in jq's order. Stable. */
export function sorted(values: Value[]): Value[] {
  const copy = values.slice()
  if (copy.every(isOrderedNumber)) {
    return copy.sort((a, b) => a - b)
  }
  if (copy.every(value => typeof value === 'string')) return copy.sort(textOrder(copy))
  return copy.sort(compare)
}

/** JavaScript's own order of strings agrees with jq's as long as there are no surrogates. */
function textOrder(texts: readonly string[]): (a: string, b: string) => number {
  return texts.some(hasSurrogates) ? compareText : (a, b) => (a < b ? -1 : a > b ? 1 : 0)
}

function sort(input: Value): Value {
  return Array.isArray(input) ? sorted(input) : typeError(input, 'cannot be sorted, as it is not an array')
}

/** The key of every element: the value of a single program, else the list of its outputs. */
function keysFor(plan: Plan, context: Context): (items: Value[], env: Env) => Value[] {
  const key: (input: Value, env: Env) => Value = context.isSingle(plan) ? context.one(plan) : collector(plan, context)
  const { runtime } = context
  return (items, env) => {
    runtime.spend(items.length)
    const keys = new Array<Value>(items.length)
    for (let at = 0; at < items.length; at++) keys[at] = key(items[at]!, env)
    return keys
  }
}

/** A builtin that works on elements and their keys. */
function byKey(problem: string, work: (items: Value[], keys: Value[]) => Value): Form {
  return {
    one: ([plan], context) => {
      const keysOf = keysFor(plan!, context)
      return (input, env) => {
        const items = iterate(input)
        const keys = keysOf(items, env)
        if (!Array.isArray(input)) return typeError2(input, keys, problem)
        return work(input, keys)
      }
    },
  }
}

function order(keys: Value[]): number[] {
  const places = Array.from(keys.keys())
  if (keys.every(isOrderedNumber)) {
    return places.sort((a, b) => (keys[a] as number) - (keys[b] as number))
  }
  if (keys.every(key => typeof key === 'string')) {
    const byText = textOrder(keys)
    return places.sort((a, b) => byText(keys[a]!, keys[b]!))
  }
  if (keys.every(Array.isArray)) return places.sort((a, b) => compareLists(keys[a]!, keys[b]!))
  return places.sort((a, b) => compare(keys[a]!, keys[b]!))
}

function compareLists(a: Value[], b: Value[]): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const difference = compare(a[at]!, b[at]!)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function sortBy(items: Value[], keys: Value[]): Value[] {
  return order(keys).map(at => items[at]!)
}

interface Group {
  readonly key: Value
  readonly items: Value[]
}

/** Elements with equal keys together, groups in the order of their keys. */
function groups(items: Value[], keys: Value[]): Group[] {
  return keys.every(isHashable) ? hashGroups(items, keys) : sortGroups(items, keys)
}

/** Keys a `Map` tells apart exactly as jq does. */
function isHashable(key: Value): boolean {
  return typeof key === 'string' || isOrderedNumber(key) || key === null || typeof key === 'boolean'
}

function hashGroups(items: Value[], keys: Value[]): Group[] {
  const found = new Map<Value, Group>()
  for (let at = 0; at < items.length; at++) {
    const key = keys[at]!
    const group = found.get(key)
    if (group) group.items.push(items[at]!)
    else found.set(key, { key, items: [items[at]!] })
  }
  return [...found.values()].sort((a, b) => compare(a.key, b.key))
}

function sortGroups(items: Value[], keys: Value[]): Group[] {
  const result: Group[] = []
  for (const at of order(keys)) {
    const latest = result.at(-1)
    if (latest && equals(latest.key, keys[at]!)) latest.items.push(items[at]!)
    else result.push({ key: keys[at]!, items: [items[at]!] })
  }
  return result
}

function unique(input: Value): Value {
  if (!Array.isArray(input)) return typeError(input, 'cannot be sorted, as it is not an array')
  return groups(input, input).map(group => group.items[0]!)
}

/** The least element, the first of equals; or the greatest, the last of equals. */
function extreme(items: Value[], keys: Value[], sign: 1 | -1): Value {
  if (items.length === 0) return null
  let best = 0
  for (let at = 1; at < items.length; at++) {
    const difference = compare(keys[at]!, keys[best]!)
    if (sign === 1 ? difference < 0 : difference >= 0) best = at
  }
  return items[best]!
}

function extremeOf(input: Value, sign: 1 | -1): Value {
  return Array.isArray(input) ? extreme(input, input, sign) : typeError2(input, input, 'cannot be iterated over')
}

/** The sum of a list; containers and strings grow in one piece. */
function sum(items: Value[]): Value {
  let total: Value = null
  const owned: Owned = new Set()
  for (let at = 0; at < items.length; at++) {
    const item = items[at]!
    if (typeof total === 'number' && typeof item === 'number') total += item
    else if (total !== null && typeof total === 'object' && typeof item === 'object')
      total = addInto(total, item, owned)
    else total = add(total, item)
  }
  return total
}

const map: Form = {
  one: ([body], context) => {
    const { runtime } = context
    if (context.isSingle(body!)) {
      const one = context.one(body!)
      return (input, env) => {
        const items = iterate(input)
        runtime.spend(items.length)
        const result = new Array<Value>(items.length)
        for (let at = 0; at < items.length; at++) result[at] = one(items[at]!, env)
        return result
      }
    }
    const many = context.many(body!)
    return (input, env) => {
      const items = iterate(input)
      runtime.spend(items.length)
      const result: Value[] = []
      const push = (value: Value) => {
        result.push(value)
        return undefined
      }
      for (let at = 0; at < items.length; at++) {
        const signal = many(items[at]!, env, push)
        if (signal !== undefined) rethrow(signal)
      }
      return result
    }
  },
}

const addOf: Form = {
  one: ([body], context) => {
    const collect = collector(body!, context)
    return (input, env) => sum(collect(input, env))
  },
}

function flatten(input: Value, depth: number): Value[] {
  if (depth < 0 || Number.isNaN(depth)) return fail('flatten depth must not be negative')
  const result: Value[] = []
  const stack: { items: Value[]; at: number }[] = [{ items: iterate(input), at: 0 }]
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    if (top.at >= top.items.length) {
      stack.pop()
      continue
    }
    const item = top.items[top.at++]!
    if (Array.isArray(item) && stack.length <= depth) stack.push({ items: item, at: 0 })
    else result.push(item)
  }
  return result
}

function reverse(input: Value): Value {
  if (Array.isArray(input)) return input.toReversed()
  if (typeof input === 'string') return Array.from(input).reverse().join('')
  if (input === null) return []
  if (isObject(input) && Object.keys(input).length === 0) return []
  if (isNumber(input) && Math.abs(toDouble(input)) < 1) return []
  return typeof input === 'boolean' ? typeError(input, 'has no length') : getIndex(input, 0)
}

function transpose(input: Value): Value[] {
  const rows = iterate(input)
  let width = 0
  for (const row of rows) {
    if (Array.isArray(row)) width = Math.max(width, row.length)
    else getIndex(row, 0)
  }
  return Array.from({ length: width }, (_, column) => rows.map(row => getIndex(row, column)))
}

function* combine(lists: Value[]): Generator<Value[]> {
  if (lists.length === 0) return yield []
  for (const first of iterate(lists[0]!)) {
    for (const rest of combine(lists.slice(1))) yield [first, ...rest]
  }
}

const combinations: Form = {
  many: (_args, context) => (input, _env, emit) => {
    const nothing = input === null || input === '' || input === 0
    for (const each of combine(nothing ? [] : iterate(input))) {
      context.runtime.spend(1)
      const signal = emit(each)
      if (signal !== undefined) return signal
    }
    return undefined
  },
}

const combinationsOf: Form = {
  many: ([count], context) => {
    const counts = context.many(count!)
    return (input, env, emit) =>
      counts(input, env, n => {
        const times = isNumber(n) ? Math.max(0, Math.ceil(toDouble(n))) : fail('Range bounds must be numeric')
        for (const each of combine(new Array<Value>(times).fill(input))) {
          context.runtime.spend(1)
          const signal = emit(each)
          if (signal !== undefined) return signal
        }
        return undefined
      })
  },
}

function binarySearch(input: Value, target: Value): Value {
  if (!Array.isArray(input)) return typeError(input, 'cannot be searched from')
  let low = 0
  let high = input.length - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const difference = compare(input[middle]!, target)
    if (difference === 0) return middle
    if (difference < 0) low = middle + 1
    else high = middle - 1
  }
  return -1 - low
}

function toEntries(input: Value): Value[] {
  if (!isObject(input)) {
    if (!Array.isArray(input)) return typeError(input, 'has no keys')
    return input.map((value, key) => ({ key, value }))
  }
  return Object.keys(input).map(key => ({ key, value: input[key]! }))
}

function fromEntries(entries: Value[]): JqObject {
  const result: JqObject = {}
  for (const entry of entries) setOwn(result, entryKey(entry), entryValue(entry))
  return result
}

function entryKey(entry: Value): string {
  const key = getField(entry, 'key') ?? firstTrue(entry, ['k', 'name', 'Name', 'K', 'Key'])
  return toText(key)
}

function entryValue(entry: Value): Value {
  for (const name of ['value', 'v', 'Value', 'V']) {
    if (isObject(entry) && getOwn(entry, name) !== undefined) return entry[name]!
  }
  return null
}

function firstTrue(entry: Value, names: string[]): Value {
  let latest: Value = null
  for (const name of names) {
    latest = getField(entry, name)
    if (latest !== null && latest !== false) return latest
  }
  return latest
}

const withEntries: Form = {
  one: ([body], context) => {
    const mapped = map.one!([body!], context)
    return (input, env) => fromEntries(mapped(toEntries(input), env) as Value[])
  },
}

/** Replaces every element by the first output; elements without one go away. */
const mapValues: Form = {
  one: ([body], context) => {
    const change = firstOf(body!, context)
    const { runtime } = context
    return (input, env) =>
      mapElements(
        input,
        value => change(value, env),
        count => runtime.spend(count),
      )
  },
}

function firstOf(body: Plan, context: Context): (input: Value, env: Env) => Value | undefined {
  if (context.isSingle(body)) return context.one(body)
  const many = context.many(body)
  return (input, env) => firstValue(many, input, env)
}

function firstValue(many: Many, input: Value, env: Env): Value | undefined {
  let found: Value | undefined
  const signal = many(input, env, value => {
    found = value
    return stop
  })
  if (signal !== stop || found === undefined) rethrow(signal)
  return found
}

function mapElements(input: Value, change: (value: Value) => Value | undefined, spend: (count: number) => void): Value {
  if (Array.isArray(input)) {
    spend(input.length)
    const items: Value[] = []
    for (const item of input) {
      const value = change(item)
      if (value !== undefined) items.push(value)
    }
    return items
  }
  if (!isObject(input)) return iterate(input)
  const result: JqObject = {}
  for (const key of Object.keys(input)) {
    spend(1)
    const value = change(input[key]!)
    if (value !== undefined) setOwn(result, key, value)
  }
  return result
}

/** Applies a program to everything inside, then to the whole. */
const walk: Form = {
  single: ([body], context) => context.isSingle(body!),
  one: ([body], context) => {
    const change = context.one(body!)
    const { runtime } = context
    const visit: One = (value, env) => {
      runtime.enter()
      let rebuilt = value
      if (Array.isArray(value)) rebuilt = value.map(item => visit(item, env))
      else if (isObject(value))
        rebuilt = mapElements(
          value,
          item => visit(item, env),
          count => runtime.spend(count),
        )
      runtime.leave()
      return change(rebuilt, env)
    }
    return visit
  },
  many: ([body], context) => {
    const change = context.many(body!)
    const { runtime } = context
    const visit: Many = (value, env, emit) => {
      runtime.enter()
      let rebuilt = value
      if (Array.isArray(value)) rebuilt = value.flatMap(item => outputs(item, env))
      else if (isObject(value)) {
        rebuilt = mapElements(
          value,
          item => firstValue(visit, item, env),
          count => runtime.spend(count),
        )
      }
      runtime.leave()
      return change(rebuilt, env, emit)
    }
    const outputs = (value: Value, env: Env): Value[] => {
      const items: Value[] = []
      rethrow(
        visit(value, env, each => {
          items.push(each)
          return undefined
        }),
      )
      return items
    }
    return visit
  },
}

const unsortable = 'cannot be sorted, as they are not both arrays'

/** Order, groups, sums and shapes of lists and objects. */
export const arrays: Family = {
  'map/1': map,
  'map_values/1': mapValues,
  'add/0': (runtime, input) => {
    const items = iterate(input)
    runtime.spend(items.length)
    return sum(items)
  },
  'add/1': addOf,
  'sort/0': (runtime, input) => {
    if (Array.isArray(input)) runtime.spend(input.length)
    return sort(input)
  },
  'sort_by/1': byKey(unsortable, sortBy),
  'group_by/1': byKey(unsortable, (items, keys) => groups(items, keys).map(group => group.items)),
  'unique/0': charged((_runtime, input) => unique(input)),
  'unique_by/1': byKey(unsortable, (items, keys) => groups(items, keys).map(group => group.items[0]!)),
  'min/0': charged((_runtime, input) => extremeOf(input, 1)),
  'max/0': charged((_runtime, input) => extremeOf(input, -1)),
  'min_by/1': byKey('cannot be iterated over', (items, keys) => extreme(items, keys, 1)),
  'max_by/1': byKey('cannot be iterated over', (items, keys) => extreme(items, keys, -1)),
  'flatten/0': charged((_runtime, input) => flatten(input, Number.POSITIVE_INFINITY)),
  'flatten/1': (_runtime, input, depth) =>
    flatten(input, isNumber(depth) ? toDouble(depth) : fail('flatten depth must not be negative')),
  'reverse/0': charged((_runtime, input) => reverse(input)),
  'transpose/0': charged((_runtime, input) => transpose(input)),
  'combinations/0': combinations,
  'combinations/1': combinationsOf,
  'bsearch/1': (_runtime, input, target) => binarySearch(input, target),
  'to_entries/0': charged((_runtime, input) => toEntries(input)),
  'from_entries/0': charged((_runtime, input) => fromEntries(iterate(input))),
  'with_entries/1': withEntries,
  'walk/1': walk,
}
