import { Command } from 'commander'
import { type CallOptions, callAndShow, withCallOptions } from '../call-options.ts'
import type { Shell } from '../terminal.ts'

/** `list-learned-tools`: what the questions asked suggest to save. */
export function learnedToolsCommand(shell: Shell): Command {
  const command = new Command('list-learned-tools').description('List questions that were asked often enough to save.')
  withCallOptions(command)
  return command.action(async () => {
    const { project, ...options } = command.optsWithGlobals<CallOptions>()
    const input = { kind: 'make_tool', ...(project === undefined ? {} : { project }) }
    await callAndShow(shell, 'learning.suggestions', input, options, ['list-learned-tools'])
  })
}
