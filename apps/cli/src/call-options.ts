import type { OperationName } from '@super-data/contract'
import { type Command, Option } from 'commander'
import { type OpenOptions, openConnection } from './open-connection.ts'
import { ProgressLine } from './render/progress.ts'
import { showResult } from './render/result.ts'
import type { Shell } from './terminal.ts'

/** Options that every command takes which calls an operation. */
export interface CallOptions extends OpenOptions {
  readonly project?: string
  readonly json?: boolean
}

export function withCallOptions(command: Command): Command {
  const add = (flags: string, about: string) => command.addOption(new Option(flags, about).helpGroup('Common options:'))
  add('--project <name>', 'Project to work in; without it, the one of the key.')
  add('--json', 'Print exact JSON.')
  add('--url <url>', 'Server to call; SUPER_DATA_URL does the same.')
  add('--key <key>', 'Key for it; SUPER_DATA_API_KEY does the same and stays out of the process list.')
  add('--home <folder>', 'Work on this home folder, without a server.')
  add('-v, --verbose', 'Say where the call goes.')
  return command
}

/** Calls one operation where the options point to, and prints and returns what it answers. */
export async function callAndShow(
  shell: Shell,
  name: OperationName,
  input: Record<string, unknown>,
  options: CallOptions,
  words: readonly string[],
): Promise<unknown> {
  const output = await callOnce(shell, name, input, options)
  showResult(shell, output, { json: options.json ?? false, operation: name, words })
  return output
}

async function callOnce(
  shell: Shell,
  name: OperationName,
  input: Record<string, unknown>,
  options: CallOptions,
): Promise<unknown> {
  const line = new ProgressLine(shell.terminal)
  await using connection = await openConnection(shell, options)
  try {
    return await connection.call(name, input, { onProgress: progress => line.show(progress) })
  } finally {
    line.clear()
  }
}
