import type { ImportChange, LibraryDocument } from '@super-data/contract'
import { findFunction } from '../library/function-rows.ts'
import type { Reader } from '../library/reader.ts'
import { findToolRow, getVersionRow } from '../library/tool-rows.ts'
import { allVersions, type VersionRow } from '../library/version-rows.ts'
import type { Principal } from '../principal.ts'

type DocumentFunction = LibraryDocument['functions'][number]
type DocumentTool = LibraryDocument['tools'][number]

/** What is brought into which project, by whom and how. */
export interface Import {
  readonly project: { readonly id: string; readonly name: string }
  readonly principal: Principal
  readonly document: LibraryDocument
  readonly onConflict: 'version' | 'skip' | 'refuse'
  readonly approve: boolean
  readonly allowSimilar: boolean
  /** Whether as many proposals as there are may wait at once. */
  readonly unlimited: boolean
  readonly signal: AbortSignal
}

/** What a function of a document would change. */
export async function functionChange(reader: Reader, given: Import, wanted: DocumentFunction): Promise<ImportChange> {
  const name = `${wanted.name}/${wanted.arity}`
  const present = await findFunction(reader, given.project.id, name)
  const versions = present ? await allVersions(reader, present.owner_id) : []
  const texts = { before: present?.definition ?? null, after: wanted.definition }
  return changeOf(given, { kind: 'function', name, hash: wanted.hash, ...texts }, { present, versions })
}

/** What a tool of a document would change, and which version that follows here. */
export async function toolChange(
  reader: Reader,
  given: Import,
  { name, hash, definition }: DocumentTool,
): Promise<{ readonly change: ImportChange; readonly expectedVersion: number | undefined }> {
  const present = await findToolRow(reader, given.project.id, name)
  const versions = present ? await allVersions(reader, present.id) : []
  const newest = present && (await getVersionRow(reader, present, present.version))
  const after = JSON.stringify(definition, null, 2)
  const before = newest ? JSON.stringify(JSON.parse(newest.definition), null, 2) : null
  const change = changeOf(given, { kind: 'tool', name, hash, before, after }, { present, versions })
  return { change, expectedVersion: present?.version }
}

type Known = Pick<VersionRow, 'hash' | 'version' | 'state'>
type Present = { readonly approved_version: number | null; readonly disabled_at: number | null }

function changeOf(
  { onConflict, approve }: Import,
  { before, ...wanted }: Pick<ImportChange, 'kind' | 'name' | 'hash' | 'before' | 'after'>,
  { present, versions }: { readonly present: Present | undefined; readonly versions: readonly Known[] },
): ImportChange {
  const same = versions.findLast(version => version.hash === wanted.hash)
  const change = { ...wanted, version: same?.version ?? null, note: null, problem: null, before: null }
  if (present && approve && isWaiting(present, versions, same)) return { ...change, action: 'approve' }
  if (present && same) return { ...change, action: 'same', note: whyNotAnswering(present, same) }
  if (versions.length === 0) return { ...change, action: 'create' }
  if (onConflict === 'skip') return { ...change, action: 'skip', before, note: 'another one of this name is here' }
  return { ...change, action: 'version', before }
}

/** Whether it is what votes are cast on now. */
function isWaiting({ disabled_at }: Present, versions: readonly Known[], same: Known | undefined): boolean {
  return same?.state === 'pending' && same === versions.at(-1) && disabled_at === null
}

function whyNotAnswering({ approved_version, disabled_at }: Present, same: Known): string | null {
  if (disabled_at !== null) return 'it is here already, disabled'
  if (same.version === approved_version) return null
  return `it is here already, ${same.state === 'approved' ? `but version ${approved_version} answers` : same.state}`
}

/** Whether it stays as it is. */
export const isLeft = ({ action }: ImportChange) => action === 'same' || action === 'skip'

/** Whether something is to be saved, which is checked before. */
export const isNew = ({ action }: ImportChange) => action === 'create' || action === 'version'
