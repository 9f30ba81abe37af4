import type { CommonOptions } from '@clack/prompts'
import type { Proposal } from '@super-data/contract'
import { Command } from 'commander'
import { answersEnd } from '../answers-end.ts'
import { type CallOptions, withCallOptions } from '../call-options.ts'
import type { Connection } from '../connection.ts'
import { NobodyThere } from '../errors.ts'
import { openConnection } from '../open-connection.ts'
import { pages } from '../pages.ts'
import { renderReview } from '../render/difference.ts'
import { renderList, renderOutput } from '../render/output.ts'
import { renderTool, toldVotes } from '../render/tool.ts'
import { print, type Shell, say } from '../terminal.ts'

/** `pending-approvals`: what waits for votes, with how many it has, and whether the caller's is wanted. */
export function pendingApprovalsCommand(shell: Shell): Command {
  const command = new Command('pending-approvals').description(
    'List what waits for votes, and whether yours is wanted.',
  )
  withCallOptions(command)
  return command.action(async () => {
    const options = command.optsWithGlobals<CallOptions>()
    await using connection = await openConnection(shell, options)
    const proposals = await proposalsOf(connection, options)
    const { width, colour } = shell.terminal
    if (options.json) return print(shell, JSON.stringify(proposals, null, 2))
    const rows = proposals.map(({ hash: _, expiresAt: __, ...row }) => row)
    print(shell, rows.length === 0 ? 'nothing waits\n' : renderList(rows, { width, colour }))
  })
}

/** `review-proposals`: one after the other on the screen, each with a question. */
export function reviewProposalsCommand(shell: Shell): Command {
  const command = new Command('review-proposals').description('Look at what waits for your vote, and vote.')
  withCallOptions(command)
  return command.action(async () => {
    const options = command.optsWithGlobals<CallOptions>()
    await using connection = await openConnection(shell, options)
    const proposals = await proposalsOf(connection, options)
    const wanted = proposals.filter(({ yourVote }) => yourVote === 'wanted')
    const others = proposals.filter(({ yourVote }) => yourVote !== 'wanted')
    for (const { name, version, yourVote } of others) say(shell, `${name}, version ${version}: ${whyNot[yourVote]}`)
    if (wanted.length === 0) return say(shell, 'Nothing waits for your vote.')
    if (!shell.terminal.interactive) throw new NobodyThere(wanted)
    const asking = { signal: answersEnd(shell), input: shell.terminal.stdin, output: shell.terminal.stdout }
    for (const proposal of wanted) {
      const goOn = await review(shell, connection, { ...options, asking }, proposal)
      if (!goOn) return say(shell, 'Stopped. What you did not vote on still waits.')
    }
  })
}

/** Why somebody is not asked. */
const whyNot: Readonly<Record<Proposal['yourVote'], string>> = {
  wanted: 'it waits for your vote.',
  cast: 'you have voted; it waits for others.',
  unconfirmed: 'your vote waits for its code: `super-data votes unconfirmed`.',
  own: 'you had a part in it; others vote.',
  none: 'only those vote who were editors when it was proposed.',
}

async function proposalsOf(connection: Connection, options: CallOptions): Promise<Proposal[]> {
  const found: Proposal[] = []
  for await (const proposal of pages(cursor => connection.call('proposals.list', { ...whereOf(options), ...cursor })))
    found.push(proposal)
  return found
}

const whereOf = ({ project }: CallOptions) => (project === undefined ? {} : { project })

/** @returns false when the person wants to stop. */
async function review(
  shell: Shell,
  connection: Connection,
  { asking, ...options }: CallOptions & { readonly asking: CommonOptions },
  { kind, name, version, hash, createdBy }: Proposal,
): Promise<boolean> {
  const { isCancel, select, text } = await import('@clack/prompts')
  const { width, colour } = shell.terminal
  const where = whereOf(options)
  const ofTool = { ...where, tool: name, version }
  const ofFunction = { ...where, function: name, version }
  print(
    shell,
    kind === 'tool'
      ? renderTool(await connection.call('tools.get', ofTool), { width, colour })
      : renderOutput(await connection.call('functions.get', ofFunction), { width, colour }),
  )
  if (version > 1) {
    const difference =
      kind === 'tool'
        ? await connection.call('tools.diff', { ...where, tool: name, to: version })
        : await connection.call('functions.diff', { ...where, function: name, to: version })
    print(shell, `${renderReview(difference)}\n`)
  }
  const choices = [
    { value: 'approve', label: 'Approve' },
    { value: 'reject', label: 'Reject, and say why' },
    { value: 'skip', label: 'Later' },
    { value: 'stop', label: 'Stop' },
  ]
  const message = `${name}, version ${version}, by ${createdBy}`
  const vote = await select({ ...asking, message, options: choices })
  if (isCancel(vote) || vote === 'stop') return false
  if (vote === 'skip') return true
  const why = vote === 'reject' ? 'What is wrong with it?' : 'A comment (may be empty)'
  const comment = await text({ ...asking, message: why })
  if (isCancel(comment)) return false
  const cast = { ...where, vote, hash, comment: comment ?? '' }
  const voted =
    kind === 'tool'
      ? await connection.call('tools.vote', { ...cast, tool: name })
      : await connection.call('functions.vote', { ...cast, function: name })
  say(shell, toldVotes(voted))
  return true
}
