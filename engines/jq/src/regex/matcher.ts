import type { Runtime } from '../compile/runtime.ts'
import { JqRegexTooCostly } from '../errors.ts'
import { compileTree, type MatchingProgram } from './instructions.ts'
import { MatchingMachine, type Work } from './machine.ts'
import { isBearable, type Risk, riskOf } from './risk.ts'
import { readTree } from './tree.ts'

/** Where a match lies in its text, in UTF-16 units. */
export interface Found {
  readonly start: number
  readonly end: number
  /** Start and end of a group, by its number; `undefined` when it took no part. */
  group(number: number): readonly [number, number] | undefined
}

/** Finds matches in one text, one after the other. */
export type Finder = (from: number) => Found | undefined

/** Instructions of our own machine that take about as long as one step. */
const instructionsPerStep = 4
/** Most instructions for one match: less than half a second. */
const instructionsMax = 10_000_000

/**
 * A compiled expression. JavaScript's own matcher is used wherever it is sure to be done soon; where it might backtrack
 * for ever, our own takes over, which is slower, counts its work, and needs time in proportion to the text.
 */
export class Matcher {
  readonly #pattern: string
  readonly #source: string
  readonly #expression: RegExp
  readonly #fold: boolean
  #risk: Risk | undefined
  #program: MatchingProgram | undefined

  /** @throws SyntaxError from JavaScript for what only it finds wrong. */
  constructor(pattern: string, source: string, fold: boolean) {
    this.#pattern = pattern
    this.#source = source
    this.#fold = fold
    this.#expression = new RegExp(source, fold ? 'gdvi' : 'gdv')
  }

  /** @throws JqRegexTooCostly, here or from the finder · errors of the budget */
  finder(text: string, runtime: Runtime): Finder {
    runtime.spendChars(text.length)
    if (this.#isSafeFor(text)) return from => this.#findNatively(text, from, runtime)
    const work = this.#newWork(runtime)
    const program = this.#ownProgram()
    const machine = new MatchingMachine(program, text, work)
    return from => {
      work.restart()
      const slots = machine.find(from)
      return slots && new OwnFound(slots, program)
    }
  }

  /** Whether there is a match at all. */
  test(text: string, runtime: Runtime): boolean {
    if (!this.#isSafeFor(text)) return this.finder(text, runtime)(0) !== undefined
    runtime.spendChars(text.length)
    this.#expression.lastIndex = 0
    return this.#expression.test(text)
  }

  #isSafeFor(text: string): boolean {
    this.#risk ??= riskOf(readTree(this.#source, this.#fold))
    return isBearable(this.#risk, text.length)
  }

  #findNatively(text: string, from: number, runtime: Runtime): Found | undefined {
    runtime.spend(1)
    this.#expression.lastIndex = from
    const match = this.#expression.exec(text)
    return match ? new NativeFound(match) : undefined
  }

  #ownProgram(): MatchingProgram {
    this.#program ??= compileTree(readTree(this.#source, this.#fold))
    if (!this.#program) throw new JqRegexTooCostly(this.#pattern)
    return this.#program
  }

  #newWork(runtime: Runtime): Work & { restart(): void } {
    let left = instructionsMax
    return {
      restart: () => {
        left = instructionsMax
      },
      spend: instructions => {
        left -= instructions
        if (left < 0) throw new JqRegexTooCostly(this.#pattern)
        runtime.spend(Math.ceil(instructions / instructionsPerStep))
      },
    }
  }
}

class NativeFound implements Found {
  readonly #match: RegExpExecArray
  readonly start: number
  readonly end: number
  constructor(match: RegExpExecArray) {
    this.#match = match
    const [start, end] = match.indices![0]!
    this.start = start
    this.end = end
  }
  group(number: number): readonly [number, number] | undefined {
    return this.#match.indices!.groups![`group${number}`]
  }
}

class OwnFound implements Found {
  readonly #slots: Int32Array
  readonly #program: MatchingProgram
  constructor(slots: Int32Array, program: MatchingProgram) {
    this.#slots = slots
    this.#program = program
  }
  get start(): number {
    return this.#slots[0]!
  }
  get end(): number {
    return this.#slots[1]!
  }
  group(number: number): readonly [number, number] | undefined {
    const slot = this.#program.slots.get(`group${number}`)!
    const from = this.#slots[slot]!
    const to = this.#slots[slot + 1]!
    return from < 0 || to < 0 ? undefined : [from, to]
  }
}
