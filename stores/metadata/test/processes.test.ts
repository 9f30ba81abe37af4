import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { inspect } from '../src/sqlite/inspection.ts'
import { countNotes, openNotes } from './notes.ts'
import { TemporaryFolder } from './temporary-folder.ts'

describe('processes', { timeout: 120_000 }, () => {
  it('lose nothing they acknowledged, and leave no half, when they are killed', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('notes.db')
    const acknowledged: string[] = []
    for (let round = 0; round < 10; round++) {
      await using committer = new Committer(['endless', file, String(round)])
      await committer.said(5 + round * 4)
      await committer.kill()
      acknowledged.push(...committer.lines.slice(1))
    }
    await using database = await openNotes(file)
    expect(await database.check()).toEqual([])
    const rows = await database.read.selectFrom('notes').select(['text', 'author_id']).orderBy('id').execute()
    const present = new Set(rows.map(({ text }) => text))
    expect(acknowledged.filter(text => !present.has(text))).toEqual([])
    expect(acknowledged.length).toBeGreaterThan(10 * 5)
    expect(rows.length).toBe(present.size * 2)
    // At most the one transaction of each round that was committed but not yet said.
    expect(present.size - acknowledged.length).toBeLessThanOrEqual(10)
  })

  it('look at a file that another is making at whatever moment', async () => {
    using folder = new TemporaryFolder()
    for (let round = 0; round < 3; round++) {
      const file = folder.file(`${round}.db`)
      await using committer = new Committer(['times', file, 'a', '10'])
      const look = async () => {
        while ((await inspect(file)).applied.length === 0);
      }
      // So many that some time passes between the two looks of each at the file system.
      await Promise.all(Array.from({ length: 500 }, look))
      await committer.ended()
    }
  })

  it('open one new file together and write to it together, without a busy error', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('notes.db')
    const committers = ['a', 'b', 'c'].map(name => new Committer(['times', file, name, '100']))
    await Promise.all(committers.map(committer => committer.ended()))
    await using database = await openNotes(file)
    expect(await countNotes(database)).toBe(300)
    expect(await database.check()).toEqual([])
  })
})

class Committer implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #exit: Promise<unknown[]>
  readonly lines: string[] = []

  constructor(args: readonly string[]) {
    const entry = new URL('./committer-process.ts', import.meta.url)
    this.#process = spawn(process.execPath, ['--conditions=source', entry.pathname, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#exit = once(this.#process, 'close')
    createInterface({ input: this.#process.stdout! }).on('line', line => this.lines.push(line))
  }

  async said(count: number): Promise<void> {
    while (this.lines.length < count && this.#process.exitCode === null) {
      await new Promise(resolve => setTimeout(resolve, 2))
    }
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#exit
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }

  async ended(): Promise<void> {
    const [code] = await this.#exit
    if (code !== 0) throw new Error(`the process ended with ${code}`)
  }
}
