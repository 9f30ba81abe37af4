import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseJsonSequence, type Value } from '@super-data/jq'
import type { JqCommandLine } from './command-line.ts'

/** One text to read values from. */
export interface InputText {
  readonly name: string
  readonly text: () => string
}

export function fileTexts(files: readonly string[], cwd: string): readonly InputText[] {
  return files.map(name => ({ name, text: () => readFileSync(resolve(cwd, name), 'utf8') }))
}

/** The inputs of one command line, each read when it is asked for. A text that cannot be read is noted and passed over. */
export class JqInputs {
  readonly #values: Iterator<Value>
  readonly #problems: string[] = []

  constructor(texts: readonly InputText[], how: JqCommandLine['input']) {
    this.#values = this.#read(texts, how)
  }

  /** `undefined`: there are no more. */
  next(): Value | undefined {
    const { done, value } = this.#values.next()
    return done ? undefined : value
  }

  /** What could not be read, since the last time. */
  problems(): readonly string[] {
    return this.#problems.splice(0)
  }

  #read(texts: readonly InputText[], { raw, slurp }: JqCommandLine['input']): Iterator<Value> {
    if (raw && slurp)
      return once(() =>
        this.#opened(texts)
          .map(({ text }) => text)
          .join(''),
      )
    if (raw) return this.#lines(texts)
    return slurp ? once(() => [...this.#parsed(texts)]) : this.#parsed(texts)
  }

  *#parsed(texts: readonly InputText[]): Generator<Value> {
    for (const { name, text } of this.#opened(texts)) {
      try {
        yield* parseJsonSequence(text)
      } catch (error) {
        yield* goodLines(text)
        this.#problems.push(`error (at ${name}): ${(error as Error).message}`)
      }
    }
  }

  *#lines(texts: readonly InputText[]): Generator<Value> {
    const text = this.#opened(texts)
      .map(opened => opened.text)
      .join('')
    const lines = text.split('\n')
    if (lines.at(-1) === '') lines.pop()
    yield* lines
  }

  #opened(texts: readonly InputText[]): readonly { name: string; text: string }[] {
    return texts.flatMap(({ name, text }) => {
      try {
        return [{ name, text: text() }]
      } catch (error) {
        this.#problems.push(`error: Could not open ${name}: ${reason(error as NodeJS.ErrnoException)}`)
        return []
      }
    })
  }
}

/** The values of the lines before the first bad one, so that a broken line at the end of a log costs only itself. */
function* goodLines(text: string): Generator<Value> {
  for (const line of text.split('\n')) {
    try {
      yield* parseJsonSequence(line)
    } catch {
      return
    }
  }
}

function* once(value: () => Value): Generator<Value> {
  yield value()
}

function reason(error: NodeJS.ErrnoException): string {
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'No such file or directory',
    EACCES: 'Permission denied',
    EISDIR: 'It is a directory',
  }
  return known[error.code ?? ''] ?? error.code ?? error.message
}
