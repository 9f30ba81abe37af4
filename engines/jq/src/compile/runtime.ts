import type { Clock } from '@super-data/base/clock'
import { JqDepthExceeded, JqStepsExceeded } from '../errors.ts'
import type { JqObject, Value } from '../value/value.ts'

/** What one run may cost. Each has its own error; a limit that is left out does not exist. */
export interface Budget {
  /** Calls, loop turns and elements looked at. */
  readonly steps?: number
  /** Calls within calls; the JavaScript stack ends deep recursion even without it. */
  readonly depth?: number
  readonly outputs?: number
}

/** Steps are counted down in chunks small enough to stay small integers. */
const chunkMax = 1_000_000_000

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
  clock: Clock | undefined
  readonly variables: Value[] = []
  #reserve = Number.POSITIVE_INFINITY
  #steps = Number.POSITIVE_INFINITY

  start(budget: Budget | undefined): void {
    this.depth = 0
    this.depthMax = budget?.depth ?? Number.POSITIVE_INFINITY
    this.#steps = budget?.steps ?? Number.POSITIVE_INFINITY
    this.#reserve = this.#steps
    this.fuel = 0
    this.#refill()
  }

  /** Counts work; a loop calls it for each turn, a bulk operation once for all its elements. */
  spend(steps: number): void {
    this.fuel -= steps
    if (this.fuel < 0) this.#refill()
  }

  /** One more call within a call; `leave` undoes it. */
  enter(): void {
    if (--this.fuel < 0) this.#refill()
    if (++this.depth > this.depthMax) throw new JqDepthExceeded(this.depthMax)
  }

  leave(): void {
    this.depth--
  }

  #refill(): void {
    const missing = -this.fuel
    if (missing > this.#reserve) throw new JqStepsExceeded(this.#steps)
    const chunk = Math.min(this.#reserve, chunkMax + missing)
    this.#reserve -= chunk
    this.fuel = chunk - missing
  }

  /** Everything a nested run of the same program would change. */
  save(): () => void {
    const { fuel, depth, depthMax, env, inputs, onDebug, clock } = this
    const variables = this.variables.slice()
    const reserve = this.#reserve
    const steps = this.#steps
    return () => {
      Object.assign(this, { fuel, depth, depthMax, env, inputs, onDebug, clock })
      this.variables.splice(0, this.variables.length, ...variables)
      this.#reserve = reserve
      this.#steps = steps
    }
  }
}
