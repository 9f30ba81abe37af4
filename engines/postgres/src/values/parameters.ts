import type { WireValue } from '../connections/statement.ts'
import { PostgresParameterInvalid } from '../errors.ts'
import type { TypeNames } from '../sql/function-catalog.ts'
import { isTyped, toTypedWire, toWire } from './encode.ts'

export interface BoundParameters {
  readonly values: readonly WireValue[]
  readonly types: readonly number[]
}

/**
 * Parameters as they travel with a statement.
 *
 * @param expected highest `$n` of the statement.
 * @throws PostgresParameterInvalid
 */
export function bindParameters(
  params: readonly unknown[],
  { expected, max, types }: { readonly expected: number; readonly max: number; readonly types: TypeNames },
): BoundParameters {
  if (params.length > max) throw new PostgresParameterInvalid(`at most ${max} parameters are allowed`)
  if (params.length !== expected) {
    throw new PostgresParameterInvalid(`the statement takes ${expected} parameters, and ${params.length} were given`, {
      details: { expected, given: params.length },
    })
  }
  return {
    values: params.map(param => (isTyped(param) ? toTypedWire(param) : toWire(param))),
    types: params.map(param => (isTyped(param) ? typeOf(param.type, types) : 0)),
  }
}

function typeOf(name: string, types: TypeNames): number {
  const oid = types.oidOf(name)
  if (oid !== undefined) return oid
  throw new PostgresParameterInvalid(`there is no type ${name.slice(0, 100)}`, {
    hint: 'Types are named as in a cast: int8, timestamptz, jsonb, text[].',
  })
}
