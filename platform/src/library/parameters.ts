import { PlatformError } from '@super-data/base/errors'
import { nearest } from '@super-data/base/nearest'
import type { JsonValue, ToolDefinition } from '@super-data/contract'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'

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

/** The arguments do not fit the tool's parameters; every mistake is named with its place. */
export class ParametersInvalid extends PlatformError {
  readonly code = 'PARAMETERS_INVALID'
  readonly kind = 'invalid'
  constructor(mistakes: readonly { path: string; message: string }[], hint: string | undefined) {
    super(`the parameters are wrong: ${mistakes.map(each => `${each.path || '/'} ${each.message}`).join('; ')}`, {
      ...(hint === undefined ? {} : { hint }),
      details: { mistakes },
    })
  }
}

type ParameterSchema = ToolDefinition['parameters']

/** Compiles a schema once; then checks arguments and fills in defaults. */
export class Parameters {
  readonly schema: ParameterSchema
  readonly names: readonly string[]
  /** Marked `secret: true` in the schema: never recorded. */
  readonly secrets: readonly string[]
  readonly #validate: ValidateFunction

  /** @throws ParameterSchemaInvalid */
  constructor(schema: ParameterSchema) {
    this.schema = closed(schema)
    const properties = (this.schema['properties'] ?? {}) as Record<string, { secret?: boolean }>
    this.names = Object.keys(properties)
    this.secrets = this.names.filter(name => properties[name]?.secret === true)
    this.#validate = compile(this.schema)
  }

  /** The arguments with defaults filled in. @throws ParametersInvalid */
  check(params: Readonly<Record<string, JsonValue>>): Record<string, JsonValue> {
    const filled = structuredClone(params) as Record<string, JsonValue>
    if (this.#validate(filled)) return filled
    const errors = this.#validate.errors ?? []
    throw new ParametersInvalid(errors.slice(0, 10).map(mistake), this.#hint(errors))
  }

  #hint(errors: readonly ErrorObject[]): string | undefined {
    const extra = errors.find(error => error.keyword === 'additionalProperties')?.params[
      'additionalProperty'
    ] as unknown
    const near = typeof extra === 'string' ? nearest(extra, this.names) : undefined
    if (near) return `Did you mean ${near}?`
    return this.names.length === 0 ? 'This tool takes no parameters.' : `Parameters: ${this.names.join(', ')}.`
  }
}

const schemaBytesMax = 100_000
const parameterName = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/

/** The schema with the promises that calls rely on: an object, and nothing beyond its properties. */
function closed(schema: ParameterSchema): ParameterSchema {
  if (JSON.stringify(schema).length > schemaBytesMax) throw new ParameterSchemaInvalid('it is too large')
  if ((schema['type'] ?? 'object') !== 'object') throw new ParameterSchemaInvalid('its type must be object')
  const properties = schema['properties'] ?? {}
  if (typeof properties !== 'object' || Array.isArray(properties) || properties === null) {
    throw new ParameterSchemaInvalid('properties must be an object')
  }
  const pattern = patternsOf(schema).find(each => nestedRepetition.test(each))
  if (pattern !== undefined) throw new ParameterSchemaInvalid(`the pattern ${pattern} repeats a repetition`)
  const bad = Object.keys(properties).find(name => !parameterName.test(name))
  if (bad !== undefined) throw new ParameterSchemaInvalid(`"${bad}" cannot be a parameter's name`)
  return { ...schema, type: 'object', properties, additionalProperties: false }
}

/** A repeated group that itself repeats or branches: the patterns that can take exponential time. */
const nestedRepetition = /\((?:[^()\\]|\\.)*[+*|{](?:[^()\\]|\\.)*\)\s*[+*{]/

function patternsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([key, value]) => {
    if (key === 'pattern' && typeof value === 'string') return [value]
    if (key === 'patternProperties' && typeof value === 'object' && value !== null) {
      return [...Object.keys(value), ...patternsOf(Object.values(value))]
    }
    return patternsOf(value)
  })
}

function compile(schema: ParameterSchema): ValidateFunction {
  const ajv = new Ajv2020({
    useDefaults: true,
    allErrors: true,
    strict: true,
    strictTypes: false,
    strictRequired: true,
  })
  ajv.addVocabulary(['secret'])
  try {
    return ajv.compile(schema)
  } catch (failure) {
    throw new ParameterSchemaInvalid(failure instanceof Error ? failure.message : 'it does not compile')
  }
}

function mistake(error: ErrorObject): { path: string; message: string } {
  const extra = error.params['additionalProperty'] as unknown
  if (typeof extra === 'string') return { path: `/${extra}`, message: 'is not a parameter of this tool' }
  const missing = error.params['missingProperty'] as unknown
  if (typeof missing === 'string') return { path: `/${missing}`, message: 'is required' }
  const allowed = error.params['allowedValues'] as unknown
  const values = Array.isArray(allowed)
    ? `: ${allowed
        .slice(0, 20)
        .map(value => JSON.stringify(value))
        .join(', ')}`
    : ''
  return { path: error.instancePath, message: `${error.message ?? 'is wrong'}${values}` }
}

/** A schema for parameters of which only example values are known: those of the run that became a tool. */
export function schemaFromExamples(examples: Readonly<Record<string, JsonValue>>): ParameterSchema {
  const properties = Object.fromEntries(
    Object.entries(examples).map(([name, value]) => [name, { ...typeOf(value), examples: [value] }]),
  )
  return { type: 'object', properties, required: Object.keys(examples), additionalProperties: false }
}

function typeOf(value: JsonValue): { [key: string]: JsonValue } {
  if (value === null) return {}
  if (Array.isArray(value)) return { type: 'array' }
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'number' }
  return { type: typeof value }
}
