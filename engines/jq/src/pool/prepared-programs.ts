import type { Clock } from '@super-data/base/clock'
import { type Policy, strangerPolicy } from '../policy.ts'
import { compile, type Program, type RunOptions } from '../program.ts'
import { parseJson } from '../value/json-parse.ts'
import type { Value } from '../value/value.ts'
import { Lru } from './lru.ts'
import type { CallHead } from './protocol.ts'

export interface PreparedProgramsSettings {
  /** What `$ENV` shows where the policy allows it. */
  readonly env: Readonly<Record<string, string>>
  readonly clock: Clock
}

/** A compiled program with its variables bound. `next` gives what `input` reads. */
export type RunProgram = (input: Value, emit: (output: Value) => void, next?: () => Value | undefined) => void

/** Characters of program text whose compiled form is kept. */
const keptCharsMax = 4_000_000
/** What a program costs beside its text. */
const programCost = 1_000

const ownerPolicy: Policy = {}

/** Compiled programs by text, policy and names of variables. A program compiled for an owner never serves a stranger. */
export class PreparedPrograms {
  readonly #settings: PreparedProgramsSettings
  readonly #programs = new Lru<Program>(keptCharsMax)

  constructor(settings: PreparedProgramsSettings) {
    this.#settings = settings
  }

  /**
   * @param endsAt when the program must have ended, by the clock's `elapsed`.
   * @throws the language's errors for a program or a variable that cannot be read.
   */
  prepare({ program: text, variables: texts, policy, limits }: CallHead, endsAt: number): RunProgram {
    const program = this.#compiled(text, Object.keys(texts), policy)
    const { env, clock } = this.#settings
    const { steps, depth } = limits
    const budget = { ...(steps === undefined ? {} : { steps }), ...(depth === undefined ? {} : { depth }) }
    const options = { variables: parseAll(texts), env, clock }
    return (input, emit, next) => {
      const deadlineMs = Math.max(0, endsAt - clock.elapsed())
      const run: RunOptions = { ...options, budget: { ...budget, deadlineMs }, emit, ...(next ? { inputs: next } : {}) }
      program.run(input, run)
    }
  }

  #compiled(text: string, variables: readonly string[], policy: CallHead['policy']): Program {
    const key = JSON.stringify([policy, variables, text])
    const kept = this.#programs.find(key)
    if (kept) return kept
    const program = compile(text, { variables, policy: policy === 'stranger' ? strangerPolicy : ownerPolicy })
    this.#programs.put(key, program, programCost + key.length)
    return program
  }
}

function parseAll(texts: Readonly<Record<string, string>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, parseJson(text)]))
}
