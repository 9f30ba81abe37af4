import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  DuckDBListValue,
  type DuckDBPreparedStatement,
  DuckDBStructValue,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  SQLNULL,
  STRUCT,
  VARCHAR,
} from '@duckdb/node-api'
import { nearest } from '@super-data/base/nearest'
import { SqlParameterInvalid } from '../errors.ts'

/** The SQL type of a JSON value, before it is fitted to its neighbours in a list. */
type Kind =
  | { readonly is: 'null' | 'boolean' | 'integer' | 'number' | 'text' }
  | { readonly is: 'list'; readonly of: Kind }
  | { readonly is: 'struct'; readonly fields: ReadonlyMap<string, Kind> }

/**
 * Gives every `$name` of a statement its value.
 *
 * @throws SqlParameterInvalid when one is missing, superfluous, or has no SQL type.
 */
export function bindParameters(
  statement: DuckDBPreparedStatement,
  names: readonly string[],
  values: Readonly<Record<string, unknown>>,
): void {
  checkNames(names, values)
  for (const name of names) {
    const kind = kindOf(values[name], `$${name}`)
    statement.bindValue(statement.parameterIndex(name), toDuck(values[name], kind), toType(kind))
  }
}

/** @throws SqlParameterInvalid */
export function checkNames(names: readonly string[], values: Readonly<Record<string, unknown>>): void {
  const missing = names.filter(name => !Object.hasOwn(values, name))
  if (missing.length > 0) {
    throw new SqlParameterInvalid(`no value for ${missing.map(name => `$${name}`).join(', ')}`, {
      hint: 'Give a value for every $name of the query.',
      details: { missing },
    })
  }
  const extra = Object.keys(values).filter(name => !names.includes(name))
  if (extra.length === 0) return
  const near = nearest(extra[0]!, names)
  throw new SqlParameterInvalid(`the query has no parameter ${extra.map(name => `$${name}`).join(', ')}`, {
    hint:
      near === undefined ? `It has ${names.map(name => `$${name}`).join(', ') || 'none'}.` : `Did you mean $${near}?`,
    details: { extra },
  })
}

function kindOf(value: unknown, where: string): Kind {
  if (value === null || value === undefined) return { is: 'null' }
  if (typeof value === 'boolean') return { is: 'boolean' }
  if (typeof value === 'string') return { is: 'text' }
  if (typeof value === 'number') return { is: Number.isSafeInteger(value) ? 'integer' : 'number' }
  if (Array.isArray(value)) {
    const kinds = value.map(element => kindOf(element, where))
    return { is: 'list', of: kinds.reduce((a, b) => unify(a, b, where), { is: 'null' }) }
  }
  const entries = Object.entries(value as object)
  if (entries.length === 0) throw new SqlParameterInvalid(`${where} holds an empty object, which SQL has no type for`)
  return { is: 'struct', fields: new Map(entries.map(([name, field]) => [name, kindOf(field, where)])) }
}

function unify(a: Kind, b: Kind, where: string): Kind {
  if (a.is === 'null') return b
  if (b.is === 'null') return a
  if (a.is === 'list' && b.is === 'list') return { is: 'list', of: unify(a.of, b.of, where) }
  if (a.is === 'struct' && b.is === 'struct') return unifyStructs(a.fields, b.fields, where)
  if (a.is === b.is) return a
  if ([a.is, b.is].every(is => is === 'integer' || is === 'number')) return { is: 'number' }
  throw new SqlParameterInvalid(`${where} mixes ${a.is} and ${b.is} in one list`, {
    hint: 'The elements of a list need one type.',
  })
}

function unifyStructs(a: ReadonlyMap<string, Kind>, b: ReadonlyMap<string, Kind>, where: string): Kind {
  const fields = new Map(a)
  for (const [name, kind] of b) fields.set(name, unify(fields.get(name) ?? { is: 'null' }, kind, where))
  return { is: 'struct', fields }
}

function toType(kind: Kind): DuckDBType {
  switch (kind.is) {
    case 'null':
      return SQLNULL
    case 'boolean':
      return BOOLEAN
    case 'integer':
      return BIGINT
    case 'number':
      return DOUBLE
    case 'text':
      return VARCHAR
    case 'list':
      return LIST(toType(kind.of))
    case 'struct':
      return STRUCT(Object.fromEntries([...kind.fields].map(([name, field]) => [name, toType(field)])))
  }
}

function toDuck(value: unknown, kind: Kind): DuckDBValue {
  if (value === null || value === undefined) return null
  switch (kind.is) {
    case 'integer':
      return BigInt(value as number)
    case 'list':
      return new DuckDBListValue((value as unknown[]).map(element => toDuck(element, kind.of)))
    case 'struct': {
      const from = value as Readonly<Record<string, unknown>>
      return new DuckDBStructValue(
        Object.fromEntries(
          [...kind.fields].map(([name, field]) => [name, toDuck(Object.hasOwn(from, name) ? from[name] : null, field)]),
        ),
      )
    }
    default:
      return value as DuckDBValue
  }
}
