import { PlatformError, throwIfAborted, toProblem } from '@super-data/base/errors'
import type { Answer, JsonValue, TestCase, TestResult } from '@super-data/contract'
import { canonicalJson } from '../canonical-json.ts'
import type { Principal } from '../principal.ts'
import type { Question } from '../queries/asking.ts'
import type { ParsedQuery } from '../queries/engine.ts'
import type { Questions } from '../queries/questions.ts'
import { type EdgeCall, edgeCalls, workingCall } from './edge-calls.ts'
import { ToolInvalid } from './errors.ts'
import { Parameters } from './parameters.ts'
import type { CheckedDefinition } from './tool-checker.ts'
import { shownLine } from './visible-text.ts'

/** Where a test is run, and for whom. */
export interface TestRun {
  readonly project: string
  readonly principal: Principal
  readonly signal: AbortSignal
}

/** A version with what checks its parameters. */
interface Tried {
  readonly saved: CheckedDefinition
  readonly parameters: Parameters
}

/** Calls at edges that are tried of one tool, how long together, and how many warnings come of them. */
const edgeCallsMax = 24
const edgesMs = 2_000
const edgeWarningsMax = 5

/** The name under which a program finds its input, when that is given with the call. */
const inputName = 'sample_input_'
const rowsMax = 10_000
const bytesMax = 1_000_000

/** Runs test cases of versions in the sandbox, each within a time. */
export class TestRunner {
  readonly #questions: Questions
  readonly #timeMs: number

  constructor(questions: Questions, timeMs: number) {
    this.#questions = questions
    this.#timeMs = timeMs
  }

  /** Every test case of a version, with what came of it. Stops at nothing but the caller's signal. */
  async run(saved: CheckedDefinition, run: TestRun): Promise<TestResult[]> {
    const results: TestResult[] = []
    const tried = { saved, parameters: new Parameters(saved.definition.parameters) }
    for (const [index, test] of (saved.definition.tests ?? []).entries()) {
      results.push(await this.#one(test.name ?? `test ${index + 1}`, test, tried, run))
    }
    return results
  }

  /**
   * Tries calls at the edges of what the parameters let through, as many as there is time for.
   *
   * @returns a sentence for each parameter with which one failed.
   */
  async edges(saved: CheckedDefinition, run: TestRun): Promise<string[]> {
    const tried = { saved, parameters: new Parameters(saved.definition.parameters) }
    const working = workingCall(saved.definition)
    const calls = edgeCalls(tried.parameters, working.params).slice(0, edgeCallsMax)
    const time = AbortSignal.timeout(edgesMs)
    const within = { ...run, signal: AbortSignal.any([run.signal, time]) }
    if (calls.length === 0 || (await this.#failureOf(working, tried, within)) !== undefined) return []
    const failed = new Map<string, string>()
    for (const call of calls) {
      if (failed.has(call.parameter)) continue
      const failure = await this.#failureOf({ ...working, params: call.params }, tried, within)
      throwIfAborted(run.signal)
      if (time.aborted || (failure !== undefined && toProblem(failure).kind === 'unavailable')) break
      if (failure !== undefined) failed.set(call.parameter, edgeWarning(call, this.#problemOf(failure)))
    }
    return [...failed.values()].slice(0, edgeWarningsMax)
  }

  async #failureOf(call: TestCase, tried: Tried, run: TestRun): Promise<unknown> {
    try {
      await this.#ask(call, tried, run)
      return undefined
    } catch (failure) {
      return failure
    }
  }

  /** Understands a version so that its input is what is given with the call. */
  async overInput(
    saved: CheckedDefinition,
    input: JsonValue,
    run: Pick<TestRun, 'project' | 'signal'>,
  ): Promise<{ readonly question: Question; readonly query: ParsedQuery; readonly params: Record<string, JsonValue> }> {
    const { engine, text, mode } = saved.definition
    if (engine !== 'jq') throw new ToolInvalid('only jq takes an input with the call', 'Name a dataset instead.')
    const each = mode === 'records' ? `$${inputName}[]` : `$${inputName}`
    const question: Question = { engine, source: undefined, text: `${each} | (${text}\n)`, mode: 'document' }
    const query = await this.#parse(question, saved, run, [inputName])
    return { question, query, params: { [inputName]: input } }
  }

  async #one(name: string, test: TestCase, tried: Tried, run: TestRun): Promise<TestResult> {
    try {
      const got = outputOf(await this.#ask(test, tried, run))
      if (canonicalJson(got) === canonicalJson(test.expected)) return { name, passed: true }
      return { name, passed: false, expected: test.expected, got }
    } catch (failure) {
      if (run.signal.aborted) throw failure
      return { name, passed: false, expected: test.expected, problem: this.#problemOf(failure) }
    }
  }

  async #ask(test: TestCase, { saved, parameters }: Tried, run: TestRun) {
    const signal = AbortSignal.any([run.signal, AbortSignal.timeout(this.#timeMs)])
    const params = parameters.check(test.params)
    const { query, extra } = await this.#understand(test, saved, { ...run, signal })
    return this.#questions.answer(query, {
      ...{ project: run.project, principal: run.principal, maxRows: rowsMax, maxBytes: bytesMax, signal },
      params: { ...params, ...extra },
    })
  }

  async #understand(test: TestCase, saved: CheckedDefinition, run: TestRun) {
    if (test.input !== undefined) {
      const { query, params } = await this.overInput(saved, test.input, run)
      return { query, extra: params }
    }
    const { engine, text, mode, source, sources } = saved.definition
    const question = {
      engine,
      text,
      mode,
      source: engine === 'jq' ? (test.dataset ?? source ?? sources[0]) : source,
    }
    return { query: await this.#parse(question, saved, run, []), extra: {} }
  }

  #parse(
    question: Question,
    saved: CheckedDefinition,
    { project, signal }: Pick<TestRun, 'project' | 'signal'>,
    more: readonly string[],
  ): Promise<ParsedQuery> {
    const names = new Parameters(saved.definition.parameters).names
    const functions = { resolve: async () => saved.functions }
    return this.#questions.parse(project, question, { functions, parameters: [...names, ...more], signal })
  }

  #problemOf(failure: unknown): string {
    const { kind, message } = toProblem(failure)
    if (kind === 'cancelled' || !(failure instanceof PlatformError)) return `it took longer than ${this.#timeMs} ms`
    return message
  }
}

function edgeWarning({ parameter, value }: EdgeCall, problem: string): string {
  const how = value === undefined ? `Without ${parameter}` : `With ${parameter} ${shownLine(JSON.stringify(value), 40)}`
  return `${how} it fails: ${shownLine(problem, 200)}`
}

function outputOf(answer: Pick<Answer, 'value' | 'rows'>): JsonValue {
  return answer.value === undefined ? (answer.rows ?? null) : answer.value
}
