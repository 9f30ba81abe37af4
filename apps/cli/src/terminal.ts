import type { Readable, Writable } from 'node:stream'

/** Where a command writes, and what the reader's screen can show. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable
  readonly stderr: Writable
  /** Columns of the screen; undefined when the output goes to a file or a pipe. */
  readonly width: number | undefined
  readonly colour: boolean
  /** True when stderr is a screen, so that progress may be drawn and redrawn. */
  readonly live: boolean
  /** True when somebody is there to answer questions. */
  readonly interactive: boolean
}

/** All that a command takes from outside. Tests make their own. */
export interface Shell {
  readonly terminal: Terminal
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Fires on Ctrl-C and on SIGTERM. */
  readonly signal: AbortSignal
}

export function processTerminal(env: NodeJS.ProcessEnv): Terminal {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    width: screenWidth(env),
    colour: process.stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    live: process.stderr.isTTY === true,
    interactive: process.stdin.isTTY === true && process.stdout.isTTY === true,
  }
}

function screenWidth(env: NodeJS.ProcessEnv): number | undefined {
  const asked = Number.parseInt(env['COLUMNS'] ?? '', 10)
  if (Number.isInteger(asked) && asked > 0) return asked
  // A screen of no columns is one that nobody told its size: scripts and CI have it.
  return process.stdout.isTTY === true ? process.stdout.columns || undefined : undefined
}

export function print(shell: Shell, text: string): void {
  shell.terminal.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** Says something to the person at the screen; never part of the output. */
export function say(shell: Shell, text: string): void {
  shell.terminal.stderr.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** Resolves when the signal fires. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}
