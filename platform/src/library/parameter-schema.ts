import { PlatformError } from '@super-data/base/errors'
import type { JsonValue, ToolDefinition } from '@super-data/contract'
import { requireExactNumbers } from '../queries/exact-numbers.ts'

/** The parameters' JSON Schema is not one a tool can have. */
export class ParameterSchemaInvalid extends PlatformError {
  readonly code = 'PARAMETER_SCHEMA_INVALID'
  readonly kind = 'invalid'
  constructor(why: string) {
    super(`the parameters are not a usable JSON Schema: ${why}`, {
      hint: 'Give an object schema: {"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}.',
    })
  }
}

type Member = { readonly [key: string]: JsonValue }

/** JSON Schema 2020-12 of an object that has its properties and nothing else. */
export type ParameterSchema = ToolDefinition['parameters'] & {
  readonly type: 'object'
  readonly properties: { [name: string]: Member }
  readonly additionalProperties: false
}

const schemaCharsMax = 100_000
const parameterName = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/

/** Names that jq gives a meaning of its own. */
const takenNames: ReadonlySet<string> = new Set(['ENV', '__loc__', '__prog_args'])

/** The schema with the promises that calls rely on. @throws ParameterSchemaInvalid · NumberInexact */
export function closedSchema(given: ToolDefinition['parameters']): ParameterSchema {
  const { $schema: _, ...schema } = given
  if (JSON.stringify(schema).length > schemaCharsMax) throw new ParameterSchemaInvalid('it is too large')
  if ((schema['type'] ?? 'object') !== 'object') throw new ParameterSchemaInvalid('its type must be object')
  const properties = schema['properties'] ?? {}
  if (!isPlainObject(properties)) throw new ParameterSchemaInvalid('properties must be an object')
  for (const [name, property] of Object.entries(properties)) requireProperty(name, property)
  requireExactNumbers(schema, '/parameters')
  requireTame(schema)
  return {
    ...schema,
    type: 'object',
    properties: properties as ParameterSchema['properties'],
    additionalProperties: false,
  }
}

function requireProperty(name: string, property: JsonValue): void {
  if (!parameterName.test(name) || takenNames.has(name)) {
    throw new ParameterSchemaInvalid(`"${name.slice(0, 100)}" cannot be a parameter's name`)
  }
  if (!isPlainObject(property)) throw new ParameterSchemaInvalid(`the schema of ${name} must be an object`)
}

function isPlainObject(value: JsonValue): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A repeated group that itself repeats or branches: the patterns that can take exponential time. */
const nestedRepetition = /\((?:[^()\\]|\\.)*[+*|{](?:[^()\\]|\\.)*\)\s*[+*{]/

/** Refuses what would make checking arguments slow, or put it off to later. */
function requireTame(schema: JsonValue): void {
  if (typeof schema !== 'object' || schema === null) return
  for (const [key, value] of Object.entries(schema)) {
    if (key === '$async') throw new ParameterSchemaInvalid('$async is not JSON Schema')
    const pattern = patternsIn(key, value).find(each => nestedRepetition.test(each))
    if (pattern !== undefined) throw new ParameterSchemaInvalid(`the pattern ${pattern} repeats a repetition`)
    requireTame(value)
  }
}

function patternsIn(key: string, value: JsonValue): string[] {
  if (key === 'pattern' && typeof value === 'string') return [value]
  return key === 'patternProperties' && isPlainObject(value) ? Object.keys(value) : []
}
