import type { Output, ToolDefinition } from '@super-data/contract'
import type { Reader } from './reader.ts'
import { decide, standingAt, standingOf } from './review.ts'
import { type Roster, readRosters } from './roster.ts'
import { policyOf, stateOf, versionRows } from './version-rows.ts'

type Proposal = Output<'proposals.list'>['items'][number]

/** What waits for votes in a project, in the order in which it was put before the team, as somebody sees it. */
export async function readOpenProposals(
  reader: Reader,
  asked: { readonly projectId: string; readonly userId: string; readonly now: number },
  page: { readonly after: string; readonly atMost: number },
): Promise<(Proposal & { readonly stamp: string })[]> {
  const rows = await pendingRows(reader, asked.projectId).where('submissions.stamp', '>', page.after).execute()
  const open = rows.filter(row => stateOf(row, row, asked.now) === 'pending').slice(0, page.atMost)
  const votes = await latestVotes(
    reader,
    open.map(row => row.submission_id ?? ''),
  )
  const roster = (await readRosters(reader, [asked.projectId]))(asked.projectId)
  return open.map(row => {
    const cast = votes.get(row.submission_id ?? '') ?? []
    const { standing, needed } = standingNow(row, cast, roster)
    const counted = (vote: Vote['vote']) => standing.filter(each => each.vote === vote).length
    return {
      kind: row.kind,
      name: row.tool ?? `${row.function}/${row.arity}`,
      version: row.version,
      hash: row.hash,
      description: descriptionOf(row),
      createdBy: row.author,
      expiresAt: row.expires_at ?? 0,
      approvals: counted('approve'),
      rejects: counted('reject'),
      votesNeeded: needed,
      yourVote: yourVote(row, cast, { roster, userId: asked.userId, isDue: decide(standing, needed) !== 'pending' }),
      stamp: row.submitted_stamp ?? '',
    }
  })
}

type PendingRow = Awaited<ReturnType<ReturnType<typeof pendingRows>['execute']>>[number]

function pendingRows(reader: Reader, projectId: string) {
  return versionRows(reader)
    .innerJoin('users as authors', 'authors.id', 'versions.created_by')
    .leftJoin('tools', 'tools.id', 'versions.owner_id')
    .leftJoin('functions', 'functions.id', 'versions.owner_id')
    .select(['authors.name as author', 'tools.name as tool', 'functions.name as function', 'functions.arity'])
    .select('submissions.stamp as submitted_stamp')
    .select(({ fn }) => fn.coalesce('tools.disabled_at', 'functions.disabled_at').as('disabled_at'))
    .where(({ eb, fn }) => eb(fn.coalesce('tools.project_id', 'functions.project_id'), '=', projectId))
    .where('versions.state', '=', 'pending')
    .orderBy('submissions.stamp')
}

/** Of those who left since, neither votes count nor are any waited for. */
function standingNow(row: PendingRow, cast: readonly Vote[], roster: Roster) {
  const { submitted_stamp: stamp, policy, votes_needed } = row
  const submission = { stamp: stamp ?? '', policy: policy ?? '{}', votes_needed: votes_needed ?? 0 }
  const counting = cast.filter(counts).map(({ user_id: userId, vote }) => ({ userId, vote }))
  return standingAt(submission, counting, roster, '~')
}

const counts = (vote: Vote) => vote.counted === 1

type Vote = Awaited<ReturnType<typeof readVotes>>[number]

/** By submission, the latest of each voter. */
async function latestVotes(reader: Reader, submissionIds: readonly string[]) {
  const rows = await readVotes(reader, submissionIds)
  const latest = new Map(rows.map(row => [`${row.submission_id} ${row.user_id}`, row]))
  return Map.groupBy(latest.values(), vote => vote.submission_id)
}

function readVotes(reader: Reader, submissionIds: readonly string[]) {
  return reader
    .selectFrom('votes')
    .leftJoin('vote_confirmations', 'vote_confirmations.vote_id', 'votes.id')
    .select(['votes.submission_id', 'votes.user_id', 'votes.vote', 'votes.needs_confirmation', 'votes.counted'])
    .select('vote_confirmations.method as confirmed_by')
    .where('votes.submission_id', 'in', submissionIds)
    .orderBy('votes.stamp')
    .execute()
}

function yourVote(
  row: PendingRow,
  cast: readonly Vote[],
  { roster, userId, isDue }: { readonly roster: Roster; readonly userId: string; readonly isDue: boolean },
): Proposal['yourVote'] {
  const submission = { stamp: row.submitted_stamp ?? '', excluded: policyOf(row)?.excluded ?? [] }
  const standing = standingOf(roster, submission, userId)
  if (standing !== 'reviewer') return standing === 'author' ? 'own' : 'none'
  const vote = cast.find(each => each.user_id === userId)
  if (vote?.needs_confirmation === 1 && vote.confirmed_by === null) return 'unconfirmed'
  // Those who were waited for have left, or the vote lapsed: the same vote once more decides.
  return vote === undefined || !counts(vote) || isDue ? 'wanted' : 'cast'
}

function descriptionOf({ kind, description, definition }: PendingRow): string {
  return kind === 'function' ? description : (JSON.parse(definition) as ToolDefinition).description
}
