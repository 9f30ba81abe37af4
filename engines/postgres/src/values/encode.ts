import type { WireValue } from '../connections/statement.ts'
import { PostgresParameterInvalid } from '../errors.ts'

/** A parameter whose type the caller names, where PostgreSQL would guess another. */
export interface TypedParameter {
  readonly value: unknown
  /** As in a cast: `jsonb`, `timestamptz`, `int8[]`. */
  readonly type: string
}

/**
 * A value as the server reads it: arrays become PostgreSQL arrays, objects JSON, bytes stay bytes.
 *
 * @throws PostgresParameterInvalid
 */
export function toWire(value: unknown): WireValue {
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (Array.isArray(value)) return toArrayText(value)
  return toText(value)
}

/** With a JSON type, arrays are JSON too. */
export function toTypedWire({ value, type }: TypedParameter): WireValue {
  const isJson = /^jsonb?$/i.test(type.trim())
  return isJson && value !== null && value !== undefined ? checked(JSON.stringify(value)) : toWire(value)
}

export function isTyped(value: unknown): value is TypedParameter {
  if (typeof value !== 'object' || value === null) return false
  const keys = Object.keys(value)
  return keys.length === 2 && 'value' in value && 'type' in value && typeof value.type === 'string'
}

function toText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return checked(value)
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      return checked(JSON.stringify(value))
    default:
      throw new PostgresParameterInvalid(`a parameter cannot be a ${typeof value}`)
  }
}

function toArrayText(values: readonly unknown[]): string {
  return `{${values.map(toElement).join(',')}}`
}

function toElement(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (Array.isArray(value)) return toArrayText(value)
  if (value instanceof Uint8Array) return `"\\\\x${Buffer.from(value).toString('hex')}"`
  return `"${toText(value).replace(/[\\"]/g, '\\$&')}"`
}

/** PostgreSQL has no NUL in text, and its driver would end the value there. */
function checked(text: string): string {
  if (!text.includes('\0')) return text
  throw new PostgresParameterInvalid('a parameter contains the character NUL, which PostgreSQL cannot store')
}
