import type { Operation } from '@super-data/contract'
import { z } from 'zod'
import { JsonInvalid, UsageWrong } from './errors.ts'
import { readText } from './input-text.ts'
import type { Shell } from './terminal.ts'

/** How a field is written on the command line. */
export type FieldKind = 'number' | 'boolean' | 'word' | 'text' | 'list' | 'json'

/** One input field of an operation, as the command line takes it. */
export interface Field {
  /** As the contract names it: `maxRows`. */
  readonly name: string
  /** As it is typed: `max-rows`. */
  readonly flag: string
  readonly kind: FieldKind
  readonly about: string
  readonly required: boolean
  readonly choices: readonly string[] | undefined
  readonly byDefault: unknown
}

/** The part of JSON Schema that says how a value is written. */
export interface ValueSchema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly description?: string
  readonly default?: unknown
  readonly maxLength?: number
  readonly items?: ValueSchema
  readonly properties?: Readonly<Record<string, ValueSchema>>
  readonly required?: readonly string[]
}

/** Longer texts are worth a file: they may be given as `@file` or `-`. */
const longText = 5_000

/** The fields of an operation's input, in the order of its declaration. */
export function fieldsOf(operation: Operation): readonly Field[] {
  const schema = z.toJSONSchema(operation.input, { io: 'input' }) as ValueSchema
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    flag: toFlag(name),
    kind: kindOf(property),
    about: property.description ?? '',
    required: schema.required?.includes(name) ?? false,
    choices: property.enum?.map(String),
    byDefault: property.default,
  }))
}

export function toFlag(name: string): string {
  return name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}

/** The area and the verb, as they are typed. */
export function wordsOf(operation: string): readonly string[] {
  return operation.split('.').map(toFlag)
}

export function kindOf(schema: ValueSchema): FieldKind {
  const types = schema.type === undefined ? [] : [schema.type].flat()
  if (types.includes('boolean')) return 'boolean'
  if (types.includes('integer') || types.includes('number')) return 'number'
  if (types.includes('string')) return (schema.maxLength ?? 0) > longText ? 'text' : 'word'
  if (types.includes('array') && schema.items?.type === 'string') return 'list'
  return 'json'
}

/**
 * What was typed for a field, as the value that the operation takes.
 *
 * @throws UsageWrong · JsonInvalid · InputUnreadable
 */
export async function parseField(field: Field, typed: string | boolean, shell: Shell): Promise<unknown> {
  if (typeof typed === 'boolean') return typed
  const parsers: Readonly<Record<FieldKind, () => unknown>> = {
    number: () => parseNumber(typed, `--${field.flag}`),
    boolean: () => parseBoolean(typed, `--${field.flag}`),
    word: () => typed,
    text: () => readText(typed, shell),
    list: () => parseList(typed, `--${field.flag}`, shell),
    json: async () => parseJsonText(await readText(typed, shell), `--${field.flag}`),
  }
  return parsers[field.kind]()
}

export function parseNumber(typed: string, where: string): number {
  const value = typed.trim() === '' ? Number.NaN : Number(typed)
  if (!Number.isFinite(value)) throw new UsageWrong(`${where} takes a number, not '${typed}'`)
  return value
}

export function parseBoolean(typed: string, where: string): boolean {
  if (typed === 'true') return true
  if (typed === 'false') return false
  throw new UsageWrong(`${where} takes true or false, not '${typed}'`)
}

/** `a,b`, or JSON for what has commas in it. */
async function parseList(typed: string, where: string, shell: Shell): Promise<unknown> {
  const text = await readText(typed, shell)
  if (text.trimStart().startsWith('[')) return parseJsonText(text, where)
  return text.split(',').map(item => item.trim())
}

export function parseJsonText(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new JsonInvalid(where, error as Error)
  }
}
