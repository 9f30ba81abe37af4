import type { Event } from '@super-data/contract'
import { derivedId } from '../derived-id.ts'
import type { EventDraft } from '../events/outbox.ts'
import type { DerivedOwner, LibraryTransaction, VersionState } from '../state/library.ts'
import { derivePeople } from './derive-people.ts'
import { type Facts, type KnownVote, type OwnerFacts, readFacts, type VersionFacts } from './library-facts.ts'
import { type Outcome, outcomeOf } from './review.ts'
import { requireLegal } from './transitions.ts'

/** What a version is, besides what was written. */
interface DerivedVersion {
  readonly version: number
  readonly state: VersionState
  readonly submission_id: string | null
  readonly decided_at: number | null
}

/** A version with what became of its submission. */
interface Judged {
  readonly facts: VersionFacts
  readonly version: number
  readonly outcome: Outcome | undefined
}

/** What derived rows are made again after. */
export interface Derivation {
  /** Ids of functions and tools; absent: everything, people too. */
  readonly owners?: readonly string[] | undefined
  /** Whether facts of other installations came in: then decided versions may move in ways that nothing done here can. */
  readonly merged: boolean
}

/**
 * Makes again everything in the library that follows from what was written: numbers of versions, states, what answers,
 * names. Part of every change of the library, for the functions and tools it touched; after a merge, for all.
 *
 * @returns what became different, to be told as events; only votes name somebody.
 */
export async function derive(
  transaction: LibraryTransaction,
  now: number,
  { owners, merged }: Derivation,
): Promise<EventDraft[]> {
  if (owners === undefined) await derivePeople(transaction)
  const facts = await readFacts(transaction, owners)
  const events: EventDraft[] = []
  for (const owner of facts.owners) events.push(...(await deriveOwner(transaction, owner, facts, { now, merged })))
  return events
}

async function deriveOwner(
  transaction: LibraryTransaction,
  owner: OwnerFacts,
  facts: Facts,
  { now, merged }: { readonly now: number; readonly merged: boolean },
): Promise<EventDraft[]> {
  const judged = owner.versions.map((version, index) => judge(version, index + 1, owner, facts, now))
  const { answering, inConflict } = walkApproved(judged, owner)
  const versions = judged.map(each => toDerived(each, inConflict))
  if (!merged) for (const [index, { state }] of versions.entries()) requireLegal(judged[index]!.facts.row.state, state)
  const derived = deriveStanding(owner, judged, answering)
  for (const [index, version] of versions.entries()) await saveVersion(transaction, judged[index]!.facts, version)
  await saveOwner(transaction, owner, derived)
  await saveCounted(transaction, owner)
  return eventsOf(owner, derived, judged, versions)
}

function judge(version: VersionFacts, number: number, owner: OwnerFacts, facts: Facts, now: number): Judged {
  const { submission, row } = version
  if (submission === undefined) return { facts: version, version: number, outcome: undefined }
  const expired = row.state === 'expired' && row.submission_id === submission.id
  const context = { roster: facts.roster(owner.row.project_id), now, expired }
  return { facts: version, version: number, outcome: outcomeOf(submission, version.votes, context) }
}

/**
 * In the order in which they were decided, each approved version takes over when it was made from the one that answers;
 * one that was made without knowing that one is in conflict with it.
 */
function walkApproved(judged: readonly Judged[], owner: OwnerFacts) {
  const follows = new Map(owner.versions.map(version => [version.row.id, version.row.follows]))
  const approved = judged.filter(each => each.outcome?.state === 'approved').sort(byDecision)
  const inConflict = new Set<Judged>()
  let answering: Judged | undefined
  for (const next of approved) {
    if (answering === undefined || isAfter(next, answering, follows)) answering = next
    else if (next.facts.row.hash !== answering.facts.row.hash) inConflict.add(next)
  }
  return { answering, inConflict }
}

function byDecision(one: Judged, other: Judged): number {
  const keyOf = ({ outcome, facts }: Judged) => `${outcome?.decidedStamp} ${facts.row.id}`
  return keyOf(one) < keyOf(other) ? -1 : 1
}

function isAfter(next: Judged, earlier: Judged, follows: ReadonlyMap<string, string | null>): boolean {
  return isInChain(next.facts.row.follows, earlier.facts.row.id, follows)
}

/** Whether a version was made from another, directly or not. */
export function isInChain(
  from: string | null | undefined,
  earlier: string,
  follows: ReadonlyMap<string, string | null>,
): boolean {
  const seen = new Set<string>()
  for (let at = from; at && !seen.has(at); at = follows.get(at)) {
    if (at === earlier) return true
    seen.add(at)
  }
  return false
}

function toDerived(judged: Judged, inConflict: ReadonlySet<Judged>): DerivedVersion {
  const { facts, version, outcome } = judged
  const state = inConflict.has(judged) ? 'conflict' : (outcome?.state ?? 'draft')
  const submission_id = facts.submission?.id ?? null
  return { version, state, submission_id, decided_at: outcome?.decidedAt ?? null }
}

/** Disabled until it is restored; what is saved later shows as what it is, and answers once it is approved itself. */
function deriveStanding(owner: OwnerFacts, judged: readonly Judged[], answering: Judged | undefined): DerivedOwner {
  const newest = judged.at(-1)
  const version = newest?.version ?? 0
  const { disabling } = owner
  if (disabling?.disabled !== 1) return { version, approved_version: answering?.version ?? null, disabled_at: null }
  const approvedSince = (answering?.facts.submission?.stamp ?? '') > disabling.stamp
  const savedSince = (newest?.facts.row.stamp ?? '') > disabling.stamp
  const approved_version = approvedSince ? (answering?.version ?? null) : null
  return { version, approved_version, disabled_at: approvedSince || savedSince ? null : disabling.at }
}

async function saveVersion(
  transaction: LibraryTransaction,
  { row }: VersionFacts,
  derived: DerivedVersion,
): Promise<void> {
  const { version, state, submission_id, decided_at } = derived
  const same = row.version === version && row.state === state
  if (same && row.submission_id === submission_id && row.decided_at === decided_at) return
  await transaction.updateTable('versions').set(derived).where('id', '=', row.id).execute()
}

async function saveOwner(
  transaction: LibraryTransaction,
  { kind, row }: OwnerFacts,
  derived: DerivedOwner,
): Promise<void> {
  const { version, approved_version, disabled_at } = derived
  if (row.version === version && row.approved_version === approved_version && row.disabled_at === disabled_at) return
  if (kind === 'tool') await transaction.updateTable('tools').set(derived).where('id', '=', row.id).execute()
  else await transaction.updateTable('functions').set(derived).where('id', '=', row.id).execute()
}

async function saveCounted(transaction: LibraryTransaction, { newVotes, lapsedVotes }: OwnerFacts): Promise<void> {
  const mark = async (counted: 0 | 1, votes: readonly KnownVote[]) => {
    const ids = votes.map(vote => vote.id)
    if (ids.length > 0) await transaction.updateTable('votes').set({ counted }).where('id', 'in', ids).execute()
  }
  await mark(1, newVotes)
  await mark(0, lapsedVotes)
}

const wordOf: Readonly<Record<VersionState, string>> = {
  draft: 'withdrawn',
  pending: 'submitted',
  approved: 'approved',
  rejected: 'rejected',
  expired: 'expired',
  conflict: 'conflict',
}

/** Of the event that tells of a fact: made from what it is about, e.g. a submission and what was submitted. */
export function factKey(type: Event['type'], ...of: readonly string[]): string {
  return derivedId('fact', type, ...of)
}

function eventsOf(
  owner: OwnerFacts,
  derived: DerivedOwner,
  judged: readonly Judged[],
  versions: readonly DerivedVersion[],
): EventDraft[] {
  const { kind, row } = owner
  const event = (word: string, ...key: readonly string[]): EventDraft => {
    const type = `${kind}.${word}` as Event['type']
    return { type, project: owner.project, subject: owner.name, by: null, key: factKey(type, ...key) }
  }
  const events: EventDraft[] = []
  if (derived.version > row.version) events.push(savedEvent(owner, judged, event))
  for (const { id, user } of owner.newVotes) events.push({ ...event('voted', id), by: user })
  for (const [index, { state, submission_id }] of versions.entries()) {
    const { row: before } = judged[index]!.facts
    if (state === before.state) continue
    const told = (word: string) => event(word, submission_id ?? before.id, before.hash)
    // What answered no longer does, besides waiting again.
    if (before.state === 'approved' && state === 'pending') events.push(told('withdrawn'))
    events.push(told(wordOf[state]))
  }
  const { disabling } = owner
  if (disabling && derived.disabled_at !== row.disabled_at && row.version > 0) {
    if (derived.disabled_at !== null) events.push(event('disabled', disabling.id))
    else if (disabling.disabled === 0) events.push(event('restored', disabling.id))
  }
  return events
}

function savedEvent(
  owner: OwnerFacts,
  judged: readonly Judged[],
  event: (word: string, ...key: readonly string[]) => EventDraft,
): EventDraft {
  return event(owner.row.version === 0 ? 'created' : 'updated', judged.at(-1)?.facts.row.id ?? '')
}
