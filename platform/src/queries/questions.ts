import type { Clock } from '@super-data/base/clock'
import { type PlatformError, toProblem } from '@super-data/base/errors'
import type { Ids } from '@super-data/base/ids'
import type { Answer, EngineName, JsonValue } from '@super-data/contract'
import type { ProjectDatasets } from '../datasets/project-datasets.ts'
import type { Principal } from '../principal.ts'
import { AnswerCollector } from './answer-collector.ts'
import type { FunctionResolver, ParsedQuery, QueryEngine } from './engine.ts'
import type { ResultStore } from './result-store.ts'
import type { RunLog } from './run-log.ts'

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

/** Asks the engines, and records every run. Ad-hoc questions and tools both come through here. */
export class Questions {
  readonly #engines: Readonly<Record<EngineName, QueryEngine>>
  readonly #datasets: ProjectDatasets
  readonly #results: ResultStore
  readonly #runs: RunLog
  readonly #clock: Clock
  readonly #ids: Ids
  readonly #settings: QuestionSettings

  constructor(parts: {
    engines: Readonly<Record<EngineName, QueryEngine>>
    datasets: ProjectDatasets
    results: ResultStore
    runs: RunLog
    clock: Clock
    ids: Ids
    settings: QuestionSettings
  }) {
    this.#engines = parts.engines
    this.#datasets = parts.datasets
    this.#results = parts.results
    this.#runs = parts.runs
    this.#clock = parts.clock
    this.#ids = parts.ids
    this.#settings = parts.settings
  }

  /** Understands a question without asking it. */
  async parse(
    project: string,
    question: Question,
    options: { functions: FunctionResolver; parameters?: readonly string[]; signal: AbortSignal },
  ): Promise<ParsedQuery> {
    const datasets = await this.#datasets.of(project)
    return this.#engines[question.engine].parse(question.text, {
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
    const datasets = await this.#datasets.of(project)
    return name => datasets.find(name)?.version ?? ''
  }

  /** @throws DatasetMissing for the first name that is not a dataset. */
  async checkSources(project: string, names: readonly string[]): Promise<void> {
    const datasets = await this.#datasets.of(project)
    for (const name of names) datasets.lease(name).release()
  }

  /** Runs a question that was understood, on the data as it is now. */
  async ask(question: Question, query: ParsedQuery, asking: Asking): Promise<Answer> {
    const id = this.#ids.next('run')
    const started = this.#clock.elapsed()
    const at = this.#clock.now()
    const elapsed = () => Math.round((this.#clock.elapsed() - started) * 1000) / 1000
    const limits = { maxRows: asking.maxRows, maxBytes: asking.maxBytes }
    const collector = new AnswerCollector(limits, this.#results, { project: asking.project, handle: id })
    const record = (outcome: 'ok' | 'failed' | 'cancelled', code: string | null, count: number | null) =>
      this.#runs.add({
        id,
        at,
        ...runFacts(question, asking),
        outcome,
        code,
        elapsed_ms: elapsed(),
        count,
        bytes: outcome === 'ok' ? collector.bytes : null,
      })
    try {
      const answer = await this.#run(query, asking, collector, id)
      record('ok', null, answer.count)
      return { ...answer, ...(asking.tool?.draft ? { draft: true as const } : {}), elapsedMs: elapsed(), runId: id }
    } catch (failure) {
      await collector.abandon()
      const problem = toProblem(failure as PlatformError)
      record(problem.kind === 'cancelled' ? 'cancelled' : 'failed', problem.code, null)
      throw failure
    }
  }

  async #run(query: ParsedQuery, asking: Asking, collector: AnswerCollector, id: string) {
    const datasets = await this.#datasets.of(asking.project)
    const leases = query.sources.map(name => datasets.lease(name))
    try {
      const { shape, outputs } = await this.#engines[query.engine].run(query, {
        params: asking.params,
        leases,
        caller: asking.principal.userId,
        limits: { timeMs: this.#settings.timeMs, resultBytes: this.#settings.resultBytesMax },
        sink: collector,
        signal: asking.signal,
      })
      return {
        ...(await collector.finish(shape, id)),
        ...(outputs === undefined ? {} : { outputs }),
        source: leases.map(lease => ({ name: lease.dataset.name, version: lease.dataset.version })),
      }
    } finally {
      for (const lease of leases) lease.release()
    }
  }
}

const paramsBytesMax = 8_192

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
    params: params.length > paramsBytesMax ? null : params,
    tool: asking.tool?.name ?? null,
    tool_hash: asking.tool?.hash ?? null,
  }
}
