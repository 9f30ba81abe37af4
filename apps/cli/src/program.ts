import { nearest } from '@super-data/base/nearest'
import { Command, type CommanderError } from 'commander'
import { askCommand } from './commands/ask.ts'
import { backupCommand } from './commands/backup.ts'
import { configCommand } from './commands/config.ts'
import { doctorCommand } from './commands/doctor.ts'
import { exportCommand, importCommand } from './commands/exchange.ts'
import { initCommand } from './commands/init.ts'
import { joinCommand } from './commands/join.ts'
import { jqCommand } from './commands/jq.ts'
import { learnedToolsCommand } from './commands/learned-tools.ts'
import { leaveCommand } from './commands/leave.ts'
import { mcpCommand } from './commands/mcp.ts'
import { addPostgresCommands } from './commands/postgres.ts'
import { pendingApprovalsCommand, reviewProposalsCommand } from './commands/proposals.ts'
import { restoreCommand } from './commands/restore.ts'
import { runCommand } from './commands/run.ts'
import { saveCommand } from './commands/save.ts'
import { serveCommand } from './commands/serve.ts'
import { tryCommand } from './commands/try.ts'
import { deriveCommand, deriveCommands } from './derive.ts'
import { UsageWrong } from './errors.ts'
import type { Outcome } from './outcome.ts'
import type { Shell } from './terminal.ts'
import { version } from './version.ts'

/**
 * The whole command line: commands made by hand, then one for each declared operation.
 *
 * @param called the command that is called, when it is known: others are made as far as the list of them needs.
 */
export function buildProgram(shell: Shell, outcome: Outcome = { exitCode: 0 }, called?: string): Command {
  const program = new Command('super-data')
  program.description('Find data, ask it, save good questions as tools, review them, call them.')
  program.enablePositionalOptions()
  program.version(version, '--version', 'Print the version.')
  program.commandsGroup('Start:')
  for (const make of [tryCommand, initCommand, serveCommand, joinCommand, leaveCommand]) program.addCommand(make(shell))
  program.commandsGroup('Ask and call:')
  for (const make of [askCommand, saveCommand, runCommand]) program.addCommand(make(shell))
  program.addCommand(jqCommand())
  program.commandsGroup('Work as a team:')
  for (const make of [
    pendingApprovalsCommand,
    reviewProposalsCommand,
    learnedToolsCommand,
    exportCommand,
    importCommand,
  ])
    program.addCommand(make(shell, outcome))
  program.commandsGroup('Look after it:')
  program.addCommand(doctorCommand(shell, outcome))
  for (const make of [backupCommand, restoreCommand, configCommand, mcpCommand]) program.addCommand(make(shell))
  program.addCommand(deriveCommand('identity.whoami', shell, outcome))
  program.commandsGroup('Every operation, by area:')
  const areas = deriveCommands(shell, outcome, called)
  addPostgresCommands(areas, shell, outcome)
  for (const command of areas) program.addCommand(command)
  program.addHelpText('after', loop)
  forAll(program, command => settle(command, shell))
  return program
}

/** What everybody does here, as commands. */
const loop = `
The loop:
  super-data try ./folder                                        look at your own files
  super-data datasets list                                       find
  super-data ask 'SELECT * FROM orders LIMIT 5'                  ask
  super-data save NAME --description TEXT                        save
  super-data tools submit NAME                                   review
  super-data run NAME --param value                              call`

/** Output goes where the shell says, and mistakes are thrown instead of ending the process. */
function settle(command: Command, shell: Shell): void {
  const { stdout, stderr, width, colour } = shell.terminal
  command
    .helpCommand(false)
    .exitOverride(failure => refuse(failure, command))
    .configureOutput({
      writeOut: text => stdout.write(text),
      writeErr: text => stderr.write(text),
      getOutHelpWidth: () => width ?? 100,
      getErrHelpWidth: () => width ?? 100,
      getOutHasColors: () => colour,
      getErrHasColors: () => colour,
      outputError: () => {},
    })
}

/** Of a command that is not there: the one that was meant, when one is near; else those there are. */
function refuse(failure: CommanderError, { commands, parent }: Command): never {
  if (failure.code !== 'commander.unknownCommand') throw failure
  const [, typed = ''] = /'(.*)'/.exec(failure.message) ?? []
  const names = commands.map(command => command.name())
  const meant = nearest(typed, names)
  const list = parent === null ? 'Add --help to see them all.' : `The commands are: ${names.join(', ')}.`
  throw new UsageWrong(`unknown command '${typed}'`, { hint: meant === undefined ? list : `Did you mean ${meant}?` })
}

function forAll(command: Command, visit: (command: Command) => void): void {
  visit(command)
  for (const child of command.commands) forAll(child, visit)
}
