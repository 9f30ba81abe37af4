import type { Field } from '../dataset.ts'

/** Whether two versions have the same structure: paths, types, and what may be missing. Values do not count. */
export function isSameStructure(a: readonly Field[], b: readonly Field[]): boolean {
  return structureOf(a) === structureOf(b)
}

function structureOf(fields: readonly Field[]): string {
  return fields
    .map(({ path, types, optional }) => `${path} ${[...types].sort().join('|')} ${optional}`)
    .sort()
    .join('\n')
}
