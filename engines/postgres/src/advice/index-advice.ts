import type { Clock } from '@super-data/base/clock'
import type { Catalog, CatalogSource, TimeOptions } from '../catalog.ts'
import { planOf } from '../explain/explain.ts'
import { type HypotheticalIndex, withHypothetical } from '../explain/hypothetical.ts'
import { type Plan, planNodes } from '../explain/plan.ts'
import { PostgresExtensionMissing } from '../monitor/extension.ts'
import { attempt } from '../schema/attempt.ts'
import { define } from '../schema/definition.ts'
import { limitOf } from '../schema/page.ts'
import { type Candidate, candidateKey, candidates } from './candidates.ts'
import { type SampledValue, sampledValues } from './sampled-values.ts'
import { estimatedIndexBytes, tableFacts } from './table-facts.ts'
import {
  readWorkload,
  reasonOf,
  type SkippedQuery,
  type WeighedQuery,
  type Workload,
  type WorkloadQuery,
} from './workload.ts'

export interface IndexAdviceRequest {
  /** Default: the queries of pg_stat_statements that took most time. At most 50. */
  readonly queries?: readonly WeighedQuery[]
  /** How many of those. Default 20, at most 50. */
  readonly top?: number
  /** Most indexes to suggest. Default 3, at most 10. */
  readonly indexesMax?: number
  /** Most bytes they may have together. */
  readonly bytesMax?: number
  /** Stop looking after that long and tell what was found. Default 10 000. */
  readonly budgetMs?: number
  /** Smallest share of the whole cost an index has to save. Default 0.05. */
  readonly savingMin?: number
}

export interface SuggestedIndex {
  readonly schema: string
  readonly table: string
  readonly columns: readonly string[]
  /** `CREATE INDEX CONCURRENTLY …`, to be run by somebody who may. */
  readonly create: string
  readonly sizeBytes: number
  /** `hypopg`: the planner chose it. `heuristic`: it stands to reason, but nobody tried. */
  readonly basis: 'hypopg' | 'heuristic'
  /** Of the cost of all queries looked at, 0 to 1; `null` for a heuristic. */
  readonly saving: number | null
  /** Queries that get cheaper, the most first. */
  readonly helps: readonly HelpedQuery[]
  /** What it costs: each of these writes has one more index to keep. */
  readonly writesSinceReset: number
  readonly indexesNow: number
}

export interface HelpedQuery {
  readonly query: string
  readonly costBefore: number
  readonly costAfter: number | null
  /**
   * What stood for its parameters when it was planned. `sampled`: values from the statistics of the columns they are
   * compared with. `generic`: none, the plan is for any values. `none`: it has no parameters.
   */
  readonly values: 'none' | 'sampled' | 'generic'
  /** Those that were sampled, in part when long. */
  readonly params?: readonly string[]
}

export interface IndexAdvice {
  readonly basis: 'hypopg' | 'heuristic'
  readonly suggestions: readonly SuggestedIndex[]
  readonly queries: number
  readonly candidates: number
  /** The time ran out before everything was tried. */
  readonly cutShort: boolean
  readonly skipped: readonly SkippedQuery[]
  readonly statistics: Workload['statistics']
  readonly notes: readonly string[]
}

/**
 * Indexes that queries miss. With HypoPG each candidate is imagined and the queries planned with it, taking the best
 * one again and again; without it, candidates for scans of big tables are named, and labelled as guesses.
 *
 * @throws PostgresExtensionMissing when no queries are given and pg_stat_statements is not there
 */
export async function adviseIndexes(
  source: CatalogSource,
  request: IndexAdviceRequest,
  { signal, clock, ...times }: TimeOptions & { readonly signal?: AbortSignal; readonly clock: Clock },
): Promise<IndexAdvice> {
  return source.inspect(signal, catalog => adviseIn(catalog, { source, request, clock, signal }), times)
}

interface Advising {
  readonly source: Pick<CatalogSource, 'check'>
  readonly request: IndexAdviceRequest
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

/** The same in a read-only transaction of the caller. */
export async function adviseIn(catalog: Catalog, { source, request, clock, signal }: Advising): Promise<IndexAdvice> {
  const workload = await readWorkload(source, catalog, {
    ...(request.queries ? { queries: request.queries.slice(0, queriesMax) } : {}),
    top: limitOf(request.top, { usual: 20, max: queriesMax }),
  })
  const deadline = clock.elapsed() + (request.budgetMs ?? 10_000)
  const search = new Search(catalog, request, () => signal?.aborted === true || clock.elapsed() > deadline)
  await search.plan(workload.queries)
  const basis = await search.basis()
  const suggestions = basis === 'hypopg' ? await search.greedy() : await search.guess()
  return {
    basis,
    suggestions,
    queries: search.planned.length,
    candidates: search.tried,
    cutShort: search.cutShort,
    skipped: [...workload.skipped, ...search.skipped],
    statistics: workload.statistics,
    notes: [
      plannerNote,
      ...(search.planned.some(query => query.parameters > 0) ? [valuesNote] : []),
      ...(basis === 'hypopg' ? [] : [heuristicNote]),
    ],
  }
}

const queriesMax = 50
const plannerNote = 'Costs are the planner’s own; try an index on a copy before it goes to a busy table.'
const valuesNote =
  'Parameters were planned with values sampled from statistics, or for any values: `values` says which. Real ones may differ.'
const heuristicNote =
  'HypoPG is not in this database: the suggestions were not tried. CREATE EXTENSION hypopg changes that.'

interface PlannedQuery extends WorkloadQuery {
  readonly plan: Plan
  /** For its parameters; absent when it is planned for any. */
  readonly values: readonly SampledValue[] | undefined
  readonly candidates: readonly Candidate[]
}

interface Tried {
  readonly candidate: Candidate
  readonly costs: readonly number[]
  readonly index: HypotheticalIndex
  readonly used: boolean
}

class Search {
  readonly planned: PlannedQuery[] = []
  readonly skipped: SkippedQuery[] = []
  cutShort = false
  tried = 0
  readonly #catalog: Catalog
  readonly #request: IndexAdviceRequest
  readonly #isOver: () => boolean

  constructor(catalog: Catalog, request: IndexAdviceRequest, isOver: () => boolean) {
    this.#catalog = catalog
    this.#request = request
    this.#isOver = isOver
  }

  /** Plans each query as things are, and finds its candidates. */
  async plan(queries: readonly WorkloadQuery[]): Promise<void> {
    for (const query of queries) {
      try {
        const facts = await attempt(this.#catalog, () => tableFacts(this.#catalog, query.uses.tables))
        const planned = await this.#planFirst(query, await sampledValues(this.#catalog, query, facts))
        this.planned.push({ ...query, ...planned, candidates: candidates(query.uses, facts) })
      } catch (failure) {
        this.skipped.push({ query: query.text.slice(0, 200), reason: reasonOf(failure) })
      }
    }
  }

  /** With sampled values where they are such as the statement takes. */
  async #planFirst(query: WorkloadQuery, sampled: readonly SampledValue[] | undefined) {
    const planned = async (values: readonly SampledValue[] | undefined) => ({
      values,
      plan: await this.#planOf({ ...query, values }),
    })
    if (sampled === undefined || sampled.length === 0) return planned(sampled)
    return planned(sampled).catch(() => planned(undefined))
  }

  async basis(): Promise<IndexAdvice['basis']> {
    try {
      await withHypothetical(this.#catalog, [], async () => {})
      return 'hypopg'
    } catch (failure) {
      if (failure instanceof PostgresExtensionMissing) return 'heuristic'
      throw failure
    }
  }

  /** The candidate that saves most joins the chosen ones, until none saves enough. */
  async greedy(): Promise<SuggestedIndex[]> {
    const chosen: SuggestedIndex[] = []
    const texts: string[] = []
    let costs = this.planned.map(query => query.plan.root.totalCost)
    const whole = this.#sum(costs)
    const left = this.#candidates()
    this.tried = left.size
    while (chosen.length < limitOf(this.#request.indexesMax, { usual: 3, max: 10 })) {
      const best = await this.#best(left, texts, costs, chosen)
      const saving = best ? (this.#sum(costs) - this.#sum(best.costs)) / whole : 0
      if (!best || saving < (this.#request.savingMin ?? 0.05)) break
      chosen.push(
        await this.#suggestion(best.candidate, {
          saving,
          sizeBytes: best.index.sizeBytes,
          before: costs,
          after: best.costs,
        }),
      )
      texts.push(best.index.definition)
      costs = [...best.costs]
      left.delete(candidateKey(best.candidate))
    }
    return chosen
  }

  /** For each scan of a big table, the first candidate its query has there. */
  async guess(): Promise<SuggestedIndex[]> {
    const found = new Map<string, { candidate: Candidate; queries: PlannedQuery[] }>()
    for (const query of this.planned) {
      const scanned = new Set(
        [...planNodes(query.plan.root)].flatMap(({ node }) =>
          isWholeScan(node.type) ? [`${node.schema}.${node.relation}`] : [],
        ),
      )
      const candidate = widest(query.candidates.filter(({ table }) => scanned.has(`${table.schema}.${table.name}`)))
      if (!candidate) continue
      const entry = found.get(candidateKey(candidate)) ?? { candidate, queries: [] }
      entry.queries.push(query)
      found.set(candidateKey(candidate), entry)
    }
    this.tried = this.#candidates().size
    const weigh = (queries: readonly PlannedQuery[]) =>
      queries.reduce((sum, query) => sum + query.weight * query.plan.root.totalCost, 0)
    const ranked = [...found.values()].sort((one, other) => weigh(other.queries) - weigh(one.queries))
    const limit = limitOf(this.#request.indexesMax, { usual: 3, max: 10 })
    return Promise.all(ranked.slice(0, limit).map(({ candidate, queries }) => this.#guessed(candidate, queries)))
  }

  async #best(
    left: ReadonlyMap<string, Candidate>,
    texts: readonly string[],
    costs: readonly number[],
    chosen: readonly SuggestedIndex[],
  ): Promise<Tried | undefined> {
    let best: Tried | undefined
    for (const candidate of left.values()) {
      if (this.#isOver()) {
        this.cutShort = true
        return best
      }
      const tried = await this.#try(candidate, texts, costs)
      const room =
        (this.#request.bytesMax ?? Number.POSITIVE_INFINITY) - chosen.reduce((sum, each) => sum + each.sizeBytes, 0)
      if (!tried.used || tried.index.sizeBytes > room) continue
      if (!best || isBetter(this.#sum(tried.costs), tried, this.#sum(best.costs), best)) best = tried
    }
    return best
  }

  /** Costs with the chosen indexes and one more; queries that do not read its table stay as they are. */
  async #try(candidate: Candidate, texts: readonly string[], costs: readonly number[]): Promise<Tried> {
    const text = await createText(candidate, false)
    return withHypothetical(this.#catalog, [...texts, text], async indexes => {
      const index = indexes.at(-1)!
      const after: number[] = []
      let used = false
      for (const [place, query] of this.planned.entries()) {
        const touches = query.candidates.some(each => each.table.id === candidate.table.id)
        const plan = touches ? await this.#planOf(query) : undefined
        used ||= plan !== undefined && [...planNodes(plan.root)].some(({ node }) => node.index === index.name)
        after.push(plan?.root.totalCost ?? costs[place]!)
      }
      return { candidate, costs: after, index, used }
    })
  }

  #candidates(): Map<string, Candidate> {
    return new Map(this.planned.flatMap(query => query.candidates).map(each => [candidateKey(each), each]))
  }

  #planOf({ text, values }: Pick<PlannedQuery, 'text' | 'values'>): Promise<Plan> {
    const how = values === undefined ? { options: { genericPlan: true } } : { params: values }
    return planOf(this.#catalog, { text, ...how })
  }

  #sum(costs: readonly number[]): number {
    return costs.reduce((sum, cost, place) => sum + cost * this.planned[place]!.weight, 0)
  }

  async #suggestion(
    candidate: Candidate,
    tried: { saving: number; sizeBytes: number; before: readonly number[]; after: readonly number[] },
  ): Promise<SuggestedIndex> {
    const { saving, sizeBytes, before, after } = tried
    const helps = this.planned
      .map((query, place) => ({
        ...helped(query, before[place]!, after[place]!),
        weight: query.weight,
      }))
      .filter(each => saved(each) > 0)
      .sort((one, other) => saved(other) * other.weight - saved(one) * one.weight)
      .slice(0, 5)
      .map(({ weight: _, ...each }) => each)
    return { ...(await factsOf(candidate)), basis: 'hypopg', saving, sizeBytes, helps }
  }

  async #guessed(candidate: Candidate, queries: readonly PlannedQuery[]): Promise<SuggestedIndex> {
    const helps = queries.slice(0, 5).map(query => helped(query, query.plan.root.totalCost, null))
    const sizeBytes = estimatedIndexBytes(candidate.table, candidate.columns)
    return { ...(await factsOf(candidate)), basis: 'heuristic', saving: null, sizeBytes, helps }
  }
}

const saved = ({ costBefore, costAfter }: HelpedQuery): number => costBefore - (costAfter ?? costBefore)

function helped({ text, values }: PlannedQuery, costBefore: number, costAfter: number | null): HelpedQuery {
  const query = text.slice(0, 200)
  if (values === undefined) return { query, costBefore, costAfter, values: 'generic' }
  if (values.length === 0) return { query, costBefore, costAfter, values: 'none' }
  return { query, costBefore, costAfter, values: 'sampled', params: values.map(value => String(value).slice(0, 100)) }
}

const isWholeScan = (type: string): boolean => type === 'Seq Scan'

/** Of several, the one with most columns says most about the query; it serves the shorter ones too. */
function widest(list: readonly Candidate[]): Candidate | undefined {
  return [...list].sort((one, other) => other.columns.length - one.columns.length)[0]
}

/** Cheaper plans first; among plans as good as equal, the smaller index. */
function isBetter(cost: number, tried: Tried, bestCost: number, best: Tried): boolean {
  if (Math.abs(cost - bestCost) > 0.01 * Math.max(cost, bestCost)) return cost < bestCost
  return tried.index.sizeBytes < best.index.sizeBytes
}

async function factsOf(candidate: Candidate) {
  const { table, columns } = candidate
  return {
    schema: table.schema,
    table: table.name,
    columns,
    create: await createText(candidate, true),
    writesSinceReset: table.writes,
    indexesNow: table.indexes.length,
  }
}

async function createText({ table, columns, descending }: Candidate, concurrently: boolean): Promise<string> {
  const order = descending ? { order: 'desc' as const } : {}
  const { text } = await define({
    do: 'create index',
    table: { schema: table.schema, name: table.name },
    keys: columns.map(column => ({ column, ...order })),
    concurrently,
  })
  return text
}
