import { PlatformError } from '@super-data/base/errors'
import { nearest } from '@super-data/base/nearest'
import type { JsonValue, ToolDefinition } from '@super-data/contract'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Principal } from '../principal.ts'
import {
  type CallerFact,
  callerFactOf,
  closedSchema,
  type ParameterSchema,
  ParameterSchemaInvalid,
} from './parameter-schema.ts'

/** The arguments do not fit the tool's parameters; every mistake is named with its place. */
export class ParametersInvalid extends PlatformError {
  readonly code = 'PARAMETERS_INVALID'
  readonly kind = 'invalid'
  constructor(mistakes: readonly { path: string; message: string }[], hint: string) {
    super(`the parameters are wrong: ${mistakes.map(each => `${each.path || '/'} ${each.message}`).join('; ')}`, {
      hint,
      details: { mistakes },
    })
  }
}

const mistakesMax = 10

/** Larger arguments are checked to their first mistake only: a list of a million wrong items makes no million errors. */
const thoroughCharsMax = 100_000

/** Checks arguments and fills in defaults. Thousands of tools are listed and few are called: compiled when first used. */
export class Parameters {
  readonly schema: ParameterSchema
  readonly names: readonly string[]
  /** Marked `secret: true` in the schema: never recorded. */
  readonly secrets: readonly string[]
  /** Filled with who calls, whatever the caller says. */
  readonly #callerFacts: ReadonlyMap<string, CallerFact>
  #findAll: ValidateFunction | undefined
  #findFirst: ValidateFunction | undefined

  /** @throws ParameterSchemaInvalid for what shows without compiling the schema */
  constructor(schema: ToolDefinition['parameters']) {
    this.schema = closedSchema(schema)
    const properties = Object.entries(this.schema.properties)
    this.names = properties.map(([name]) => name)
    this.secrets = properties.filter(([, property]) => property['secret'] === true).map(([name]) => name)
    this.#callerFacts = new Map(
      properties.flatMap(([name, property]) => {
        const fact = callerFactOf(property)
        return fact ? [[name, fact]] : []
      }),
    )
  }

  /** What callers may give: without the parameters that are filled with who they are. */
  get callable(): ParameterSchema {
    if (this.#callerFacts.size === 0) return this.schema
    const isGiven = (name: string) => !this.#callerFacts.has(name)
    const { required } = this.schema
    return {
      ...this.schema,
      properties: Object.fromEntries(Object.entries(this.schema.properties).filter(([name]) => isGiven(name))),
      ...(Array.isArray(required) ? { required: required.filter(name => isGiven(String(name))) } : {}),
    }
  }

  /** Proves that calls can be checked. @throws ParameterSchemaInvalid */
  requireUsable(): void {
    const validate = this.#validator('all')
    if (validate({})) return
    // A default that its own schema refuses would make every call fail.
    const wrong = validate.errors?.find(error => error.keyword !== 'required')
    if (!wrong) return
    const { path, message } = toMistake(wrong)
    throw new ParameterSchemaInvalid(`the default of ${path} ${message}`)
  }

  /** The arguments of a call, with who calls and defaults filled in. @throws ParametersInvalid · ParameterSchemaInvalid */
  checkFor(caller: Principal, params: Readonly<Record<string, JsonValue>>): Record<string, JsonValue> {
    const facts: Record<CallerFact, string> = { user: caller.userName, userId: caller.userId, role: caller.role }
    const given = [...this.#callerFacts.keys()].filter(name => Object.hasOwn(params, name))
    if (given.length > 0) {
      const mistakes = given.map(name => ({ path: `/${name}`, message: 'is filled in with who calls' }))
      throw new ParametersInvalid(mistakes, 'Leave it out.')
    }
    return this.check({
      ...params,
      ...Object.fromEntries([...this.#callerFacts].map(([name, fact]) => [name, facts[fact]])),
    })
  }

  /** The arguments with defaults filled in, where nobody calls: test cases say who it would be. @throws ParametersInvalid · ParameterSchemaInvalid */
  check(params: Readonly<Record<string, JsonValue>>): Record<string, JsonValue> {
    const filled = structuredClone(params) as Record<string, JsonValue>
    const validate = this.#validator(JSON.stringify(params).length > thoroughCharsMax ? 'first' : 'all')
    if (validate(filled)) return filled
    const errors = validate.errors ?? []
    throw new ParametersInvalid(errors.slice(0, mistakesMax).map(toMistake), this.#hint(errors))
  }

  #validator(mistakes: 'all' | 'first'): ValidateFunction {
    if (mistakes === 'all') {
      this.#findAll ??= compile(this.schema, true)
      return this.#findAll
    }
    this.#findFirst ??= compile(this.schema, false)
    return this.#findFirst
  }

  #hint(errors: readonly ErrorObject[]): string {
    const extra = errors.find(error => error.keyword === 'additionalProperties')?.params['additionalProperty']
    const names = this.names.filter(name => !this.#callerFacts.has(name))
    const near = typeof extra === 'string' ? nearest(extra, names) : undefined
    if (near) return `Did you mean ${near}?`
    return names.length === 0 ? 'This tool takes no parameters.' : `Parameters: ${names.join(', ')}.`
  }
}

/** Holds schemas against the standard's own: that one is compiled once, and not for every schema again. */
const standard = new Ajv2020({ strict: false, validateFormats: false })

function compile(schema: ParameterSchema, allErrors: boolean): ValidateFunction {
  if (standard.validateSchema(schema) !== true) {
    throw new ParameterSchemaInvalid(standard.errorsText(standard.errors, { dataVar: 'parameters' }))
  }
  const ajv = new Ajv2020({
    meta: false,
    validateSchema: false,
    useDefaults: true,
    ownProperties: true,
    allErrors,
    strict: true,
    strictTypes: false,
    strictRequired: true,
    // As the standard says: `format` describes, it does not refuse.
    validateFormats: false,
  })
  ajv.addVocabulary(['secret', 'fromCaller'])
  try {
    return ajv.compile(schema)
  } catch (failure) {
    throw new ParameterSchemaInvalid(failure instanceof Error ? failure.message : 'it does not compile')
  }
}

function toMistake(error: ErrorObject): { path: string; message: string } {
  const { additionalProperty, missingProperty, allowedValues } = error.params as Record<string, unknown>
  if (typeof additionalProperty === 'string') {
    const message = error.instancePath === '' ? 'is not a parameter of this tool' : 'is not expected there'
    return { path: memberPath(error.instancePath, additionalProperty), message }
  }
  if (typeof missingProperty === 'string') {
    return { path: memberPath(error.instancePath, missingProperty), message: 'is required' }
  }
  const allowed = Array.isArray(allowedValues)
    ? `: ${allowedValues
        .slice(0, 20)
        .map(value => JSON.stringify(value))
        .join(', ')}`
    : ''
  return { path: error.instancePath, message: `${error.message ?? 'is wrong'}${allowed}` }
}

function memberPath(path: string, name: string): string {
  return `${path}/${name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** A schema for parameters of which only example values are known: those of the run that became a tool. */
export function schemaFromExamples(examples: Readonly<Record<string, JsonValue>>): ToolDefinition['parameters'] {
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
