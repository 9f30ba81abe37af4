import type { Clock } from '@super-data/base/clock'
import { JqRuntimeError } from '../errors.ts'
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
/** A failed program runs again to say where it failed if there is this many times the time left that it took. */
const timesTheTime = 2
/** What a program costs beside its text. */
const programCost = 1_000

const ownerPolicy: Policy = {}

/** Compiled programs by texts, policy and names of variables. A program compiled for an owner never serves a stranger. */
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
  prepare(head: CallHead, endsAt: number): RunProgram {
    const { variables: texts, limits } = head
    const program = this.#compiled(head)
    const { env, clock } = this.#settings
    const { steps, depth } = limits
    const budget = { ...(steps === undefined ? {} : { steps }), ...(depth === undefined ? {} : { depth }) }
    const options = { variables: parseAll(texts), env, clock }
    return (input, emit, next) => {
      const startedAt = clock.elapsed()
      const limited = (): RunOptions => {
        return { ...options, budget: { ...budget, deadlineMs: Math.max(0, endsAt - clock.elapsed()) } }
      }
      try {
        program.run(input, { ...limited(), emit, ...(next ? { inputs: next } : {}) })
      } catch (error) {
        const now = clock.elapsed()
        const inTime = endsAt - now > timesTheTime * (now - startedAt)
        throw inTime && error instanceof JqRuntimeError ? program.locate(error, input, limited()) : error
      }
    }
  }

  #compiled({ program: text, definitions, variables: texts, policy }: CallHead): Program {
    const variables = Object.keys(texts)
    const key = JSON.stringify([policy, variables, definitions, text])
    const kept = this.#programs.find(key)
    if (kept) return kept
    const policyOf = { stranger: strangerPolicy, owner: ownerPolicy }
    const program = compile(text, { variables, definitions, policy: policyOf[policy] })
    this.#programs.put(key, program, programCost + key.length)
    return program
  }
}

function parseAll(texts: Readonly<Record<string, string>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, parseJson(text)]))
}
