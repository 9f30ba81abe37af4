import type { ImportChange, LibraryDocument } from '@super-data/contract'
import type { EventDraft } from '../events/outbox.ts'
import { findFunction } from '../library/function-rows.ts'
import type { Functions } from '../library/functions.ts'
import type { Reviews } from '../library/reviews.ts'
import { definitionHash } from '../library/saved-version.ts'
import type { ToolChecker } from '../library/tool-checker.ts'
import { findToolRow, getVersionRow } from '../library/tool-rows.ts'
import type { Tools } from '../library/tools.ts'
import { allVersions } from '../library/version-rows.ts'
import type { LibraryTransaction } from '../state/library.ts'
import { DocumentResolver } from './document-resolver.ts'
import { DocumentInvalid, ImportConflict } from './errors.ts'
import { verifyDocument } from './library-document.ts'

export interface ImportParts {
  readonly functions: Functions
  readonly tools: Tools
  readonly reviews: Reviews
  readonly checker: ToolChecker
}

export interface Import {
  readonly project: { readonly id: string; readonly name: string }
  readonly userId: string
  readonly document: LibraryDocument
  readonly onConflict: 'version' | 'skip' | 'refuse'
  readonly approve: boolean
  /** Whether as many proposals as there are may wait at once. */
  readonly unlimited: boolean
  readonly signal: AbortSignal
}

type DocumentFunction = LibraryDocument['functions'][number]
type DocumentTool = LibraryDocument['tools'][number]

interface Imported {
  readonly changes: ImportChange[]
  readonly events: EventDraft[]
}

/**
 * Brings a document into a project, in one transaction: functions before what uses them, each as a version that waits
 * for review. What is here already with the same content stays as it is.
 *
 * @throws DocumentInvalid · ImportConflict · ProposalsTooMany · what saving a function or tool throws.
 */
export async function importDocument(
  parts: ImportParts,
  transaction: LibraryTransaction,
  given: Import,
): Promise<Imported> {
  const imported: Imported = { changes: [], events: [] }
  for (const each of verifyDocument(given.document)) await importFunction(parts, transaction, given, each, imported)
  for (const each of given.document.tools) await importTool(parts, transaction, given, each, imported)
  const conflicts = imported.changes.filter(change => change.action === 'version').map(change => change.name)
  if (given.onConflict === 'refuse' && conflicts.length > 0) throw new ImportConflict(conflicts)
  return imported
}

async function importFunction(
  { functions, reviews }: ImportParts,
  transaction: LibraryTransaction,
  given: Import,
  wanted: DocumentFunction,
  imported: Imported,
): Promise<void> {
  const { project, userId, document } = given
  const name = `${wanted.name}/${wanted.arity}`
  const present = await findFunction(transaction, project.id, name)
  const versions = present ? await allVersions(transaction, present.owner_id) : []
  const change = skipIf(given, changeOf('function', name, wanted, versions, present?.definition, wanted.definition))
  if (isLeft(change)) return void imported.changes.push(change)
  const { definition, description } = wanted
  const saved = await functions.save(transaction, {
    ...{ projectId: project.id, userId, definition, description, expectedVersion: undefined, imported: true },
    resolver: new DocumentResolver(project.id, document, wanted.uses),
  })
  if (saved.function.hash !== wanted.hash) throw new DocumentInvalid([`${name} is not what its text says`])
  imported.changes.push({ ...change, version: saved.function.version })
  imported.events.push(...saved.events)
  const row = await functions.row(transaction, project.id, name)
  await settle(reviews, transaction, given, { ...row, id: row.owner_id, project_id: project.id }, imported)
}

async function importTool(
  { tools, reviews, checker }: ImportParts,
  transaction: LibraryTransaction,
  given: Import,
  wanted: DocumentTool,
  imported: Imported,
): Promise<void> {
  const { project, userId, document, signal } = given
  const present = await findToolRow(transaction, project.id, wanted.name)
  const versions = present ? await allVersions(transaction, present.id) : []
  const newest = present && (await getVersionRow(transaction, present, present.version))
  const after = JSON.stringify(wanted.definition, null, 2)
  const before = newest && JSON.stringify(JSON.parse(newest.definition), null, 2)
  const change = skipIf(given, changeOf('tool', wanted.name, wanted, versions, before, after))
  if (isLeft(change)) return void imported.changes.push(change)
  const functions = new DocumentResolver(project.id, document, wanted.functions)
  const checked = await checker.check(project, wanted.definition, { functions, signal, sourcesMustExist: false })
  if (definitionHash(checked.definition, checked.functions) !== wanted.hash) {
    throw new DocumentInvalid([`${wanted.name} is not what its text says`])
  }
  const saving = { ...checked, projectId: project.id, name: wanted.name, userId }
  const saved = present
    ? await tools.update(transaction, { ...saving, expectedVersion: present.version })
    : await tools.create(transaction, { ...saving, origin: 'manual' })
  imported.changes.push({ ...change, version: saved.tool.version })
  imported.events.push(...saved.events)
  const tool = await findToolRow(transaction, project.id, wanted.name)
  if (tool) await settle(reviews, transaction, given, tool, imported)
}

/** Before the team, like any other proposal, unless an admin vouches for it. */
async function settle(
  reviews: Reviews,
  transaction: LibraryTransaction,
  { userId, approve, unlimited }: Import,
  owner: Parameters<Reviews['submit']>[1],
  imported: Imported,
): Promise<void> {
  if (approve) imported.events.push(...(await reviews.approveImport(transaction, owner, userId)))
  else {
    const { version } = owner
    const change = {
      userId,
      unlimited,
      justification: 'Imported.',
      version,
      checks: null,
      together: true,
      allowSimilar: true,
    }
    imported.events.push(...(await reviews.submit(transaction, owner, change)))
  }
}

function changeOf(
  kind: ImportChange['kind'],
  name: string,
  { hash }: { readonly hash: string },
  versions: readonly { readonly hash: string; readonly version: number }[],
  before: string | undefined,
  after: string,
): ImportChange {
  const same = versions.findLast(version => version.hash === hash)
  const action = same ? 'same' : versions.length === 0 ? 'create' : 'version'
  const version = same?.version ?? null
  return {
    kind,
    name,
    version,
    action,
    hash,
    note: null,
    before: action === 'version' ? (before ?? null) : null,
    after,
  }
}

const isLeft = ({ action }: ImportChange) => action === 'same' || action === 'skip'

function skipIf({ onConflict }: Import, change: ImportChange): ImportChange {
  if (onConflict !== 'skip' || change.action !== 'version') return change
  return { ...change, action: 'skip', note: 'another one of this name is here' }
}
