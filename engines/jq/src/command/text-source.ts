import { resolve } from 'node:path'
import { fileSource } from './descriptors.ts'
import type { ByteSource, CommandWorld } from './world.ts'

/** A file that cannot be opened, as jq words it. */
export type ReportProblem = (problem: string) => void

const standardInput = '<stdin>'

interface OpenFile {
  readonly name: string
  readonly bytes: ByteSource
  readonly decoder: InstanceType<typeof TextDecoder>
}

/** The text of all input files, one after the other, a piece at a time. */
export class TextSource {
  readonly #world: CommandWorld
  readonly #files: string[]
  readonly #report: ReportProblem
  #current: OpenFile | undefined
  #lastName: string | undefined
  #lines = 0

  constructor(world: CommandWorld, files: readonly string[], report: ReportProblem) {
    this.#world = world
    this.#files = files.length === 0 ? ['-'] : [...files]
    this.#report = report
  }

  /** The file that the latest piece came from; `undefined` before the first. */
  get lastFile(): string | undefined {
    return this.#lastName
  }

  /** Line ends in the pieces of the current file so far, those of the last one included. */
  get lines(): number {
    return this.#lines
  }

  /** The next piece, perhaps empty; `undefined` at the end of the last file. */
  read(): string | undefined {
    this.#current ??= this.#openNext()
    if (!this.#current) return undefined
    const bytes = this.#readBytes()
    const piece = this.#current.decoder.decode(bytes, { stream: bytes !== undefined })
    this.#lines += countLines(piece)
    if (bytes === undefined) this.#closeCurrent()
    return piece
  }

  close(): void {
    this.#closeCurrent()
    this.#files.length = 0
  }

  #readBytes(): Uint8Array | undefined {
    try {
      return this.#current!.bytes.read()
    } catch (error) {
      this.#report(`jq: error: ${reasonOf(error)}`)
      return undefined
    }
  }

  #closeCurrent(): void {
    this.#current?.bytes.close()
    this.#current = undefined
  }

  #openNext(): OpenFile | undefined {
    for (let file = this.#files.shift(); file !== undefined; file = this.#files.shift()) {
      const bytes = this.#open(file)
      if (!bytes) continue
      this.#lines = 0
      const name = file === '-' ? standardInput : file
      this.#lastName = name
      return { name, bytes, decoder: new TextDecoder() }
    }
    return undefined
  }

  #open(name: string): ByteSource | undefined {
    if (name === '-') return this.#world.stdin
    try {
      return fileSource(resolve(this.#world.cwd, name))
    } catch (error) {
      this.#report(`jq: error: Could not open ${name}: ${reasonOf(error)}`)
      return undefined
    }
  }
}

/** How many lines end in a text. */
export function countLines(text: string): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  EMFILE: 'Too many open files',
}

/** What the system calls the error. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return reasons[code ?? ''] ?? code ?? message
}
