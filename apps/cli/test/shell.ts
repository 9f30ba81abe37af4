import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { runProgram } from '../src/run-program.ts'
import type { Shell } from '../src/terminal.ts'

/** Where `super-data` itself can be found. */
const programs = fileURLToPath(new URL('../../../node_modules/.bin', import.meta.url))

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Around {
  readonly env?: Record<string, string>
  readonly cwd?: string
  readonly stdin?: string
  readonly width?: number
  readonly signal?: AbortSignal
  /** As if somebody sat there. */
  readonly interactive?: boolean
}

/** A folder of its own for one test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'super-data-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder for several tests; the caller removes it. */
export function keptFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'super-data-cli-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A shell whose output is caught, with a home and a configuration folder of its own. */
export function caughtShell(around: Around = {}): { shell: Shell; out: () => string; err: () => string } {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const texts = { out: '', err: '' }
  stdout.on('data', chunk => (texts.out += chunk))
  stderr.on('data', chunk => (texts.err += chunk))
  const cwd = around.cwd ?? temporaryFolder()
  const shell: Shell = {
    terminal: {
      stdin: Readable.from([around.stdin ?? '']),
      stdout,
      stderr,
      width: around.width,
      colour: false,
      live: false,
      interactive: around.interactive ?? false,
    },
    env: { PATH: programs, XDG_CONFIG_HOME: join(cwd, '.config'), SUPER_DATA_HOME: join(cwd, 'data'), ...around.env },
    cwd,
    signal: around.signal ?? new AbortController().signal,
  }
  return { shell, out: () => texts.out, err: () => texts.err }
}

/** Runs one command line within this process. */
export async function run(words: readonly string[], around: Around = {}): Promise<Ran> {
  const { shell, out, err } = caughtShell(around)
  const code = await runProgram(words, shell)
  await new Promise(resolve => setImmediate(resolve))
  return { code, out: out(), err: err() }
}
