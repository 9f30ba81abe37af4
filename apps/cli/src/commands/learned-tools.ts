import { Command } from 'commander'
import { type CallOptions, withCallOptions } from '../call-options.ts'
import { openConnection } from '../open-connection.ts'
import { pages } from '../pages.ts'
import { renderSuggestions } from '../render/learning.ts'
import { renderList } from '../render/output.ts'
import { print, type Shell } from '../terminal.ts'

/** `list-learned-tools`: what was saved from questions or by agents, and what else the questions asked suggest. */
export function learnedToolsCommand(shell: Shell): Command {
  const command = new Command('list-learned-tools').description(
    'List tools that came from questions or agents, and questions asked often enough to save.',
  )
  withCallOptions(command)
  return command.action(async () => {
    const options = command.optsWithGlobals<CallOptions>()
    const where = options.project === undefined ? {} : { project: options.project }
    await using connection = await openConnection(shell, options)
    const tools = []
    for await (const tool of pages(cursor => connection.call('tools.list', { ...where, ...cursor, limit: 500 }))) {
      const { name, state, version, description, origin } = tool
      if (origin === 'learned') tools.push({ name, state, version, description })
    }
    const suggested = await connection.call('learning.suggestions', { ...where, kind: 'make_tool' })
    const { width, colour } = shell.terminal
    if (options.json) return print(shell, JSON.stringify({ tools, suggestions: suggested.items }, null, 2))
    if (tools.length > 0) print(shell, renderList(tools, { width, colour }))
    if (tools.length > 0 && suggested.items.length > 0) print(shell, 'Asked often enough to save:\n')
    if (tools.length === 0 || suggested.items.length > 0) print(shell, renderSuggestions(suggested, { width, colour }))
  })
}
