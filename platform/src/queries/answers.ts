import { PlatformError } from '@super-data/base/errors'
import type { Log } from '@super-data/base/log'
import type { Answer, EngineName } from '@super-data/contract'
import type { DatasetLease } from '@super-data/datasets'
import { JqBusy } from '@super-data/jq'
import { SqlBusy } from '@super-data/tables'
import type { ProjectDatasets } from '../datasets/project-datasets.ts'
import { parseExactJson } from '../exact-json.ts'
import { AnswerCollector } from './answer-collector.ts'
import { answerKey } from './answer-key.ts'
import type { Asking, QuestionSettings } from './asking.ts'
import type { ParsedQuery, QueryEngine } from './engine.ts'
import { liveVersion } from './explain.ts'
import type { ResultCache } from './result-cache.ts'
import type { ResultStore } from './result-store.ts'
import { SharedRuns } from './shared-runs.ts'

export interface AnswersParts {
  readonly engines: Readonly<Record<EngineName, QueryEngine>>
  readonly datasets: ProjectDatasets
  readonly results: ResultStore
  readonly cache: ResultCache
  readonly log: Log
  readonly settings: QuestionSettings
}

/** What does not depend on who asked when. */
type Content = Omit<Answer, 'elapsedMs' | 'runId' | 'draft' | 'cached' | 'warnings'>

/** A content with the size of the whole result. */
interface Result {
  readonly content: Content
  readonly bytes: number
}

export interface Given extends Result {
  readonly cached: boolean
}

interface Asked {
  readonly query: ParsedQuery
  readonly asking: Asking
  readonly leases: readonly DatasetLease[]
  /** Names what is stored of a long result. */
  readonly handle: string
}

/**
 * Answers from the cache, from the same question under way, or by a run of its own.
 *
 * A failure is never kept. Everybody gets a handle of their own to read on in a long result.
 */
export class Answers {
  readonly #parts: AnswersParts
  readonly #shared = new SharedRuns<Result>()

  /** Borrows everything. */
  constructor(parts: AnswersParts) {
    this.#parts = parts
  }

  async give(query: ParsedQuery, asking: Asking, handle: string): Promise<Given> {
    const datasets = await this.#parts.datasets.of(asking.project)
    const leases = query.sources.map(name => datasets.lease(name))
    try {
      const asked = { query, asking, leases, handle }
      const key = answerKey(query, asking, leases)
      if (key === undefined) return { ...(await this.#run(asked, asking.signal)), cached: false }
      return (await this.#known(key, asked)) ?? (await this.#share(key, asked))
    } finally {
      for (const lease of leases) lease.release()
    }
  }

  async #known(key: string, asked: Asked): Promise<Given | undefined> {
    const text = await this.#parts.cache.get(key)
    return text === undefined ? undefined : this.#own(text, asked)
  }

  async #share(key: string, asked: Asked): Promise<Given> {
    const begin = async (signal: AbortSignal) => {
      const result = await this.#run(asked, signal)
      await this.#parts.cache.set(key, JSON.stringify(result))
      return result
    }
    const shared = this.#shared.has(key)
    try {
      const result = await this.#shared.join(key, begin, asked.asking.signal)
      if (!shared) return { ...result, cached: false }
      const own = await this.#own(JSON.stringify(result), asked)
      if (own) return own
    } catch (failure) {
      if (!shared || !isOfItsCaller(failure)) throw failure
    }
    return { ...(await this.#run(asked, asked.asking.signal)), cached: false }
  }

  /** A copy with a handle of its own. @returns undefined when the long result has been cleared away */
  async #own(text: string, { asking, handle }: Asked): Promise<Given | undefined> {
    const { content, bytes } = parseExactJson(text) as unknown as Result
    const { truncated } = content
    if (truncated === false) return { content, bytes, cached: true }
    const { project } = asking
    const there = await this.#parts.results.share({ project, handle: truncated.handle }, { project, handle })
    return there ? { content: { ...content, truncated: { ...truncated, handle } }, bytes, cached: true } : undefined
  }

  /** Holds the data itself: who asked may be gone before it ends. */
  async #run({ query, asking, leases: borrowed, handle }: Asked, signal: AbortSignal): Promise<Result> {
    const { engines, results, settings } = this.#parts
    const leases = borrowed.map(lease => lease.hold())
    const collector = new AnswerCollector(asking, results, { project: asking.project, handle })
    try {
      const outcome = await engines[query.engine].run(query, {
        project: asking.project,
        params: asking.params,
        leases,
        caller: asking.principal.userId,
        limits: { timeMs: settings.timeMs, resultBytes: settings.resultBytesMax },
        sink: collector,
        signal,
      })
      const collected = await collector.finish(outcome)
      const source = sourcesRead(query, leases)
      return { content: { ...collected, source }, bytes: collector.bytes }
    } catch (failure) {
      await this.#abandon(collector)
      throw failure
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

/** A database has no versions: what it says is true now. */
function sourcesRead({ database }: ParsedQuery, leases: readonly DatasetLease[]): Content['source'] {
  const datasets = leases.map(({ dataset }) => ({ name: dataset.name, version: dataset.version }))
  return database === undefined ? datasets : [...datasets, { name: database, version: liveVersion }]
}

/** Says something about whoever began a run, or about a process, and nothing about the question. */
function isOfItsCaller(failure: unknown): boolean {
  if (failure instanceof JqBusy || failure instanceof SqlBusy) return true
  return failure instanceof PlatformError && failure.kind === 'unavailable'
}
