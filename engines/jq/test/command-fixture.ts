import { Buffer } from 'node:buffer'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CommandWorld, runCommand } from '../src/command/index.ts'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line within this process. Standard input comes in pieces of so many bytes. */
export function runLine(
  words: readonly string[],
  stdin: string | (() => Uint8Array | undefined) = '',
  around: Partial<CommandWorld> & { readonly pieceBytes?: number } = {},
): Ended {
  let stdout = ''
  let stderr = ''
  const code = runCommand(words, {
    name: 'sdjq',
    env: {},
    cwd: tmpdir(),
    stdin: { read: typeof stdin === 'string' ? pieces(stdin, around.pieceBytes ?? 65_536) : stdin, close: () => {} },
    stdout: {
      write: text => {
        stdout += text
      },
    },
    stderr: {
      write: text => {
        stderr += text
      },
    },
    terminal: { stdin: false, stdout: false },
    ...around,
  })
  return { code, stdout, stderr }
}

function pieces(text: string, bytes: number): () => Uint8Array | undefined {
  const all = Buffer.from(text)
  let at = 0
  return () => {
    if (at >= all.length) return undefined
    at += bytes
    return all.subarray(at - bytes, at)
  }
}

/** A folder with files, gone with the test. */
export class FileFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'sdjq-'))

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.path, name), text)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
