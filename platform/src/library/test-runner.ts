import { PlatformError, toProblem } from '@super-data/base/errors'
import type { Answer, JsonValue, TestCase, TestResult } from '@super-data/contract'
import { canonicalJson } from '../canonical-json.ts'
import type { Principal } from '../principal.ts'
import type { Question } from '../queries/asking.ts'
import type { ParsedQuery } from '../queries/engine.ts'
import type { Questions } from '../queries/questions.ts'
import { ToolInvalid } from './errors.ts'
import { Parameters } from './parameters.ts'
import type { CheckedDefinition } from './tool-checker.ts'

/** Where a test is run, and for whom. */
export interface TestRun {
  readonly project: string
  readonly principal: Principal
  readonly signal: AbortSignal
}

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
    for (const [index, test] of (saved.definition.tests ?? []).entries()) {
      results.push(await this.#one(test.name ?? `test ${index + 1}`, test, saved, run))
    }
    return results
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

  async #one(name: string, test: TestCase, saved: CheckedDefinition, run: TestRun): Promise<TestResult> {
    try {
      const got = outputOf(await this.#ask(test, saved, run))
      if (canonicalJson(got) === canonicalJson(test.expected)) return { name, passed: true }
      return { name, passed: false, expected: test.expected, got }
    } catch (failure) {
      if (run.signal.aborted) throw failure
      return { name, passed: false, expected: test.expected, problem: this.#problemOf(failure) }
    }
  }

  async #ask(test: TestCase, saved: CheckedDefinition, run: TestRun) {
    const signal = AbortSignal.any([run.signal, AbortSignal.timeout(this.#timeMs)])
    const params = new Parameters(saved.definition.parameters).check(test.params)
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

function outputOf(answer: Pick<Answer, 'value' | 'rows'>): JsonValue {
  return answer.value === undefined ? (answer.rows ?? null) : answer.value
}
