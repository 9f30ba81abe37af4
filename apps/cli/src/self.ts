import { accessSync, constants, realpathSync } from 'node:fs'
import { delimiter, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { shellQuote } from './render/shell-quote.ts'
import type { Shell } from './terminal.ts'

/** The launcher's absolute path: what client settings start. */
export const launcherFile = fileURLToPath(new URL('../bin/super-data.js', import.meta.url))

/** How the reader starts this program, so that printed commands can be pasted. */
export function ownCommand(shell: Pick<Shell, 'env' | 'cwd'>): string {
  if (shell.env['npm_lifecycle_event'] === 'npx') return 'npx super-data'
  if (!shell.env['npm_execpath'] && isOnPath(shell.env['PATH'] ?? '')) return 'super-data'
  const near = relative(shell.cwd, launcherFile)
  return `node ${shellQuote(near.startsWith('..') ? launcherFile : near)}`
}

function isOnPath(path: string): boolean {
  return path.split(delimiter).some(folder => folder !== '' && isLauncher(join(folder, 'super-data')))
}

function isLauncher(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return realpathSync(file) === realpathSync(launcherFile)
  } catch {
    return false
  }
}
