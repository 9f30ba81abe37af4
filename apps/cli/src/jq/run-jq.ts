import { buffer } from 'node:stream/consumers'
import { type ByteSource, descriptorSink, descriptorSource, runCommand, type TextSink } from '@super-data/jq/command'
import type { Shell, Terminal } from '../terminal.ts'

/** How the command is called here. */
const jqName = 'super-data jq'

/** Descriptors of a process. */
const descriptors = { stdin: 0, stdout: 1, stderr: 2 } as const

/**
 * Runs one jq command line here, without a server.
 *
 * @returns jq's exit code.
 */
export async function runJq(words: readonly string[], shell: Shell): Promise<number> {
  const { terminal, env, cwd, signal } = shell
  const isProcess = (terminal.stdin as { fd?: number }).fd === descriptors.stdin
  // jq works without ever waiting for an event, so nobody would hear these: the system's own way is to end the process.
  if (isProcess) for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name)
  return runCommand(words, {
    name: jqName,
    env,
    cwd,
    stdin: isProcess ? descriptorSource(descriptors.stdin) : await readAll(terminal),
    stdout: isProcess ? descriptorSink(descriptors.stdout) : sinkOf(terminal.stdout),
    stderr: isProcess ? descriptorSink(descriptors.stderr) : sinkOf(terminal.stderr),
    terminal: { stdin: terminal.stdin.isTTY === true, stdout: terminal.colour },
    signal,
  })
}

/** A stream cannot be waited for while jq runs, so all of it is read before. */
async function readAll({ stdin }: Terminal): Promise<ByteSource> {
  const parts: Uint8Array[] = [await buffer(stdin)]
  return { read: () => parts.pop(), close: () => {} }
}

function sinkOf(stream: Terminal['stdout']): TextSink {
  return { write: text => void stream.write(text) }
}
