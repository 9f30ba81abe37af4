import { Command } from 'commander'

/** Only its line in the list of commands: the command itself runs ahead of this program, for its options are jq's own. */
export function jqCommand(): Command {
  return new Command('jq').description('Run jq here, on files or standard input, without a server.')
}
