import type { Event } from '@super-data/contract'
import type { ExpressionBuilder } from 'kysely'
import { factKey } from '../library/derive.ts'
import type { Reader } from '../library/reader.ts'
import { standingOf } from '../library/review.ts'
import { readRosters } from '../library/roster.ts'
import { policyOf } from '../library/version-rows.ts'
import type { Principal } from '../principal.ts'
import type { LibraryTables } from '../state/library.ts'

/** A version before the team. */
interface Proposal {
  readonly version: number
  readonly hash: string
}

interface Reject {
  readonly version: number
  readonly comment: string
}

/** What became of a version, with what rejects said of it. */
interface Decided {
  readonly version: number
  readonly comment: string | null
}

/** What waits for somebody's vote, and who rejected what they wrote: found by the events that told of it. */
export class OpenReviews {
  readonly #asked = new Map<string, Proposal>()
  /** Of what still waits. */
  readonly #standing = new Map<string, Reject>()
  readonly #decided = new Map<string, Decided>()

  static async read(reader: Reader, { userId }: Principal, now: number): Promise<OpenReviews> {
    const reviews = new OpenReviews()
    const rows = await readProposals(reader, userId)
    const votes = await readLatestVotes(reader, userId)
    const rosters = await readRosters(reader, [...new Set(rows.map(row => row.project_id))])
    for (const row of rows) {
      const cast = votes.filter(vote => vote.submission_id === row.submission_id)
      const isOpen = row.state === 'pending' && row.expires_at > now
      const submission = { stamp: row.stamp, excluded: policyOf(row)?.excluded ?? [] }
      const isReviewer = standingOf(rosters(row.project_id), submission, userId) === 'reviewer'
      if (isOpen && isReviewer && !cast.some(vote => vote.user_id === userId)) reviews.#ask(row)
      if (row.created_by === userId) reviews.#addOwn(row, cast, isOpen)
    }
    return reviews
  }

  /** What is to be voted on because of an event. */
  askedBy({ key }: Event): Proposal | undefined {
    return this.#asked.get(key ?? '')
  }

  /** The reject that stands and that an event told of. */
  rejectBy({ key }: Event): Reject | undefined {
    return this.#standing.get(key ?? '')
  }

  /** What was rejected, and why; or what is in conflict still: nothing was saved since. */
  decidedBy({ key }: Event): Decided | undefined {
    return this.#decided.get(key ?? '')
  }

  #ask(row: ProposalRow): void {
    const { version, hash } = row
    this.#asked.set(keyOf(row, 'submitted'), { version, hash })
  }

  #addOwn(row: ProposalRow, cast: readonly VoteRow[], isOpen: boolean): void {
    const { kind, version, state } = row
    const rejects = cast.filter(vote => vote.vote === 'reject')
    for (const { id, comment } of isOpen ? rejects : [])
      this.#standing.set(factKey(`${kind}.voted`, id), { version, comment })
    if (state === 'rejected') {
      const comment = rejects.map(vote => vote.comment).join('\n')
      this.#decided.set(keyOf(row, 'rejected'), { version, comment })
    }
    if (state === 'conflict' && version === row.newest)
      this.#decided.set(keyOf(row, 'conflict'), { version, comment: null })
  }
}

/** Versions of tools and functions, with the names of what they are of. */
export function subjectVersions(reader: Reader) {
  return reader
    .selectFrom('versions')
    .leftJoin('tools', 'tools.id', 'versions.owner_id')
    .leftJoin('functions', 'functions.id', 'versions.owner_id')
    .innerJoin('projects', join =>
      join.on(on => on(on.fn.coalesce('tools.project_id', 'functions.project_id'), '=', on.ref('projects.id'))),
    )
    .select(['projects.name as project', 'tools.name as tool', 'functions.name as function', 'functions.arity'])
}

/** As events name it. */
export function subjectOf(row: {
  readonly tool: string | null
  readonly function: string | null
  readonly arity: number | null
}): string {
  return row.tool ?? `${row.function}/${row.arity}`
}

type ProposalRow = Awaited<ReturnType<typeof readProposals>>[number]
type VoteRow = Awaited<ReturnType<typeof readLatestVotes>>[number]

/** What is pending, and what somebody wrote that was rejected or is in conflict. */
function readProposals(reader: Reader, userId: string) {
  return subjectVersions(reader)
    .innerJoin('submissions', 'submissions.id', 'versions.submission_id')
    .select(['projects.id as project_id', 'versions.kind', 'versions.version', 'versions.hash', 'versions.state'])
    .select(['versions.submission_id', 'versions.created_by'])
    .select(select => select.fn.coalesce('tools.version', 'functions.version').as('newest'))
    .select(['submissions.policy', 'submissions.expires_at', 'submissions.stamp'])
    .where(isTold(userId))
    .execute()
}

/** The latest vote of each voter on those, as far as it counts. */
async function readLatestVotes(reader: Reader, userId: string) {
  const rows = await reader
    .selectFrom('votes')
    .innerJoin('versions', 'versions.submission_id', 'votes.submission_id')
    .select(['votes.id', 'votes.submission_id', 'votes.user_id', 'votes.vote', 'votes.comment'])
    .where(isTold(userId))
    .where('votes.counted', '=', 1)
    .orderBy('votes.stamp')
    .execute()
  return [...new Map(rows.map(row => [`${row.submission_id} ${row.user_id}`, row])).values()]
}

function isTold(userId: string) {
  return ({ eb }: ExpressionBuilder<LibraryTables, 'versions'>) =>
    eb.or([
      eb('versions.state', '=', 'pending'),
      eb.and([eb('versions.state', 'in', ['rejected', 'conflict']), eb('versions.created_by', '=', userId)]),
    ])
}

/** Of the event that told of it. */
function keyOf({ kind, submission_id, hash }: ProposalRow, word: 'submitted' | 'rejected' | 'conflict'): string {
  return factKey(`${kind}.${word}`, submission_id ?? '', hash)
}
