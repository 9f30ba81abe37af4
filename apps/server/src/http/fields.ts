import type { Operation } from '@super-data/contract'
import { z } from 'zod'

/** One field of an input or output, as people read about it. */
export interface FieldText {
  readonly name: string
  readonly type: string
  readonly required: boolean
  readonly about: string
  /** As JSON; undefined when there is none. */
  readonly default: string | undefined
}

interface PropertySchema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly items?: PropertySchema
  readonly anyOf?: readonly PropertySchema[]
  readonly default?: unknown
  readonly description?: string
}

export function inputFields(operation: Operation): FieldText[] {
  return fieldsOf(operation.input, 'input')
}

/** The fields of the answer; none when it is not an object. */
export function outputFields(operation: Operation): FieldText[] {
  return fieldsOf(operation.output, 'output')
}

function fieldsOf(schema: z.ZodType, io: 'input' | 'output'): FieldText[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as {
    properties?: Record<string, PropertySchema>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    type: typeText(property),
    required: required.includes(name),
    about: property.description ?? '',
    default: property.default === undefined ? undefined : JSON.stringify(property.default),
  }))
}

function typeText({ type, enum: values, const: only, items, anyOf }: PropertySchema): string {
  if (values) return values.map(String).join(' | ')
  if (only !== undefined) return JSON.stringify(only)
  if (anyOf) return [...new Set(anyOf.map(typeText))].join(' | ')
  if (type === 'array') return `array of ${items ? typeText(items) : 'any'}`
  return Array.isArray(type) ? type.join(' | ') : String(type ?? 'any')
}
