import type { Clock } from '@super-data/base/clock'
import { toProblem } from '@super-data/base/errors'
import type { Ids } from '@super-data/base/ids'
import type { Answer, EngineName } from '@super-data/contract'
import type { Datasets } from '@super-data/datasets'
import { SqlUnknownTable } from '@super-data/tables'
import type { ProjectDatasets } from '../datasets/project-datasets.ts'
import { FunctionUnknown } from '../library/errors.ts'
import type { Answers } from './answers.ts'
import type { Asking, Question } from './asking.ts'
import { doubtsAbout } from './doubts.ts'
import type { FunctionResolver, ParsedQuery, QueryEngine } from './engine.ts'
import { requireExactNumbers } from './exact-numbers.ts'
import { LostPaths } from './lost-paths.ts'
import type { RunLog, RunRow } from './run-log.ts'

interface QuestionsParts {
  readonly engines: Readonly<Record<EngineName, QueryEngine>>
  readonly datasets: ProjectDatasets
  readonly answers: Answers
  readonly runs: RunLog
  readonly clock: Clock
  readonly ids: Ids
}

/** Asks the engines, and records every run. Ad-hoc questions and tools both come through here. */
export class Questions {
  readonly #parts: QuestionsParts
  readonly #lost: LostPaths

  /** Borrows everything. */
  constructor(parts: QuestionsParts) {
    this.#parts = parts
    this.#lost = new LostPaths(parts.datasets)
  }

  /** Understands a question without asking it. @throws the engine's own errors, with positions */
  async parse(
    project: string,
    question: Question,
    options: {
      functions: FunctionResolver
      parameters?: readonly string[]
      dataMayBeMissing?: boolean
      signal: AbortSignal
    },
  ): Promise<ParsedQuery> {
    const datasets = await this.#parts.datasets.of(project)
    const parsing = this.#parts.engines[question.engine].parse(question.text, {
      project,
      source: question.source,
      mode: question.mode,
      functions: options.functions,
      lease: name => datasets.lease(name),
      datasets: datasets.list().map(dataset => dataset.name),
      signal: options.signal,
      ...(options.dataMayBeMissing ? { dataMayBeMissing: true } : {}),
      ...(options.parameters ? { parameters: options.parameters } : {}),
    })
    return parsing.catch(failure => {
      throw explained(failure, datasets)
    })
  }

  /** What looks like a mistake in a question over the data as it is now. */
  async doubts(project: string, query: ParsedQuery): Promise<string[]> {
    return doubtsAbout(query, await this.#parts.datasets.of(project))
  }

  /** Tells the current version of each dataset of a project. */
  async versions(project: string): Promise<(dataset: string) => string> {
    const datasets = await this.#parts.datasets.of(project)
    return name => datasets.find(name)?.version ?? ''
  }

  /** @throws DatasetMissing for the first name that is not a dataset. */
  async checkSources(project: string, names: readonly string[]): Promise<void> {
    const datasets = await this.#parts.datasets.of(project)
    for (const name of names) datasets.lease(name).release()
  }

  /** Answers without a run to be remembered: for what nobody asked, such as a test case. */
  async answer(query: ParsedQuery, asking: Asking): Promise<Omit<Answer, 'elapsedMs' | 'runId'>> {
    requireExactNumbers(asking.params, '/params')
    const { content } = await this.#parts.answers.give(query, asking, this.#parts.ids.next('run'))
    return content
  }

  /**
   * Asks a question of the data as it is now. What cannot be understood is recorded too: as a failed run, by its code.
   *
   * @param understand parses the question, or brings what was parsed before.
   */
  async ask(question: Question, understand: () => Promise<ParsedQuery>, asking: Asking): Promise<Answer> {
    const { clock, ids, answers, runs } = this.#parts
    const started = clock.elapsed()
    const run = { id: ids.next('run'), at: clock.now(), ...runFacts(question, asking) }
    const elapsedMs = () => Math.round((clock.elapsed() - started) * 1000) / 1000
    const record = (end: Pick<RunRow, 'outcome' | 'code' | 'count' | 'bytes' | 'cached'>) =>
      runs.add({ ...run, ...end, elapsed_ms: elapsedMs() })
    try {
      requireExactNumbers(asking.params, '/params')
      const query = await understand()
      const [{ content, bytes, cached }, warnings] = await Promise.all([
        answers.give(query, asking, run.id),
        asking.tool ? this.#lost.of(asking.project, query) : this.doubts(asking.project, query),
      ])
      record({ outcome: 'ok', code: null, count: content.count, bytes, cached: cached ? 1 : 0 })
      const marks = {
        ...(cached ? { cached } : {}),
        ...(asking.tool?.draft ? { draft: true as const } : {}),
        ...(warnings.length > 0 ? { warnings: [...warnings] } : {}),
      }
      return { ...content, ...marks, elapsedMs: elapsedMs(), runId: run.id }
    } catch (failure) {
      const { kind, code } = toProblem(failure)
      record({ outcome: kind === 'cancelled' ? 'cancelled' : 'failed', code, count: null, bytes: null, cached: 0 })
      throw failure
    }
  }
}

/**
 * The same failure, or one that says more: a table may be missing because its file has never been good, and an unknown
 * function may be a dataset. @throws DatasetInvalid
 */
function explained(failure: unknown, datasets: Datasets): unknown {
  if (failure instanceof SqlUnknownTable) {
    const name = String(failure.details['table']).toLowerCase()
    if (datasets.problems.some(problem => problem.name === name)) datasets.lease(name).release()
  }
  if (failure instanceof FunctionUnknown) {
    const { functions, position } = failure.details as { functions: readonly string[]; position: unknown }
    const named = datasets.list().find(({ name }) => functions.includes(`${name}/0`))
    const hint = `${named?.name} is a dataset: name it as the \`source: ${named?.name}\`, and begin with \`.\`.`
    if (named) return new FunctionUnknown(functions, hint, position)
  }
  return failure
}

const paramsCharsMax = 8_192

/** What the run log says of a question. Parameters marked secret never reach it; very long ones neither. */
function runFacts(question: Question, asking: Asking) {
  const secrets = new Set(asking.tool?.secrets)
  const open = Object.fromEntries(Object.entries(asking.params).filter(([name]) => !secrets.has(name)))
  const params = JSON.stringify(open)
  return {
    project: asking.project,
    user_id: asking.principal.userId,
    user_name: asking.principal.userName,
    engine: question.engine,
    source: question.source ?? null,
    text: question.text,
    mode: question.mode,
    params: params.length > paramsCharsMax ? null : params,
    tool: asking.tool?.name ?? null,
    tool_hash: asking.tool?.hash ?? null,
  }
}
