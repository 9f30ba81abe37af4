import type { BigLiteral } from './big-literal.ts'
import { isBigLiteral } from './big-literal.ts'

/** Any JSON value as the engine holds it. Values are never changed in place once they have been handed out. */
export type Value = null | boolean | number | string | BigLiteral | Value[] | JqObject

/** A JSON object: only its own properties count, `__proto__` included. */
export type JqObject = { [key: string]: Value }

/** The names of types, as `type` gives them. */
export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object'

/** The name jq gives to the type of a value. */
export function kindOf(value: Value): Kind {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'number':
      return 'number'
    case 'boolean':
      return 'boolean'
    default:
      if (value === null) return 'null'
      if (Array.isArray(value)) return 'array'
      return isBigLiteral(value) ? 'number' : 'object'
  }
}

export function isObject(value: Value | undefined): value is JqObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isBigLiteral(value)
}

export function isNumber(value: Value | undefined): value is number | BigLiteral {
  return typeof value === 'number' || isBigLiteral(value)
}

/** The double behind a number value. */
export function toDouble(value: number | BigLiteral): number {
  return typeof value === 'number' ? value : value.double
}

/** Everything but `false` and `null`. */
export function isTruthy(value: Value): boolean {
  return value !== false && value !== null
}

/** Sets an own property, also when it is called `__proto__`. */
export function setOwn(object: JqObject, key: string, value: Value): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    object[key] = value
  }
}

/** The own property, or `undefined`; inherited ones such as `constructor` do not count. */
export function getOwn(object: JqObject, key: string): Value | undefined {
  const value = object[key]
  if (value === undefined) return undefined
  if (typeof value === 'function' || key === '__proto__') return Object.hasOwn(object, key) ? object[key] : undefined
  return value
}
