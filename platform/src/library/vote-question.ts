import type { Difference, JsonValue, ToolDefinition } from '@super-data/contract'
import type { PersonQuestion } from '../person.ts'
import type { Reader } from './reader.ts'
import type { Reviewed, VoteCast } from './reviews.ts'
import { textDiff } from './text-diff.ts'
import { diffVersions } from './version-diff.ts'
import { findVersion, findVotedVersion, type VersionRow, votesOn } from './version-rows.ts'
import { viewReview } from './version-view.ts'
import { shownLine } from './visible-text.ts'

const lineCharactersMax = 200
const saidCharactersMax = 400
const changeLinesMax = 60

/** What a voter is asked to confirm: what it is, what changes, and what their agent would have them say to it. */
export async function voteQuestion(
  reader: Reader,
  voted: {
    readonly owner: Reviewed
    readonly version: VersionRow
    readonly cast: VoteCast
    readonly project: string
    readonly voter: string
  },
): Promise<PersonQuestion> {
  const { owner, version, cast, project, voter } = voted
  const review = await viewReview(reader, version)
  const warnings = review.checks?.warnings ?? []
  const said = (label: string, text: string) =>
    text.trim() === '' ? [] : [`${label}: ${shownLine(text, saidCharactersMax)}`]
  const lines = [
    `A program that uses your key votes as ${shownLine(voter, 100)} in the project ${project}. Is this your vote?`,
    '',
    `${cast.vote === 'approve' ? 'APPROVE' : 'REJECT'} the ${version.kind} ${owner.name}, version ${version.version}`,
    ...said('Comment', cast.comment),
    `Hash: ${version.hash}`,
    ...said('Proposed by', review.submittedBy ?? ''),
    ...said('Because', review.justification),
    ...(review.checks === null ? [] : [`Test cases that passed: ${review.checks.tests}`]),
    ...warnings.map(warning => `Warning: ${shownLine(warning, lineCharactersMax)}`),
    '',
    ...(await changeLinesSinceVote(reader, { owner, version, userId: cast.userId })),
    ...(await changeLines(reader, owner, version)),
  ]
  return { message: lines.join('\n'), subject: await subjectOf(reader, version, cast) }
}

/** An answer is for one vote: once that is cast, the next one is another question. */
async function subjectOf(reader: Reader, version: VersionRow, cast: VoteCast): Promise<string> {
  const votes = await votesOn(reader, version.submission_id ?? '')
  const own = votes.filter(vote => vote.user_id === cast.userId).length
  return JSON.stringify([version.submission_id, version.hash, cast.userId, cast.vote, cast.comment, own])
}

/** Whoever voted on an earlier version sees what became of it. */
async function changeLinesSinceVote(
  reader: Reader,
  { owner, version, userId }: { readonly owner: Reviewed; readonly version: VersionRow; readonly userId: string },
): Promise<string[]> {
  const voted = await findVotedVersion(reader, { ownerId: owner.id, userId, before: version.version })
  if (voted === undefined || voted.version === owner.approved_version) return []
  const title = `What changed since version ${voted.version}, on which you voted:`
  return [...shownLines(title, owner, version, linesOf(await diffVersions(reader, voted, version))), '']
}

async function changeLines(reader: Reader, owner: Reviewed, version: VersionRow): Promise<string[]> {
  const answering =
    owner.approved_version === null ? undefined : await findVersion(reader, owner.id, owner.approved_version)
  const title = answering ? `What changes, from version ${answering.version} which answers now:` : 'It is new:'
  const lines = answering ? linesOf(await diffVersions(reader, answering, version)) : linesOfNew(version)
  return shownLines(title, owner, version, lines)
}

function shownLines(title: string, owner: Reviewed, version: VersionRow, lines: readonly string[]): string[] {
  const shown = lines.slice(0, changeLinesMax).map(line => `  | ${shownLine(line, lineCharactersMax)}`)
  const rest = lines.length - shown.length
  const cut =
    rest > 0 ? [`  … ${rest} more lines. Read them with \`super-data ${version.kind}s diff ${owner.name}\`.`] : []
  return [title, ...shown, ...cut]
}

function linesOf({ changes, text, functions }: Difference): string[] {
  return [
    ...changes.flatMap(({ path, from, to }) => [...valueLine('-', path, from), ...valueLine('+', path, to)]),
    ...text.split('\n').filter(line => line !== ''),
    ...functions.flatMap(each => [
      `function ${each.name}/${each.arity}, version ${each.from ?? 'none'} → ${each.to ?? 'none'}:`,
      ...each.text.split('\n').filter(line => line !== ''),
    ]),
  ]
}

function linesOfNew(version: VersionRow): string[] {
  if (version.kind === 'function')
    return [...valueLine('+', '/description', version.description), ...added(version.definition)]
  const { text, ...rest } = JSON.parse(version.definition) as ToolDefinition
  const values = Object.entries(rest) as [string, JsonValue | undefined][]
  return [...values.flatMap(([name, value]) => valueLine('+', `/${name}`, value)), ...added(text)]
}

const added = (text: string) => textDiff('', text).split('\n')

function valueLine(sign: '-' | '+', path: string, value: JsonValue | undefined): string[] {
  return value === undefined ? [] : [`${sign} ${path}: ${JSON.stringify(value)}`]
}
