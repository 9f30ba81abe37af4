import type { CommonOptions } from '@clack/prompts'
import type { ReviewedFunction, Tool } from '@super-data/contract'
import { Command } from 'commander'
import { answersEnd } from '../answers-end.ts'
import { type CallOptions, withCallOptions } from '../call-options.ts'
import type { Connection } from '../connection.ts'
import { NobodyThere } from '../errors.ts'
import { openConnection } from '../open-connection.ts'
import { pages } from '../pages.ts'
import { renderReview } from '../render/difference.ts'
import { renderList, renderOutput } from '../render/output.ts'
import { renderTool, toldVotes, votesOf } from '../render/tool.ts'
import { print, type Shell, say } from '../terminal.ts'

/** A tool or function that waits for votes. */
type Proposal =
  | { readonly kind: 'tool'; readonly name: string; readonly shown: Tool }
  | { readonly kind: 'function'; readonly name: string; readonly shown: ReviewedFunction }

/** `pending-approvals`: what waits for votes, with how many it has. */
export function pendingApprovalsCommand(shell: Shell): Command {
  const command = new Command('pending-approvals').description('List what waits for votes.')
  withCallOptions(command)
  return command.action(async () => {
    const options = command.optsWithGlobals<CallOptions>()
    await using connection = await openConnection(shell, options)
    const rows = (await pending(connection, options)).map(toRow)
    const { width, colour } = shell.terminal
    if (options.json) print(shell, JSON.stringify(rows, null, 2))
    else print(shell, rows.length === 0 ? 'nothing waits\n' : renderList(rows, { width, colour }))
  })
}

function toRow({ kind, name, shown }: Proposal) {
  const { version, createdBy, votesNeeded } = shown
  const description = 'description' in shown ? shown.description : shown.definition.description
  return {
    kind,
    name,
    version,
    createdBy,
    votesNeeded,
    ...votesOf(shown),
    description,
  }
}

/** `review-proposals`: one after the other on the screen, each with a question. */
export function reviewProposalsCommand(shell: Shell): Command {
  const command = new Command('review-proposals').description('Look at what waits for your vote, and vote.')
  withCallOptions(command)
  return command.action(async () => {
    const options = command.optsWithGlobals<CallOptions>()
    await using connection = await openConnection(shell, options)
    const { user } = await connection.call('identity.whoami', {})
    const open = (await pending(connection, options)).filter(
      ({ shown }) => shown.createdBy !== user.name && !shown.votes.some(vote => vote.user === user.name),
    )
    if (open.length === 0) return say(shell, 'Nothing waits for your vote.')
    if (!shell.terminal.interactive)
      throw new NobodyThere(open.map(({ kind, name, shown }) => ({ kind, name, hash: shown.hash })))
    const asking = { signal: answersEnd(shell), input: shell.terminal.stdin, output: shell.terminal.stdout }
    for (const proposal of open) {
      const goOn = await review(shell, connection, { ...options, asking }, proposal)
      if (!goOn) return say(shell, 'Stopped. What you did not vote on still waits.')
    }
  })
}

async function pending(connection: Connection, options: CallOptions): Promise<Proposal[]> {
  const where = options.project === undefined ? {} : { project: options.project }
  const found: Proposal[] = []
  for await (const { name } of pages(cursor =>
    connection.call('tools.list', { ...where, ...cursor, state: 'pending' }),
  ))
    found.push({ kind: 'tool', name, shown: await connection.call('tools.get', { ...where, tool: name }) })
  for await (const each of pages(cursor => connection.call('functions.list', { ...where, ...cursor }))) {
    if (each.state !== 'pending') continue
    const name = `${each.name}/${each.arity}`
    found.push({ kind: 'function', name, shown: await connection.call('functions.get', { ...where, function: name }) })
  }
  return found
}

/** @returns false when the person wants to stop. */
async function review(
  shell: Shell,
  connection: Connection,
  { project, asking }: CallOptions & { readonly asking: CommonOptions },
  proposal: Proposal,
): Promise<boolean> {
  const { isCancel, select, text } = await import('@clack/prompts')
  const { width, colour } = shell.terminal
  const { kind, name, shown } = proposal
  print(shell, kind === 'tool' ? renderTool(proposal.shown, { width, colour }) : renderOutput(shown, { width, colour }))
  const where = project === undefined ? {} : { project }
  if (shown.version > 1) print(shell, `${renderReview(await differenceOf(connection, where, proposal))}\n`)
  const choices = [
    { value: 'approve', label: 'Approve' },
    { value: 'reject', label: 'Reject, and say why' },
    { value: 'skip', label: 'Later' },
    { value: 'stop', label: 'Stop' },
  ]
  const message = `${name}, version ${shown.version}, by ${shown.createdBy}`
  const vote = await select({ ...asking, message, options: choices })
  if (isCancel(vote) || vote === 'stop') return false
  if (vote === 'skip') return true
  const why = vote === 'reject' ? 'What is wrong with it?' : 'A comment (may be empty)'
  const comment = await text({ ...asking, message: why })
  if (isCancel(comment)) return false
  const cast = { ...where, vote, hash: shown.hash, comment: comment ?? '' }
  const voted =
    kind === 'tool'
      ? await connection.call('tools.vote', { ...cast, tool: name })
      : await connection.call('functions.vote', { ...cast, function: name })
  say(shell, toldVotes(voted))
  return true
}

function differenceOf(connection: Connection, where: { readonly project?: string }, { kind, name }: Proposal) {
  return kind === 'tool'
    ? connection.call('tools.diff', { ...where, tool: name })
    : connection.call('functions.diff', { ...where, function: name })
}
