import { VoteNotEligible } from './errors.ts'
import type { Reader } from './reader.ts'
import { reviewersOf, standingOf } from './review.ts'
import { readRosters } from './roster.ts'
import { chainOf, newestOf, policyOf, type VersionRow } from './version-rows.ts'

/** The tool or function that is voted on. */
interface Owner {
  readonly project_id: string
  readonly approved_version: number | null
}

/**
 * Who may vote. Nobody on their own work, nor on what they put forward; where that leaves nobody although there are
 * others, those whose part in it is smallest may.
 */
export async function chooseReviewers(
  reader: Reader,
  owner: Owner,
  {
    versions,
    stamp,
    userId,
    authors,
  }: {
    readonly versions: readonly VersionRow[]
    readonly stamp: string
    readonly userId: string
    /** Of functions it uses that are not approved. */
    readonly authors: readonly string[]
  },
): Promise<{ excluded: readonly string[]; reviewers: readonly string[] }> {
  const roster = (await readRosters(reader, [owner.project_id]))(owner.project_id)
  const author = newestOf(versions).created_by
  const rungs = [[author, userId, ...coAuthors(versions, owner), ...authors], [author, userId], [author]]
  for (const rung of rungs) {
    const excluded = await withOtherSelves(reader, rung)
    const reviewers = reviewersOf(roster, stamp, excluded)
    if (reviewers.length > 0) return { excluded: [...new Set(excluded)], reviewers }
  }
  return { excluded: await withOtherSelves(reader, [author]), reviewers: [] }
}

/** @throws VoteNotEligible */
export async function requireReviewer(
  reader: Reader,
  owner: Owner,
  version: VersionRow,
  userId: string,
): Promise<void> {
  const roster = (await readRosters(reader, [owner.project_id]))(owner.project_id)
  const submission = await reader
    .selectFrom('submissions')
    .select('stamp')
    .where('id', '=', version.submission_id ?? '')
    .executeTakeFirstOrThrow()
  const { stamp } = submission
  const standing = standingOf(roster, { stamp, excluded: policyOf(version)?.excluded ?? [] }, userId)
  if (standing === 'author') throw new VoteNotEligible('nobody votes on a version of their own')
  if (standing === 'outsider') throw new VoteNotEligible('only editors who were members when it was proposed may vote')
}

/** Whoever wrote a version that this one was made from, back to the one that answers. */
function coAuthors(versions: readonly VersionRow[], owner: Owner): string[] {
  const chain = chainOf(newestOf(versions).id, versions)
  const approved = chain.findIndex(version => version.version === owner.approved_version)
  return chain.slice(0, approved === -1 ? chain.length : approved).map(version => version.created_by)
}

/** The users of one machine and its owner are one person: each of them can act as the others. */
async function withOtherSelves(reader: Reader, userIds: readonly string[]): Promise<string[]> {
  const machines = reader
    .selectFrom('users')
    .select('issuer')
    .where('id', 'in', userIds)
    .where('issuer', 'like', 'os:%')
  const selves = await reader.selectFrom('users').select('id').where('issuer', 'in', machines).execute()
  return [...new Set([...userIds, ...selves.map(user => user.id)])]
}
