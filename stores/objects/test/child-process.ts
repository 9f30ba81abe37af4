import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A process of its own that runs `writer-process.ts`, line by line. */
export class WriterProcess {
  readonly #process: ChildProcess
  readonly lines: string[] = []

  constructor(args: readonly string[]) {
    this.#process = fork(new URL('./writer-process.ts', import.meta.url), [...args], {
      execArgv: ['--conditions=source'],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    createInterface({ input: this.#process.stdout! }).on('line', line => this.lines.push(line))
  }

  /** Until it has said so many lines. */
  async said(count: number): Promise<void> {
    while (this.lines.length < count && this.#process.exitCode === null) {
      await new Promise(resolve => setTimeout(resolve, 2))
    }
  }

  /** Lets it begin: processes that race are all ready first. */
  go(): void {
    this.#process.send('go')
  }

  async kill(): Promise<void> {
    const exit = once(this.#process.stdout!, 'close')
    this.#process.kill('SIGKILL')
    await exit
  }

  /** @throws when it did not end well. */
  async ended(): Promise<void> {
    const [code] = await once(this.#process, 'close')
    if (code !== 0) throw new Error(`the writer ended with ${code}`)
  }
}
