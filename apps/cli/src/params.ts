import { nearest } from '@super-data/base/nearest'
import { UsageWrong } from './errors.ts'
import { kindOf, parseBoolean, parseJsonText, parseNumber, type ValueSchema } from './fields.ts'

export type Params = Record<string, unknown>

/** `--param name=value`, collected: JSON where it reads as JSON, otherwise text. */
export function collectParam(typed: string, collected: Params = {}): Params {
  const equals = typed.indexOf('=')
  if (equals < 1) throw new UsageWrong(`--param takes name=value, not '${typed}'`)
  return { ...collected, [typed.slice(0, equals)]: guessValue(typed.slice(equals + 1)) }
}

/** JSON when it is JSON and keeps its digits; `007`, long ids and words stay text. */
export function guessValue(typed: string): unknown {
  try {
    const value: unknown = JSON.parse(typed)
    return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? typed : value
  } catch {
    return typed
  }
}

/** A flag that was typed after a tool's name, before anything is known about the tool. */
export interface TypedFlag {
  readonly name: string
  /** Absent for `--name` alone. */
  readonly value?: string
}

/**
 * Flags as parameters, each of the type that the tool declares.
 *
 * @param schema JSON Schema of the tool's parameters.
 * @throws UsageWrong for a name the tool does not have, and for a value that is not of its type.
 */
export function typeParams(flags: readonly TypedFlag[], schema: ValueSchema): Params {
  const properties = schema.properties ?? {}
  const params: Params = {}
  for (const flag of flags) {
    const name = parameterName(flag.name, Object.keys(properties))
    params[name] = typedValue(flag, properties[name] ?? {})
  }
  return params
}

/** `--min-total` reaches `min_total` and `minTotal`. */
function parameterName(typed: string, known: readonly string[]): string {
  const camel = typed.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const found = [typed, typed.replaceAll('-', '_'), camel].find(name => known.includes(name))
  if (found !== undefined) return found
  const near = nearest(typed, known)
  throw new UsageWrong(`the tool has no parameter '${typed}'`, {
    hint: near === undefined ? listed(known) : `Did you mean --${near}?`,
  })
}

function listed(known: readonly string[]): string {
  return known.length === 0 ? 'It takes no parameters.' : `It takes ${known.map(name => `--${name}`).join(', ')}.`
}

function typedValue({ name, value }: TypedFlag, schema: ValueSchema): unknown {
  if (value === undefined) {
    if (kindOf(schema) === 'boolean') return true
    throw new UsageWrong(`--${name} needs a value`)
  }
  if (schema.type === undefined) return guessValue(value)
  const types = [schema.type].flat()
  if (value === 'null' && types.includes('null')) return null
  if (types.includes('string')) return value
  const kind = kindOf(schema)
  if (kind === 'number') return parseNumber(value, `--${name}`)
  if (kind === 'boolean') return parseBoolean(value, `--${name}`)
  if (kind === 'list' && !value.trimStart().startsWith('[')) return value.split(',')
  return parseJsonText(value, `--${name}`)
}
