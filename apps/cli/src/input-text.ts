import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text as readStream } from 'node:stream/consumers'
import { InputUnreadable } from './errors.ts'
import type { Shell } from './terminal.ts'

/** jq's own formats start with @ too: these are queries, not files. */
const jqFormat = /^@(text|json|html|uri|urid|csv|tsv|sh|base64|base64d|base32|base32d)(?![\w./-])/

/** A value as given, or the content of `@file`, or of standard input for `-`. */
export async function readText(given: string, shell: Shell): Promise<string> {
  if (given === '-') return readStream(shell.terminal.stdin)
  if (!given.startsWith('@') || jqFormat.test(given)) return given
  return readInput(given.slice(1), shell)
}

/** @throws InputUnreadable */
export async function readInput(file: string, shell: Shell): Promise<string> {
  try {
    return await readFile(resolve(shell.cwd, file), 'utf8')
  } catch (error) {
    throw new InputUnreadable(file, error as NodeJS.ErrnoException)
  }
}
