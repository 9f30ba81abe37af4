import { type Clock, systemClock } from '@super-data/base/clock'
import { halted } from './builtins/surroundings.ts'
import { BodyContext } from './compile/context.ts'
import type { Many, Signal } from './compile/machine.ts'
import type { Plan } from './compile/plan.ts'
import { resolveProgram } from './compile/resolve.ts'
import { type Budget, type InputPlace, nowhere, Runtime } from './compile/runtime.ts'
import { placeOf } from './compile/site.ts'
import {
  JqDepthExceeded,
  JqOutputBytesExceeded,
  JqOutputsExceeded,
  JqRuntimeError,
  JqUnknownVariable,
  JqValueTooLarge,
} from './errors.ts'
import type { ModuleLibrary } from './modules/library.ts'
import { loadModules } from './modules/load-modules.ts'
import { enforcePolicy, type Policy, permits } from './policy.ts'
import type { Surrounding } from './surroundings.ts'
import type { Ast } from './syntax/ast.ts'
import { guardDepth, isStackOverflow } from './syntax/nesting.ts'
import { parse } from './syntax/parser.ts'
import { type Explanation, explain } from './tools/explain.ts'
import { compactJson } from './value/json-print.ts'
import { jsonBytes } from './value/json-size.ts'
import { Raised } from './value/raised.ts'
import type { Value } from './value/value.ts'

/** What a program may count on, wherever it runs. */
export interface CompileOptions {
  /** Names (without `$`) that every run binds. */
  readonly variables?: readonly string[]
  /** What the program may use of its surroundings; everything when left out. */
  readonly policy?: Policy
  /** The function library: what `import` and `include` can find. Nothing when left out. It obeys the same policy. */
  readonly functions?: ModuleLibrary
  /**
   * Definitions that stand before the program, each using those before it. Each is a text of its own, so that positions
   * in the program are those its author sees.
   */
  readonly definitions?: readonly string[]
}

/** What one run gets and how far it may go. */
export interface RunOptions {
  /** A value for each of the program's declared variables. */
  readonly variables?: Readonly<Record<string, Value>>
  /** What `env` and `$ENV` show; nothing when left out. */
  readonly env?: Readonly<Record<string, string>>
  /** How much the run may take; without bounds when left out. */
  readonly budget?: Budget
  /**
   * The next input for `input` and `inputs`; `undefined` when there are no more. It may throw JqInvalidJson, which is an
   * error the program can catch.
   */
  readonly inputs?: () => Value | undefined
  /** Where the last input came from, for `input_filename` and `input_line_number`; nowhere when left out. */
  readonly inputPlace?: () => InputPlace
  /** Receives the messages of `debug`. */
  readonly onDebug?: (message: Value) => void
  /** Receives the messages of `stderr`; `onDebug` does when this is left out. */
  readonly onStderr?: (message: Value) => void
  /** The program said `halt`: its outputs end here, and so should whatever would come after. */
  readonly onHalt?: () => void
  /** What `now` and the deadline read; the system's when left out. */
  readonly clock?: Clock
  /** Ends the run with `Cancelled` at the next look, every few thousand steps. */
  readonly signal?: AbortSignal
  /** Receives each output as soon as it is there; `false` ends the run. Left out, outputs are collected. */
  readonly emit?: (output: Value) => unknown
}

/** A compiled program. It may be run any number of times, also from within its own `emit`. */
export interface Program {
  /** The program as it was read. */
  readonly ast: Ast
  /**
   * Runs on one input, which is never changed. Synchronous; returns when there are no more outputs. It may be run again
   * after any error: a run leaves nothing behind.
   *
   * @returns the outputs in order; none when `emit` got them. Outputs may share parts with the input: change neither.
   * @throws JqRuntimeError for an error the program did not catch · JqHalted after `halt_error` · JqStepsExceeded,
   *   JqTimeExceeded, JqDepthExceeded, JqOutputsExceeded, JqOutputBytesExceeded, JqValueTooLarge, JqRegexTooCostly when
   *   it wants too much · Cancelled when the signal fires. A program cannot catch any but the first.
   */
  run(input: Value, options?: RunOptions): Value[]

  /**
   * Finds out where a run failed: the error again, with the place it was raised at in the text of the program, of a
   * definition or of a module. Runs once more and several times slower, with nobody listening, under the same budget.
   *
   * @returns the same error without a place when that run ends in another way: it read `input`, or the budget is over.
   */
  locate(error: JqRuntimeError, input: Value, options?: RunOptions): JqRuntimeError

  /** What it reads, needs and costs, as far as its text tells. */
  explain(): Explanation
}

/**
 * Compiles a program: jq 1.8, with names looked up and policy enforced before anything runs.
 *
 * @throws JqSyntaxError · JqUnknownFunction, JqUnknownVariable, JqUnknownLabel · JqUnknownModule, JqModuleInvalid,
 *   JqModuleCycle · JqForbidden for what the policy rules out. All carry a position in `text`, or in that definition of
 *   `definitions` which is wrong.
 */
export function compile(text: string, options: CompileOptions = {}): Program {
  const ast = parse(text)
  const { policy = {}, variables = [], functions: library } = options
  const definitions = (options.definitions ?? []).map(each => parse(each))
  const allows = (surrounding: Surrounding) => permits(policy, surrounding, library !== undefined)
  const enforce = (each: Ast) => enforcePolicy(each, allows)
  for (const each of [...definitions, ast]) enforce(each)
  return guardDepth(text, () => {
    const imports = loadModules(ast, { library, enforce })
    const plan = resolveProgram(ast, { globals: variables, permits: allows, imports, definitions })
    return new CompiledProgram({ ast, plan, variables, library })
  })
}

/** Tells every producer in the program that the run is over. */
const finished: Signal = { finished: true }

interface ProgramParts {
  readonly ast: Ast
  readonly plan: Plan
  readonly variables: readonly string[]
  readonly library: ModuleLibrary | undefined
}

class CompiledProgram implements Program {
  readonly #parts: ProgramParts
  readonly #many: Many
  readonly #runtime: Runtime
  #running = false

  constructor(parts: ProgramParts, locates = false) {
    this.#parts = parts
    this.#runtime = new Runtime(parts.library)
    this.#many = new BodyContext(this.#runtime, undefined, locates).many(parts.plan)
  }

  get ast(): Ast {
    return this.#parts.ast
  }

  explain(): Explanation {
    return explain(this.ast)
  }

  run(input: Value, options: RunOptions = {}): Value[] {
    const outputs: Value[] = []
    this.#run(input, options, options.emit ?? (output => void outputs.push(output)))
    return outputs
  }

  locate(error: JqRuntimeError, input: Value, options: RunOptions = {}): JqRuntimeError {
    const { inputs: _, onDebug: _debug, onStderr: _stderr, onHalt: _halt, ...quiet } = options
    try {
      new CompiledProgram(this.#parts, true).run(input, { ...quiet, emit: ignore })
    } catch (again) {
      if (again instanceof JqRuntimeError && again.message === error.message) return again
    }
    return error
  }

  #run(input: Value, options: RunOptions, emit: (output: Value) => unknown): void {
    const restore = this.#running ? this.#runtime.save() : undefined
    this.#running = true
    try {
      this.#prepare(options)
      this.#emitAll(input, options.budget, emit)
    } catch (error) {
      if (error === halted) options.onHalt?.()
      else if (error !== finished) throw publicError(error, this.#runtime)
    } finally {
      this.#running = restore !== undefined
      restore?.()
    }
  }

  #prepare(options: RunOptions): void {
    const { variables = {}, env = {}, budget, inputs, onDebug = ignore, clock = systemClock, signal } = options
    const runtime = this.#runtime
    runtime.start({ budget, clock, signal })
    runtime.env = { ...env }
    runtime.inputs = inputs
    runtime.onDebug = onDebug
    runtime.onStderr = options.onStderr ?? onDebug
    runtime.place = options.inputPlace ?? nowhere
    for (const [at, name] of this.#parts.variables.entries()) {
      if (!Object.hasOwn(variables, name)) {
        throw new JqUnknownVariable({ name, position: { line: 1, column: 1, offset: 0 } })
      }
      runtime.variables[at] = variables[name]!
    }
  }

  #emitAll(input: Value, budget: Budget | undefined, emit: (output: Value) => unknown): void {
    const runtime = this.#runtime
    const outputsMax = budget?.outputs ?? Number.POSITIVE_INFINITY
    const weigh = budget?.outputBytes === undefined ? ignore : scales(budget.outputBytes, runtime)
    this.#many(input, null, output => {
      if (runtime.outputs >= outputsMax) throw new JqOutputsExceeded(outputsMax)
      weigh(output)
      runtime.outputs++
      return emit(output) === false ? finished : undefined
    })
  }
}

function ignore(): void {}

/** Adds up the sizes of outputs. */
function scales(bytesMax: number, runtime: Runtime): (output: Value) => void {
  let left = bytesMax
  return output => {
    left -= jsonBytes(output, left)
    if (left < 0) throw new JqOutputBytesExceeded(bytesMax, { outputs: runtime.outputs })
    left--
  }
}

/** What leaves a run for something thrown inside. */
function publicError(error: unknown, { outputs }: Runtime): unknown {
  if (error instanceof Raised) {
    const { value, site } = error
    return new JqRuntimeError(messageOf(value), detailsOf(value), site && placeOf(site))
  }
  if (isStackOverflow(error)) return new JqDepthExceeded(undefined, { outputs })
  if (error instanceof RangeError && /invalid (string|array) length/i.test(error.message)) return new JqValueTooLarge()
  return error
}

const detailMax = 10_000

function messageOf(value: Value): string {
  if (typeof value === 'string') return value
  const text = compactJson(value)
  return `(not a string): ${text.length > detailMax ? `${text.slice(0, detailMax)}...` : text}`
}

function detailsOf(value: Value): { value?: Value } {
  const size = typeof value === 'string' ? value.length : compactJson(value).length
  return size > detailMax ? {} : { value }
}
