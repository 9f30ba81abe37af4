import { type Clock, systemClock } from '@super-data/base/clock'
import { throwIfAborted } from '@super-data/base/errors'
import { JqDepthExceeded, JqStepsExceeded, JqTimeExceeded } from '../errors.ts'
import type { ModuleLibrary } from '../modules/library.ts'
import type { JqObject, Value } from '../value/value.ts'

/**
 * What one run may cost. Each limit has its own error, which also says how many outputs there were; a limit that is
 * left out does not exist.
 */
export interface Budget {
  /** Calls, loop turns, elements looked at, and 16 characters of text worked on. */
  readonly steps?: number
  /** Calls within calls; the JavaScript stack ends deep recursion even without it. */
  readonly depth?: number
  readonly outputs?: number
  /** Bytes that all outputs may take together as JSON, one a line. */
  readonly outputBytes?: number
  /** Wall time in milliseconds from the start of the run, by its clock. Looked at every few thousand steps. */
  readonly deadlineMs?: number
}

/** Steps are counted down in chunks small enough to stay small integers. */
const chunkMax = 1_000_000_000
/** With a clock or a signal to look at, chunks last well under a millisecond. */
const watchedChunkMax = 10_000
/** Characters of text that a builtin works through in about the time of one step. */
const charsPerStep = 16

/** What a run is given beside its input. */
export interface RunStart {
  readonly budget: Budget | undefined
  readonly clock: Clock
  readonly signal: AbortSignal | undefined
}

/** Where the input that is being worked on came from. */
export interface InputPlace {
  /** `null`: it came from no file. */
  readonly file: string | null
  /** Line ends read so far. */
  readonly line: number
}

/** The place of an input nobody knows about. */
export function nowhere(): InputPlace {
  return { file: null, line: 0 }
}

/** What a compiled program needs while it runs. One belongs to each program; runs take turns on it. */
export class Runtime {
  /** Steps left before `#refill` must look at the budget. */
  fuel = chunkMax
  depth = 0
  depthMax = Number.POSITIVE_INFINITY
  env: JqObject = {}
  /** `undefined`: this run has no further inputs to read. */
  inputs: (() => Value | undefined) | undefined
  onDebug: (message: Value) => void = () => {}
  clock: Clock = systemClock
  /** Outputs handed out so far. */
  outputs = 0
  /** Receives the messages of `stderr`. */
  onStderr: (message: Value) => void = () => {}
  /** Where the inputs come from, as `input_filename` and `input_line_number` say it. */
  place: () => InputPlace = nowhere
  readonly variables: Value[] = []
  /** What `modulemeta` looks into. */
  readonly library: ModuleLibrary | undefined
  #reserve = Number.POSITIVE_INFINITY
  #steps = Number.POSITIVE_INFINITY
  #chunk = chunkMax
  #deadlineMs = Number.POSITIVE_INFINITY
  #endsAt = Number.POSITIVE_INFINITY
  #signal: AbortSignal | undefined

  constructor(library?: ModuleLibrary) {
    this.library = library
  }

  /** @throws Cancelled when the signal has fired already. */
  start({ budget, clock, signal }: RunStart): void {
    this.depth = 0
    this.depthMax = budget?.depth ?? Number.POSITIVE_INFINITY
    this.outputs = 0
    this.clock = clock
    this.#steps = budget?.steps ?? Number.POSITIVE_INFINITY
    this.#reserve = this.#steps
    this.#deadlineMs = budget?.deadlineMs ?? Number.POSITIVE_INFINITY
    const isTimed = this.#deadlineMs < Number.POSITIVE_INFINITY
    this.#endsAt = isTimed ? clock.elapsed() + this.#deadlineMs : Number.POSITIVE_INFINITY
    this.#signal = signal
    this.#chunk = isTimed || signal ? watchedChunkMax : chunkMax
    this.fuel = 0
    this.#refill()
  }

  /** Counts work; a loop calls it for each turn, a bulk operation once for all its elements. */
  spend(steps: number): void {
    this.fuel -= steps
    if (this.fuel < 0) this.#refill()
  }

  /** Counts the work on so many characters; a few are free. */
  spendChars(chars: number): void {
    if (chars >= charsPerStep) this.spend(Math.trunc(chars / charsPerStep))
  }

  /** One more call within a call; `leave` undoes it. */
  enter(): void {
    if (--this.fuel < 0) this.#refill()
    if (++this.depth > this.depthMax) throw new JqDepthExceeded(this.depthMax, { outputs: this.outputs })
  }

  leave(): void {
    this.depth--
  }

  /** Looks at everything that can end a run, then hands out the next chunk of steps. */
  #refill(): void {
    const missing = -this.fuel
    if (missing > this.#reserve) throw new JqStepsExceeded(this.#steps, { outputs: this.outputs })
    if (this.#chunk !== chunkMax) this.#look()
    const chunk = Math.min(this.#reserve, this.#chunk + missing)
    this.#reserve -= chunk
    this.fuel = chunk - missing
  }

  #look(): void {
    throwIfAborted(this.#signal)
    if (this.clock.elapsed() > this.#endsAt) throw new JqTimeExceeded(this.#deadlineMs, { outputs: this.outputs })
  }

  /** Everything a nested run of the same program would change. */
  save(): () => void {
    const { fuel, depth, depthMax, env, inputs, onDebug, onStderr, place, clock, outputs } = this
    const kept = { fuel, depth, depthMax, env, inputs, onDebug, onStderr, place, clock, outputs }
    const variables = this.variables.slice()
    const reserve = this.#reserve
    const steps = this.#steps
    const chunk = this.#chunk
    const deadlineMs = this.#deadlineMs
    const endsAt = this.#endsAt
    const signal = this.#signal
    return () => {
      Object.assign(this, kept)
      this.variables.splice(0, this.variables.length, ...variables)
      this.#reserve = reserve
      this.#steps = steps
      this.#chunk = chunk
      this.#deadlineMs = deadlineMs
      this.#endsAt = endsAt
      this.#signal = signal
    }
  }
}
