import type { Runtime } from '../compile/runtime.ts'
import { JqInvalidJson } from '../errors.ts'
import { hasKey, keysOf } from '../value/access.ts'
import { negate } from '../value/arithmetic.ts'
import { isBigLiteral, negateLiteral, numberFromLiteral } from '../value/big-literal.ts'
import { parseJson } from '../value/json-parse.ts'
import { compactJson } from '../value/json-print.ts'
import { compare, equals, sortedKeys } from '../value/order.ts'
import { fail, typeError, typeError2 } from '../value/raised.ts'
import { codePointLength, utf8Length } from '../value/text.ts'
import { getOwn, isNumber, isObject, kindOf, toDouble, type Value } from '../value/value.ts'
import { type Apply, charged, type Family, type Form } from './builtin.ts'

export function toText(value: Value): string {
  return typeof value === 'string' ? value : compactJson(value)
}

function absolute(value: Value): Value {
  if (typeof value === 'number') return value < 0 ? -value : value === 0 ? 0 : value
  if (isBigLiteral(value)) return value.double < 0 || value.text.startsWith('-') ? negateLiteral(value) : value
  return compare(value, 0) < 0 ? negate(value) : value
}

function lengthOf(value: Value): Value {
  if (value === null) return 0
  if (typeof value === 'string') return codePointLength(value)
  if (Array.isArray(value)) return value.length
  if (isNumber(value)) return absolute(value)
  return isObject(value) ? Object.keys(value).length : typeError(value, 'has no length')
}

const numberText = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const numberWord = /^([+-]?)(?:nan|(inf(?:inity)?))$/i

function toNumber(value: Value): Value {
  if (isNumber(value)) return value
  if (typeof value !== 'string') return typeError(value, 'cannot be parsed as a number')
  if (numberText.test(value)) return numberFromLiteral(value)
  const word = numberWord.exec(value)
  if (!word) return typeError(value, 'cannot be parsed as a number')
  return word[2] ? (word[1] === '-' ? -Infinity : Infinity) : Number.NaN
}

function toBoolean(value: Value): Value {
  if (typeof value === 'boolean') return value
  if (value === 'true') return true
  return value === 'false' ? false : typeError(value, 'cannot be parsed as a boolean')
}

function fromJson(value: Value): Value {
  if (typeof value !== 'string') return typeError(value, 'only strings can be parsed')
  try {
    return parseJson(value)
  } catch (error) {
    if (!(error instanceof JqInvalidJson)) throw error
    return fail(`${error.message} (while parsing '${value}')`)
  }
}

/** Whether `part` is inside `whole`: substrings, elements and entries, at any depth. */
function containsValue(whole: Value, part: Value, runtime: Runtime): boolean {
  if (typeof whole === 'string' && typeof part === 'string') {
    runtime.spendChars(whole.length)
    return whole.includes(part)
  }
  if (Array.isArray(whole) && Array.isArray(part)) {
    return part.every(item =>
      whole.some(each => {
        runtime.spend(1)
        return containsValue(each, item, runtime)
      }),
    )
  }
  if (isObject(whole) && isObject(part)) {
    return Object.keys(part).every(key => {
      const held = getOwn(whole, key)
      return held !== undefined && containsValue(held, part[key]!, runtime)
    })
  }
  return equals(whole, part)
}

function contains(whole: Value, part: Value, runtime: Runtime): boolean {
  const comparable = kindOf(whole) === kindOf(part) && (typeof whole !== 'boolean' || whole === part)
  if (!comparable) return typeError2(whole, part, 'cannot have their containment checked')
  return containsValue(whole, part, runtime)
}

/** `f` with the roles of input and argument swapped, for `in` and `inside`. */
function turned(test: (container: Value, key: Value, runtime: Runtime) => boolean): Form {
  return {
    single: ([container], context) => context.isSingle(container!),
    one: ([container], context) => {
      const outerValue = context.one(container!)
      return (input, env) => test(outerValue(input, env), input, context.runtime)
    },
    many: ([container], context) => {
      const outerValues = context.many(container!)
      return (input, env, emit) => outerValues(input, env, value => emit(test(value, input, context.runtime)))
    },
  }
}

function isDouble(test: (value: number) => boolean, problem = 'number required'): Apply {
  return (_runtime, input) => (isNumber(input) ? test(toDouble(input)) : typeError(input, problem))
}

/** What values are, and turning one kind into another. */
export const types: Family = {
  'type/0': (_runtime, input) => kindOf(input),
  'length/0': (_runtime, input) => lengthOf(input),
  'utf8bytelength/0': (_runtime, input) =>
    typeof input === 'string' ? utf8Length(input) : typeError(input, 'only strings have UTF-8 byte length'),
  'abs/0': (_runtime, input) => absolute(input),
  'toarray/0': (_runtime, input) => (Array.isArray(input) ? input : [input]),
  'tostring/0': charged((_runtime, input) => toText(input)),
  'tonumber/0': (_runtime, input) => toNumber(input),
  'toboolean/0': (_runtime, input) => toBoolean(input),
  'tojson/0': charged((_runtime, input) => compactJson(input)),
  'fromjson/0': charged((_runtime, input) => fromJson(input)),
  'keys/0': (_runtime, input) => (isObject(input) ? sortedKeys(input) : keysOf(input)),
  'keys_unsorted/0': (_runtime, input) => keysOf(input),
  'has/1': (_runtime, input, key) => hasKey(input, key),
  'in/1': turned(hasKey),
  'contains/1': (runtime, input, part) => contains(input, part, runtime),
  'inside/1': turned(contains),
  'infinite/0': () => Infinity,
  'nan/0': () => Number.NaN,
  'isinfinite/0': isDouble(value => Math.abs(value) === Infinity),
  'isnan/0': isDouble(value => Number.isNaN(value)),
  'isnormal/0': isDouble(value => Number.isFinite(value) && Math.abs(value) >= 2 ** -1022),
  'isfinite/0': (_runtime, input) => isNumber(input) && Math.abs(toDouble(input)) !== Infinity,
  'have_literal_numbers/0': () => true,
  'have_decnum/0': () => true,
}
