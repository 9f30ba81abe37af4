import { setImmediate as nextTurn } from 'node:timers/promises'
import { must } from '@super-data/base/errors'
import type { Checks, ImportChange, LibraryDocument } from '@super-data/contract'
import { savepoint } from '@super-data/metadata'
import type { EventDraft } from '../events/outbox.ts'
import type { LibraryParts } from '../library/library-parts.ts'
import { type ProvenTool, proveFunction } from '../library/proposal.ts'
import type { Reviewed, Reviews } from '../library/reviews.ts'
import { TakenNames } from '../library/tool-name.ts'
import { getToolRow } from '../library/tool-rows.ts'
import { allVersions, newestOf } from '../library/version-rows.ts'
import type { LibraryTransaction } from '../state/library.ts'
import { DocumentResolver } from './document-resolver.ts'
import { DocumentInvalid, ImportConflict } from './errors.ts'
import { functionChange, type Import, isLeft, toolChange } from './import-change.ts'
import type { Proofs } from './prove-tools.ts'
import { type Refusal, toRefusal } from './refusal.ts'

export type ImportParts = Pick<LibraryParts, 'functions' | 'tools' | 'reviews' | 'checks'>

export type DocumentFunction = LibraryDocument['functions'][number]

interface Imported {
  readonly changes: ImportChange[]
  readonly events: EventDraft[]
}

/** An entry that was saved and put before the team. */
interface Brought {
  readonly version: number
  readonly note: string | null
  readonly events: readonly EventDraft[]
}

type Entry = DocumentFunction | LibraryDocument['tools'][number]

/** What is brought in in one transaction. */
export interface Batch {
  readonly entries: readonly Entry[]
  /** What was found out about the document's tools. */
  readonly proofs: Proofs
  /** Default: those of the project. */
  readonly taken?: TakenNames
}

/** So many are written at once, and others write in between. */
export function batchesOf<Each extends Entry>(entries: readonly Each[]): readonly Each[][] {
  return Array.from({ length: Math.max(1, Math.ceil(entries.length / batchMax)) }, (_, index) =>
    entries.slice(index * batchMax, (index + 1) * batchMax),
  )
}

const batchMax = 200

/**
 * Brings entries of a document into a project, in one transaction: functions before what uses them, each as a version
 * that waits for review. What is here already with the same content stays as it is; what may not be proposed is left out.
 *
 * @throws ImportConflict
 */
export async function importEntries(
  parts: ImportParts,
  transaction: LibraryTransaction,
  given: Import,
  { entries, proofs, taken: known }: Batch,
): Promise<Imported> {
  const imported: Imported = { changes: [], events: [] }
  const taken = known ?? (await TakenNames.read(transaction, given.project.id))
  for (const each of entries) {
    // Thousands of entries are no reason to let others wait.
    await nextTurn()
    if ('arity' in each) {
      const change = await functionChange(transaction, given, each)
      await bring(transaction, change, imported, async part => {
        if (change.action !== 'approve') return importFunction(parts, part, given, each)
        return approveWaiting(parts, part, given, await parts.functions.owner(part, given.project.id, change.name))
      })
      continue
    }
    const { change, expectedVersion } = await toolChange(transaction, given, each)
    await bring(transaction, change, imported, async part => {
      if (change.action === 'approve')
        return approveWaiting(parts, part, given, await getToolRow(part, given.project.id, each.name))
      const proof = must(proofs.get(each), 'a proof of what is not here')
      if ('refusal' in proof) return proof
      return importTool(parts, part, given, { ...proof.tool, name: each.name, expectedVersion, taken })
    })
  }
  const conflicts = imported.changes.filter(change => change.before !== null).map(change => change.name)
  if (given.onConflict === 'refuse' && conflicts.length > 0) throw new ImportConflict(conflicts)
  return imported
}

/** Does one entry whole, or nothing of it. */
async function bring(
  transaction: LibraryTransaction,
  change: ImportChange,
  imported: Imported,
  work: (transaction: LibraryTransaction) => Promise<Brought | { readonly refusal: Refusal }>,
): Promise<void> {
  if (isLeft(change)) return void imported.changes.push(change)
  const brought = await savepoint(transaction, work).catch(failure => ({ refusal: toRefusal(failure) }))
  if ('refusal' in brought)
    return void imported.changes.push({ ...change, action: 'refused', problem: brought.refusal })
  imported.changes.push({ ...change, version: brought.version, note: brought.note })
  imported.events.push(...brought.events)
}

async function importFunction(
  parts: ImportParts,
  transaction: LibraryTransaction,
  given: Import,
  { name, arity, definition, description, uses, hash }: DocumentFunction,
): Promise<Brought> {
  const { project, principal, document } = given
  const { function: saved, events } = await parts.functions.save(transaction, {
    ...{ projectId: project.id, userId: principal.userId, definition, description, imported: true },
    ...{ expectedVersion: undefined, resolver: new DocumentResolver(project.id, document, uses) },
  })
  const reference = `${name}/${arity}`
  if (saved.hash !== hash) throw new DocumentInvalid([`${reference} is not what its text says`])
  const checks = await proveFunction(parts, transaction, await parts.functions.row(transaction, project.id, reference))
  const owner = await parts.functions.owner(transaction, project.id, reference)
  const settled = await settle(parts.reviews, transaction, given, { owner, checks })
  return { version: saved.version, note: null, events: [...events, ...settled] }
}

async function importTool(
  { tools, reviews }: ImportParts,
  transaction: LibraryTransaction,
  given: Import,
  proven: ProvenTool & {
    readonly name: string
    readonly expectedVersion: number | undefined
    readonly taken: TakenNames
  },
): Promise<Brought> {
  const { project, principal } = given
  const { checked, checks, name, expectedVersion, taken } = proven
  const saving = { ...checked, projectId: project.id, name, userId: principal.userId }
  const { tool, events } =
    expectedVersion === undefined
      ? await tools.create(transaction, { ...saving, origin: 'manual', taken })
      : await tools.update(transaction, { ...saving, expectedVersion })
  const owner = await getToolRow(transaction, project.id, name)
  const settled = await settle(reviews, transaction, given, { owner, checks })
  taken.add(name)
  const note = checks === null ? 'its database is away: it was not checked' : null
  return { version: tool.version, note, events: [...events, ...settled] }
}

/** What waits for votes needs none any more: an admin vouches for it. It was checked when it was put before the team. */
async function approveWaiting(
  { reviews }: ImportParts,
  transaction: LibraryTransaction,
  { principal: { userId } }: Import,
  owner: Reviewed,
): Promise<Brought> {
  const found = newestOf(await allVersions(transaction, owner.id)).checks
  const checks = found === null ? null : (JSON.parse(found) as Checks | null)
  const events = await reviews.approveImport(transaction, owner, { userId, checks })
  return { version: owner.version, note: 'it waited for votes', events }
}

/** Before the team, like any other proposal, unless an admin vouches for it. */
function settle(
  reviews: Reviews,
  transaction: LibraryTransaction,
  { principal: { userId }, approve, unlimited, allowSimilar }: Import,
  { owner, checks }: { readonly owner: Reviewed; readonly checks: Checks | null },
): Promise<EventDraft[]> {
  if (approve) return reviews.approveImport(transaction, owner, { userId, checks })
  const { version } = owner
  const change = { userId, unlimited, justification: 'Imported.', version, checks, together: true, allowSimilar }
  return reviews.submit(transaction, owner, change)
}
