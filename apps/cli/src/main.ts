import { runProgram } from './run-program.ts'
import { processTerminal, type Shell } from './terminal.ts'

/** A second Ctrl-C counts only after this: a launcher and a terminal may both deliver the first. */
const secondSignalMs = 1_000

const controller = new AbortController()
const shell: Shell = {
  terminal: processTerminal(process.env),
  env: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
}

let stoppedAt: number | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
// The launcher that started us is gone without a word: nobody is left to stop us.
if (process.channel !== undefined && process.channel !== null) process.on('disconnect', stop).channel?.unref()
// Whoever read our output has seen enough, as `head` does.
process.stdout.on('error', error => process.exit((error as NodeJS.ErrnoException).code === 'EPIPE' ? 0 : 1))

process.exitCode = await runProgram(process.argv.slice(2), shell)

function stop(): void {
  if (stoppedAt !== undefined && performance.now() - stoppedAt > secondSignalMs) process.exit(130)
  stoppedAt ??= performance.now()
  controller.abort()
}
