import { must } from '@super-data/base/errors'
import type { Input } from '@super-data/contract'
import { may } from '../authorise.ts'
import type { Call, Handlers } from '../call.ts'
import { findStanding, getProject } from '../identity/projects.ts'
import type { LibraryTransaction } from '../state/library.ts'
import { ToolStateConflict, VoteCodeElsewhere, VoteCodeWrong } from './errors.ts'
import type { LibraryParts } from './library-parts.ts'
import type { Reader } from './reader.ts'
import type { Reviewed, VoteCast } from './reviews.ts'
import { tell } from './tell.ts'
import { getToolRow, getVersionRow } from './tool-rows.ts'
import { stateOf, versionRows } from './version-rows.ts'
import { askVoter } from './voter.ts'

type Own =
  | 'tools.vote'
  | 'tools.approve'
  | 'tools.withdraw'
  | 'tools.disable'
  | 'tools.restore'
  | 'functions.vote'
  | 'functions.withdraw'
  | 'votes.confirm'
  | 'votes.unconfirmed'

/** What people decide about tools and functions. */
export function voteHandlers(parts: LibraryParts): Pick<Handlers, Own> {
  return { ...castingHandlers(parts), ...endingHandlers(parts), ...confirmingHandlers(parts) }
}

function castingHandlers(parts: LibraryParts): Pick<Handlers, 'tools.vote' | 'tools.approve' | 'functions.vote'> {
  const { library, tools, functions, reviews } = parts
  const voteOnTool = async (input: Omit<Input<'tools.vote'>, 'project'> & { project: string }, call: Call) => {
    const project = await getProject(library.read, input.project)
    const tool = await getToolRow(library.read, project.id, input.tool)
    const cast = await askVoter(parts, { owner: tool, project: input.project, cast: castOf(input, call) }, call)
    return call.changeLibrary(async (transaction, recording) => {
      recording.target(input.tool)
      const row = await getToolRow(transaction, project.id, input.tool)
      const { version } = await reviews.votable(transaction, row, cast)
      tell(recording, await reviews.vote(transaction, row, cast))
      // Beside it another version may wait, that was made elsewhere.
      return tools.get(project.id, input.tool, version, transaction)
    })
  }
  return {
    'tools.vote': voteOnTool,
    'tools.approve': ({ confirm: _, ...input }, call) => voteOnTool({ ...input, vote: 'approve' }, call),
    'functions.vote': async (input, call) => {
      const project = await getProject(library.read, input.project)
      const voted = await functions.owner(library.read, project.id, input.function)
      const cast = await askVoter(parts, { owner: voted, project: input.project, cast: castOf(input, call) }, call)
      return call.changeLibrary(async (transaction, recording) => {
        const owner = await functions.owner(transaction, project.id, input.function)
        recording.target(owner.name)
        const { version } = await reviews.votable(transaction, owner, cast)
        tell(recording, await reviews.vote(transaction, owner, cast))
        return functions.get(project.id, owner.name, version, transaction)
      })
    },
  }
}

function castOf(input: { vote: 'approve' | 'reject'; hash: string; comment: string }, call: Call): VoteCast {
  const { vote, hash, comment } = input
  const { userId } = must(call.principal, 'a principal')
  return { vote, hash, comment, userId, byAgent: call.request.door === 'mcp' }
}

function endingHandlers(
  parts: LibraryParts,
): Pick<Handlers, 'tools.withdraw' | 'functions.withdraw' | 'tools.disable' | 'tools.restore'> {
  const { tools, functions, reviews } = parts
  return {
    'tools.withdraw': async (input, call) => {
      const by = await withdrawerOf(parts, input.project, call)
      return call.changeLibrary(async (transaction, recording) => {
        recording.target(input.tool)
        const row = await getToolRow(transaction, by.projectId, input.tool)
        tell(recording, await reviews.withdrawOwn(transaction, row, by))
        return tools.get(by.projectId, input.tool, undefined, transaction)
      })
    },
    'functions.withdraw': async (input, call) => {
      const by = await withdrawerOf(parts, input.project, call)
      return call.changeLibrary(async (transaction, recording) => {
        const owner = await functions.owner(transaction, by.projectId, input.function)
        recording.target(owner.name)
        tell(recording, await reviews.withdrawOwn(transaction, owner, by))
        return functions.get(by.projectId, owner.name, undefined, transaction)
      })
    },
    'tools.disable': (input, call) => setDisabled(parts, input, true, call),
    'tools.restore': (input, call) => setDisabled(parts, input, false, call),
  }
}

async function withdrawerOf({ library }: LibraryParts, projectName: string, call: Call) {
  const principal = must(call.principal, 'a principal')
  const project = await getProject(library.read, projectName)
  const standing = await findStanding(library.read, principal.userId, projectName)
  const isAdmin = may(principal, 'admin', { kind: 'project', project: standing })
  return { projectId: project.id, userId: principal.userId, isAdmin }
}

async function setDisabled(
  { library, tools, reviews, clock }: LibraryParts,
  input: Input<'tools.disable'>,
  disabled: boolean,
  call: Call,
) {
  const project = await getProject(library.read, input.project)
  const { userId } = must(call.principal, 'a principal')
  return call.changeLibrary(async (transaction, recording) => {
    recording.target(input.tool)
    const row = await getToolRow(transaction, project.id, input.tool)
    if ((row.disabled_at !== null) === disabled) {
      const state = stateOf(row, await getVersionRow(transaction, row, row.version), clock.now())
      throw new ToolStateConflict(input.tool, state, disabled ? 'in use' : 'disabled')
    }
    tell(recording, await reviews.setDisabled(transaction, row, { disabled, userId, comment: input.comment }))
    return tools.get(project.id, input.tool, undefined, transaction)
  })
}

interface Waiting {
  readonly voteId: string
  readonly kind: 'function' | 'tool'
  readonly owner: Reviewed
  readonly project: string
  readonly vote: 'approve' | 'reject'
  readonly comment: string
  readonly hash: string
  readonly at: number
}

function confirmingHandlers({
  library,
  reviews,
  codes,
  clock,
}: LibraryParts): Pick<Handlers, 'votes.confirm' | 'votes.unconfirmed'> {
  return {
    'votes.unconfirmed': async (_input, call) => {
      const { userId } = requirePerson(call)
      const waiting = await waitingVotes(library.read, userId, clock.now())
      const items = waiting.map(async ({ owner, project, kind, voteId, vote, comment, hash, at }) => {
        return { code: await codes.of(voteId), project, subject: owner.name, kind, vote, comment, hash, at }
      })
      return { items: await Promise.all(items) }
    },
    'votes.confirm': async ({ code }, call) => {
      const { userId } = requirePerson(call)
      const waiting = await waitingVotes(library.read, userId, clock.now())
      const known = await Promise.all(waiting.map(async each => ({ each, code: await codes.of(each.voteId) })))
      const found = known.find(each => each.code === code.trim().toLowerCase())?.each
      if (found === undefined) throw new VoteCodeWrong()
      return call.changeLibrary(async (transaction, recording) => {
        recording.target(found.owner.name)
        if (await isConfirmed(transaction, found.voteId)) throw new VoteCodeWrong()
        tell(recording, await reviews.confirm(transaction, found.owner, { voteId: found.voteId, method: 'code' }))
        const version = await versionRows(transaction)
          .where('versions.owner_id', '=', found.owner.id)
          .where('versions.hash', '=', found.hash)
          .orderBy('versions.version', 'desc')
          .executeTakeFirstOrThrow()
        const state = stateOf({ disabled_at: null }, version, clock.now())
        return { vote: found.vote, subject: found.owner.name, project: found.project, state }
      })
    },
  }
}

/** @throws VoteCodeElsewhere to agents. */
function requirePerson(call: Call) {
  if (call.request.door === 'mcp') throw new VoteCodeElsewhere()
  return must(call.principal, 'a principal')
}

async function isConfirmed(transaction: LibraryTransaction, voteId: string): Promise<boolean> {
  const found = await transaction
    .selectFrom('vote_confirmations')
    .select('vote_id')
    .where('vote_id', '=', voteId)
    .execute()
  return found.length > 0
}

/** Votes of a user on what is still pending that do not count yet. Of several on one version, the latest. */
async function waitingVotes(reader: Reader, userId: string, now: number): Promise<Waiting[]> {
  const rows = await reader
    .selectFrom('votes')
    .innerJoin('submissions', 'submissions.id', 'votes.submission_id')
    .innerJoin('versions', 'versions.submission_id', 'submissions.id')
    .leftJoin('vote_confirmations', 'vote_confirmations.vote_id', 'votes.id')
    .selectAll('votes')
    .select(['versions.owner_id', 'versions.kind'])
    .where('votes.user_id', '=', userId)
    .where('votes.needs_confirmation', '=', 1)
    .where('vote_confirmations.vote_id', 'is', null)
    .where('versions.state', '=', 'pending')
    .where('submissions.expires_at', '>', now)
    .orderBy('votes.stamp')
    .execute()
  const latest = [...new Map(rows.map(row => [row.submission_id, row])).values()]
  const waiting = latest.map(async row => {
    const owner = await ownerOf(reader, row)
    const { id: voteId, kind, vote, comment, hash, at } = row
    return owner && { voteId, kind, vote, comment, hash, at, owner: owner.reviewed, project: owner.project }
  })
  return (await Promise.all(waiting)).filter(each => each !== undefined)
}

async function ownerOf(reader: Reader, row: { kind: 'function' | 'tool'; owner_id: string }) {
  if (row.kind === 'tool') {
    const tool = await reader
      .selectFrom('tools')
      .innerJoin('projects', 'projects.id', 'tools.project_id')
      .selectAll('tools')
      .select('projects.name as project')
      .where('tools.id', '=', row.owner_id)
      .executeTakeFirst()
    return tool && { reviewed: tool, project: tool.project }
  }
  const found = await reader
    .selectFrom('functions')
    .innerJoin('projects', 'projects.id', 'functions.project_id')
    .selectAll('functions')
    .select('projects.name as project')
    .where('functions.id', '=', row.owner_id)
    .executeTakeFirst()
  return found && { reviewed: { ...found, name: `${found.name}/${found.arity}` }, project: found.project }
}
