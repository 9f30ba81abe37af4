import type { Field } from '../dataset.ts'

/** What one version of a structure has and the one before it had not, or the other way round. */
export interface StructureChange {
  readonly path: string
  readonly change: 'added' | 'removed' | 'types' | 'optional' | 'required'
  /** Types, as `null|string`. */
  readonly before?: string
  readonly after?: string
  /** Who reads the older structure may go wrong: something is gone, may be missing now, or is of another type. */
  readonly breaking: boolean
}

/** What changed from one version to the next, in the order of the paths. */
export function structureChanges(before: readonly Field[], after: readonly Field[]): StructureChange[] {
  const old = new Map(before.map(field => [field.path, field]))
  const now = new Map(after.map(field => [field.path, field]))
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort()
  return paths.flatMap(path => changesAt(path, old.get(path), now.get(path)))
}

function changesAt(path: string, before: Field | undefined, after: Field | undefined): StructureChange[] {
  if (before === undefined) return [{ path, change: 'added', after: typesOf(after), breaking: false }]
  if (after === undefined) return [{ path, change: 'removed', before: typesOf(before), breaking: true }]
  const changes: StructureChange[] = []
  const types = { before: typesOf(before), after: typesOf(after) }
  if (types.before !== types.after) changes.push({ path, change: 'types', ...types, breaking: isWider(before, after) })
  if (before.optional !== after.optional)
    changes.push({ path, change: after.optional ? 'optional' : 'required', breaking: after.optional })
  return changes
}

function typesOf(field: Field | undefined): string {
  return [...(field?.types ?? [])].sort().join('|')
}

function isWider(before: Field, after: Field): boolean {
  return after.types.some(type => !before.types.includes(type))
}
