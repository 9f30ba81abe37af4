import type { Clock } from '@super-data/base/clock'
import { toProblem } from '@super-data/base/errors'
import type { Ids } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import type { Answer, EngineName, JsonValue } from '@super-data/contract'
import type { ProjectDatasets } from '../datasets/project-datasets.ts'
import type { Principal } from '../principal.ts'
import { AnswerCollector } from './answer-collector.ts'
import type { FunctionResolver, ParsedQuery, QueryEngine } from './engine.ts'
import { requireExactNumbers } from './exact-numbers.ts'
import type { ResultStore } from './result-store.ts'
import type { RunLog, RunRow } from './run-log.ts'

export interface QuestionSettings {
  readonly timeMs: number
  readonly resultBytesMax: number
}

/** A question as somebody wrote it. */
export interface Question {
  readonly engine: EngineName
  readonly source: string | undefined
  readonly text: string
  readonly mode: 'document' | 'records'
}

export interface Asking {
  readonly project: string
  readonly principal: Principal
  readonly params: Readonly<Record<string, JsonValue>>
  readonly maxRows: number
  readonly maxBytes: number
  readonly signal: AbortSignal
  /** When a tool asks: its name and what was approved. */
  readonly tool?: {
    readonly name: string
    readonly hash: string
    readonly draft: boolean
    readonly secrets: readonly string[]
  }
}

interface QuestionsParts {
  readonly engines: Readonly<Record<EngineName, QueryEngine>>
  readonly datasets: ProjectDatasets
  readonly results: ResultStore
  readonly runs: RunLog
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly settings: QuestionSettings
}

/** Asks the engines, and records every run. Ad-hoc questions and tools both come through here. */
export class Questions {
  readonly #parts: QuestionsParts

  /** Borrows everything. */
  constructor(parts: QuestionsParts) {
    this.#parts = parts
  }

  /** Understands a question without asking it. @throws the engine's own errors, with positions */
  async parse(
    project: string,
    question: Question,
    options: { functions: FunctionResolver; parameters?: readonly string[]; signal: AbortSignal },
  ): Promise<ParsedQuery> {
    const datasets = await this.#parts.datasets.of(project)
    return this.#parts.engines[question.engine].parse(question.text, {
      source: question.source,
      mode: question.mode,
      functions: options.functions,
      lease: name => datasets.lease(name),
      datasets: datasets.list().map(dataset => dataset.name),
      signal: options.signal,
      ...(options.parameters ? { parameters: options.parameters } : {}),
    })
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

  /**
   * Asks a question of the data as it is now. What cannot be understood is recorded too: as a failed run, by its code.
   *
   * @param understand parses the question, or brings what was parsed before.
   */
  async ask(question: Question, understand: () => Promise<ParsedQuery>, asking: Asking): Promise<Answer> {
    const { clock, ids, results, runs } = this.#parts
    const started = clock.elapsed()
    const run = { id: ids.next('run'), at: clock.now(), ...runFacts(question, asking) }
    const elapsedMs = () => Math.round((clock.elapsed() - started) * 1000) / 1000
    const record = (end: Pick<RunRow, 'outcome' | 'code' | 'count' | 'bytes'>) =>
      runs.add({ ...run, ...end, elapsed_ms: elapsedMs() })
    const collector = new AnswerCollector(asking, results, { project: asking.project, handle: run.id })
    try {
      requireExactNumbers(asking.params, '/params')
      const answer = await this.#run(await understand(), asking, collector)
      record({ outcome: 'ok', code: null, count: answer.count, bytes: collector.bytes })
      return { ...answer, ...(asking.tool?.draft ? { draft: true } : {}), elapsedMs: elapsedMs(), runId: run.id }
    } catch (failure) {
      await this.#abandon(collector)
      const { kind, code } = toProblem(failure)
      record({ outcome: kind === 'cancelled' ? 'cancelled' : 'failed', code, count: null, bytes: null })
      throw failure
    }
  }

  async #run(query: ParsedQuery, asking: Asking, collector: AnswerCollector) {
    const datasets = await this.#parts.datasets.of(asking.project)
    const { timeMs, resultBytesMax: resultBytes } = this.#parts.settings
    const leases = query.sources.map(name => datasets.lease(name))
    try {
      const outcome = await this.#parts.engines[query.engine].run(query, {
        params: asking.params,
        leases,
        caller: asking.principal.userId,
        limits: { timeMs, resultBytes },
        sink: collector,
        signal: asking.signal,
      })
      return {
        ...(await collector.finish(outcome)),
        source: leases.map(({ dataset }) => ({ name: dataset.name, version: dataset.version })),
      }
    } finally {
      for (const lease of leases) lease.release()
    }
  }

  /** What is left of a failed run goes with the next prune at the latest: it must not hide the failure. */
  async #abandon(collector: AnswerCollector): Promise<void> {
    try {
      await collector.abandon()
    } catch (failure) {
      this.#parts.log.warn({ err: failure }, 'the result of a failed run could not be removed')
    }
  }
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
