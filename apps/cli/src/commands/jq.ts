import { helpText } from '@super-data/jq/command'
import { Command } from 'commander'
import { jqName } from '../jq/run-jq.ts'

/** What `--help` says of `jq`. The command itself runs ahead of this program: its options are jq's own. */
export function jqCommand(): Command {
  const command = new Command('jq').description('Run jq here, on files or standard input, without a server.')
  return command.addHelpText('after', `\n${helpText(jqName).trimEnd()}`)
}
