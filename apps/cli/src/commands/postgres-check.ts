import type { Output } from '@super-data/contract'
import { Command } from 'commander'
import { type CallOptions, withCallOptions } from '../call-options.ts'
import { openConnection } from '../open-connection.ts'
import type { Outcome } from '../outcome.ts'
import { renderTable } from '../render/table.ts'
import { print, type Shell, say } from '../terminal.ts'

type Sources = Output<'postgres.sources'>['items']

/** `postgres check`: which sources there are, whether they answer, and what their logins may do too much. */
export function postgresCheckCommand(shell: Shell, outcome: Outcome): Command {
  const command = new Command('check').description('Check the PostgreSQL sources: reachable, and with little right.')
  withCallOptions(command).addHelpText('after', '\nExample:\n  super-data postgres check')
  return command.action(async () => {
    const options = command.optsWithGlobals<CallOptions>()
    await using connection = await openConnection(shell, options)
    const { items } = await connection.call('postgres.sources', inProject(options))
    print(shell, options.json ? JSON.stringify(items) : render(shell, items))
    if (items.length === 0) say(shell, 'Write postgres.yml (docs/postgres.md), or try `super-data postgres demo`.')
    if (items.some(({ state }) => state !== 'ready')) outcome.exitCode = 1
  })
}

const inProject = ({ project }: CallOptions) => (project === undefined ? {} : { project })

function render(shell: Shell, items: Sources): string {
  if (items.length === 0) return 'There is no PostgreSQL source in this project.'
  const { width, colour } = shell.terminal
  const rows = items.flatMap(({ source, state, rights, version, findings }) => {
    const [first = 'nothing to say against its logins', ...more] = findings
    return [[source, state, rights, version, first], ...more.map(finding => ['', '', '', '', finding])]
  })
  return renderTable(['source', 'state', 'rights', 'version', 'found'], rows, { width, colour, absent: '' })
}
