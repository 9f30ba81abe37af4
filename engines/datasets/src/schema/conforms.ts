import type { Field, JsonValue } from '../dataset.ts'
import { missingPaths, type PathProblem } from './path-check.ts'
import { SchemaTree } from './schema-tree.ts'

/**
 * Finds what keeps values from being of a structure: paths that all of its values have, and types it does not know.
 *
 * @param path of the values in the structure: `.` or `.[]`.
 */
export function structureProblems(
  values: readonly JsonValue[],
  fields: readonly Field[],
  path: '.' | '.[]',
): PathProblem[] {
  const tree = new SchemaTree()
  for (const value of values) tree.add(value)
  const learned = tree.fields(path)
  const needed = fields.filter(field => !field.optional).map(field => field.path)
  const known = new Map(fields.map(field => [field.path, field.types]))
  const others = learned.flatMap(({ path: at, types }) => {
    const allowed = known.get(at)
    const other = allowed && types.find(type => !allowed.includes(type))
    return other ? [{ path: at, problem: `${at} is ${other}, not ${allowed.join(' or ')}` }] : []
  })
  return [...missingPaths(learned, needed), ...others]
}
