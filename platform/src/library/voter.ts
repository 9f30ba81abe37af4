import { must } from '@super-data/base/errors'
import type { Call } from '../call.ts'
import { PersonNotAsked } from '../person.ts'
import { VoteDeclined } from './errors.ts'
import type { LibraryParts } from './library-parts.ts'
import type { Reviewed, VoteCast } from './reviews.ts'
import { policyOf } from './version-rows.ts'
import { voteQuestion } from './vote-question.ts'

/**
 * Asks the person behind an agent whether a vote is theirs, where their team wants that and their client can. Where it
 * cannot, the vote waits for its code.
 *
 * @throws PersonNotAsked · VoteDeclined, with nothing recorded
 */
export async function askVoter(
  { library, reviews }: LibraryParts,
  { owner, project, cast }: { readonly owner: Reviewed; readonly project: string; readonly cast: VoteCast },
  call: Call,
): Promise<VoteCast> {
  const { person } = call.request
  if (!cast.byAgent || person === undefined) return cast
  const version = await reviews.votable(library.read, owner, cast)
  if (policyOf(version)?.voteConfirmation !== 'elicitation') return cast
  const voter = must(call.principal, 'a principal').userName
  const question = await voteQuestion(library.read, { owner, version, cast, project, voter })
  const answer = person.answerTo(question)
  if (answer === undefined) throw new PersonNotAsked(question)
  if (answer === 'decline') throw new VoteDeclined(owner.name)
  return { ...cast, hash: version.hash, confirmedBy: 'elicitation' }
}
