import type { Output } from '@super-data/contract'
import { instantText, quotedLines } from './output.ts'
import { visible } from './text-width.ts'
import { votesOf } from './tool.ts'

type History = Output<'tools.history'>
type Version = History['items'][number]

/** Versions one below the other: what became of each, who made it, and every vote with what it says. */
export function renderHistory({ items }: History): string {
  return items
    .map(item =>
      linesOf(item)
        .map(line => `${line}\n`)
        .join(''),
    )
    .join('\n')
}

function linesOf(version: Version): readonly string[] {
  const { state, answers, follows, createdBy, createdAt, hash, votes, earlier } = version
  const from = follows === null ? '' : `, from version ${follows}`
  return [
    `version ${version.version}: ${state}${countOf(version)}${answers ? ', answers' : ''}`,
    `  saved by ${visible(createdBy)}, ${instantText(createdAt)}${from}, hash ${hash.slice(0, 12)}`,
    ...earlier.flatMap(each => [...submittedLines({ ...each, review: null }), ...voteLines(each), ...endLines(each)]),
    ...submittedLines(version),
    ...voteLines({ votes }),
  ]
}

function voteLines({ votes }: Pick<Version, 'votes'>): readonly string[] {
  return votes.flatMap(({ user, vote, at, confirmed, lapsed, comment }) => [
    `  ${vote} by ${visible(user)}, ${instantText(at)}${confirmed ? '' : ', not confirmed yet'}${lapsed ? ', lapsed' : ''}`,
    ...quotedLines(comment).map(line => `  ${line}`),
  ])
}

function endLines({ withdrawnBy, withdrawnAt }: Version['earlier'][number]): readonly string[] {
  if (withdrawnAt === null) return []
  return [`  withdrawn by ${visible(withdrawnBy ?? 'unknown')}, ${instantText(withdrawnAt)}`]
}

/** Of the latest vote of each voter: the history has all of them. */
function countOf({ votes, votesNeeded, submittedAt }: Version): string {
  if (submittedAt === null || votesNeeded === 0) return ''
  const latest = [...new Map(votes.filter(vote => !vote.lapsed).map(vote => [vote.user, vote])).values()]
  return `, ${votesOf({ votes: latest }).approvals} of ${votesNeeded} approvals`
}

type Submitted = Pick<Version, 'submittedBy' | 'submittedAt' | 'justification' | 'review'>

function submittedLines({ submittedBy, submittedAt, justification, review }: Submitted): readonly string[] {
  if (submittedAt === null) return []
  const published = { none: ', published alone', import: ', approved as an import', votes: '' }
  const how = review === null ? '' : published[review]
  return [
    `  submitted by ${visible(submittedBy ?? 'unknown')}, ${instantText(submittedAt)}${how}`,
    ...quotedLines(justification).map(line => `  ${line}`),
  ]
}
