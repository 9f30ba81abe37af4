import type { Tool } from '@super-data/contract'
import { Command } from 'commander'
import { type CallOptions, withCallOptions } from '../call-options.ts'
import type { Connection } from '../connection.ts'
import { NobodyThere } from '../errors.ts'
import { openConnection } from '../open-connection.ts'
import { renderList } from '../render/output.ts'
import { renderTool, toldState } from '../render/tool.ts'
import { ownCommand } from '../self.ts'
import { print, type Shell, say } from '../terminal.ts'

/** `pending-approvals`: what waits for votes, with how many it has. */
export function pendingApprovalsCommand(shell: Shell): Command {
  const command = new Command('pending-approvals').description('List what waits for votes.')
  withCallOptions(command)
  return command.action(async () => {
    const options = command.optsWithGlobals<CallOptions>()
    await using connection = await openConnection(shell, options)
    const pending = await pendingTools(connection, options)
    const rows = pending.map(({ name, version, createdBy, votes, votesNeeded, definition }) => {
      const approvals = votes.filter(each => each.vote === 'approve').length
      const rejects = votes.filter(each => each.vote === 'reject').length
      return { name, version, createdBy, approvals, votesNeeded, rejects, description: definition.description }
    })
    const { width, colour } = shell.terminal
    if (options.json) print(shell, JSON.stringify(rows, null, 2))
    else print(shell, rows.length === 0 ? 'nothing waits\n' : renderList(rows, { width, colour }))
  })
}

/** `review-proposals`: one after the other on the screen, each with a question. */
export function reviewProposalsCommand(shell: Shell): Command {
  const command = new Command('review-proposals').description('Look at what waits for your vote, and vote.')
  withCallOptions(command)
  return command.action(async () => {
    const options = command.optsWithGlobals<CallOptions>()
    await using connection = await openConnection(shell, options)
    const { user } = await connection.call('identity.whoami', {})
    const pending = await pendingTools(connection, options)
    const open = pending.filter(
      tool => tool.createdBy !== user.name && !tool.votes.some(vote => vote.user === user.name),
    )
    if (open.length === 0) return say(shell, 'Nothing waits for your vote.')
    if (!shell.terminal.interactive) throw new NobodyThere(open.map(tool => tool.name))
    for (const tool of open) if (!(await review(shell, connection, options, tool))) return
  })
}

const pageMax = 1_000

async function pendingTools(connection: Connection, { project }: CallOptions): Promise<Tool[]> {
  const where = project === undefined ? {} : { project }
  const { items } = await connection.call('tools.list', { ...where, state: 'pending', limit: pageMax })
  const tools: Tool[] = []
  for (const { name } of items) tools.push(await connection.call('tools.get', { ...where, tool: name }))
  return tools
}

/** @returns false when the person wants to stop. */
async function review(shell: Shell, connection: Connection, { project }: CallOptions, tool: Tool): Promise<boolean> {
  const { isCancel, select, text } = await import('@clack/prompts')
  const { width, colour } = shell.terminal
  print(shell, renderTool(tool, { width, colour }))
  const choices = [
    { value: 'approve', label: 'Approve' },
    { value: 'reject', label: 'Reject, and say why' },
    { value: 'skip', label: 'Later' },
    { value: 'stop', label: 'Stop' },
  ]
  const vote = await select({
    message: `${tool.name}, version ${tool.version}, by ${tool.createdBy}`,
    options: choices,
  })
  if (isCancel(vote) || vote === 'stop') return false
  if (vote === 'skip') return true
  const comment = await text({ message: vote === 'reject' ? 'What is wrong with it?' : 'A comment (may be empty)' })
  if (isCancel(comment)) return false
  const where = project === undefined ? {} : { project }
  const voted = await connection.call('tools.vote', {
    ...where,
    ...{ tool: tool.name, vote, hash: tool.hash, comment: comment ?? '' },
  })
  say(shell, toldState(voted, ownCommand(shell)))
  return true
}
