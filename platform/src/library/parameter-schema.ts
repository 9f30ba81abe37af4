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

/** What a parameter with `fromCaller` is filled with. */
export const callerFacts = ['user', 'userId', 'role'] as const
export type CallerFact = (typeof callerFacts)[number]

/** What fills a parameter, when that is who calls rather than the caller's argument. */
export function callerFactOf(property: Member): CallerFact | undefined {
  return callerFacts.find(fact => fact === property['fromCaller'])
}

/** The schema with the promises that calls rely on. @throws ParameterSchemaInvalid · NumberInexact */
export function closedSchema(given: ToolDefinition['parameters']): ParameterSchema {
  const { $schema: _, ...schema } = given
  if (JSON.stringify(schema).length > schemaCharsMax) throw new ParameterSchemaInvalid('it is too large')
  if ((schema['type'] ?? 'object') !== 'object') throw new ParameterSchemaInvalid('its type must be object')
  const properties = schema['properties'] ?? {}
  if (!isPlainObject(properties)) throw new ParameterSchemaInvalid('properties must be an object')
  for (const [name, property] of Object.entries(properties)) requireProperty(name, property)
  requireExactNumbers(schema, '/parameters')
  requireTame(schema as Member)
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
  if (property['fromCaller'] !== undefined && callerFactOf(property) === undefined) {
    throw new ParameterSchemaInvalid(`fromCaller of ${name} must be one of ${callerFacts.join(', ')}`)
  }
}

function isPlainObject(value: JsonValue): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Keywords whose check takes no more time than its argument is long. */
const keywords: ReadonlySet<string> = new Set([
  ...['type', 'properties', 'required', 'additionalProperties', 'items', 'prefixItems', 'enum', 'const', 'default'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'pattern'],
  ...['minItems', 'maxItems', 'minProperties', 'maxProperties', 'format', 'anyOf', 'oneOf', 'allOf', 'not'],
  ...['title', 'description', 'examples', 'deprecated', 'secret', 'fromCaller'],
])

/** Keywords that hold one schema, several in a list, and several by name. */
const oneSchema: ReadonlySet<string> = new Set(['items', 'additionalProperties', 'not'])
const schemaList: ReadonlySet<string> = new Set(['prefixItems', 'anyOf', 'oneOf', 'allOf'])

const schemasMax = 300
const depthMax = 8

/** Refuses what would make checking arguments slow: it happens in the server itself. @throws ParameterSchemaInvalid */
function requireTame(schema: Member): void {
  const seen = { schemas: 0 }
  requireTameSchema(schema, 0, seen)
}

function requireTameSchema(schema: JsonValue, depth: number, seen: { schemas: number }): void {
  if (typeof schema === 'boolean') return
  if (!isPlainObject(schema)) throw new ParameterSchemaInvalid('a schema in it is no object')
  if (++seen.schemas > schemasMax) throw new ParameterSchemaInvalid(`it holds more than ${schemasMax} schemas`)
  if (depth > depthMax) throw new ParameterSchemaInvalid(`it nests schemas more than ${depthMax} deep`)
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'fromCaller' && depth !== 1)
      throw new ParameterSchemaInvalid('fromCaller fills whole parameters only')
    if (!keywords.has(keyword)) throw new ParameterSchemaInvalid(`${keyword.slice(0, 50)} cannot be used here`)
    for (const inner of innerSchemas(keyword, value)) requireTameSchema(inner, depth + 1, seen)
  }
  requireTamePattern(schema)
}

function innerSchemas(keyword: string, value: JsonValue): readonly JsonValue[] {
  if (oneSchema.has(keyword)) return [value]
  if (schemaList.has(keyword)) return Array.isArray(value) ? value : []
  return keyword === 'properties' && isPlainObject(value) ? Object.values(value) : []
}

/** Longest text that is held against a pattern, and repetitions without an end in one: together they bound the time. */
const patternTextMax = 1_000
const repetitionsMax = 2

function requireTamePattern({ pattern, maxLength }: Member): void {
  if (pattern === undefined) return
  if (typeof pattern !== 'string') throw new ParameterSchemaInvalid('a pattern must be a text')
  if (typeof maxLength !== 'number' || maxLength > patternTextMax) {
    throw new ParameterSchemaInvalid(`a pattern needs a maxLength of ${patternTextMax} or less beside it`)
  }
  const plain = pattern.replace(/\\./gs, 'x').replace(/\[[^\]]*\]/g, 'x')
  const repeated = (plain.match(/[*+]|\{\d+,\d*\}/g) ?? []).length
  if (/\\[1-9k]/.test(pattern) || /\(\?[=!<]/.test(plain)) {
    throw new ParameterSchemaInvalid(`the pattern ${pattern} looks around or back`)
  }
  if (repeated > repetitionsMax || /\)\s*[*+{]/.test(plain)) {
    throw new ParameterSchemaInvalid(`the pattern ${pattern} repeats a group, or more than ${repetitionsMax} times`)
  }
}
