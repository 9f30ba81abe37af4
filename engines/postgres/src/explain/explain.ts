import type { Catalog, CatalogSource, TimeOptions } from '../catalog.ts'
import { attempt } from '../schema/attempt.ts'
import { PostgresDefinitionInvalid } from '../schema/errors.ts'
import { parameterCount } from '../schema/parsed-statement.ts'
import { type ExplainOptions, explainText, PostgresExplainOption } from './explain-text.ts'
import { type FindingThresholds, type PlanFinding, planFindings } from './findings.ts'
import { type HypotheticalIndex, hypotheticalIndexesMax, withHypothetical } from './hypothetical.ts'
import { type Plan, parsePlan } from './plan.ts'
import { type PlanDifference, planDifference } from './plan-difference.ts'
import { planTree } from './plan-tree.ts'
import { relationFacts } from './relation-facts.ts'

export interface ExplainRequest {
  readonly text: string
  readonly params?: readonly unknown[]
  readonly options?: ExplainOptions
  /** `write` for statements that change rows, which callers with that authority may ask for. Default `read`. */
  readonly as?: 'read' | 'write'
  /** `CREATE INDEX …` texts to imagine, at most ten; not with `analyze`. */
  readonly hypotheticalIndexes?: readonly string[]
  readonly thresholds?: Partial<FindingThresholds>
}

export interface Explained {
  readonly plan: Plan
  /** The plan as an indented text. */
  readonly tree: string
  readonly findings: readonly PlanFinding[]
  readonly analyzed: boolean
  /** With hypothetical indexes: what they would change; `plan` and `findings` are those without them. */
  readonly hypothetical: {
    readonly indexes: readonly (HypotheticalIndex & { readonly used: boolean })[]
    readonly tree: string
    readonly difference: PlanDifference
  } | null
  readonly notes: readonly string[]
}

/**
 * How a statement would be, or was, run. Reads are explained in a read-only transaction, writes in one that is always
 * rolled back.
 *
 * @throws what `source.check` throws · PostgresExplainOption · PostgresExtensionMissing
 */
export async function explain(
  source: CatalogSource,
  request: ExplainRequest,
  { signal, ...times }: TimeOptions & { readonly signal?: AbortSignal } = {},
): Promise<Explained> {
  const checked = await source.check(request.text, request.as ?? 'read')
  const work = (catalog: Catalog) => explainIn(catalog, { ...request, text: checked.text })
  const explained = await (checked.kind === 'write'
    ? source.rehearse(signal, work, times)
    : source.inspect(signal, work, times))
  const wrote = checked.kind === 'write' && explained.analyzed
  const note = 'The statement was run and rolled back; values it took from sequences stay taken.'
  return wrote ? { ...explained, notes: [...explained.notes, note] } : explained
}

/** The same for a statement that was checked, in a transaction of the caller. */
export async function explainIn(catalog: Catalog, request: ExplainRequest): Promise<Explained> {
  const { options = {}, hypotheticalIndexes = [] } = request
  checkHypothetical(options, hypotheticalIndexes)
  const plan = await planOf(catalog, request)
  const facts = await relationFacts(catalog, plan)
  const explained = {
    plan,
    tree: planTree(plan),
    findings: await planFindings(plan, facts, request.thresholds),
    analyzed: options.analyze ?? false,
    hypothetical: null,
    notes: [],
  }
  if (hypotheticalIndexes.length === 0) return explained
  return { ...explained, hypothetical: await imagined(catalog, request, plan) }
}

function checkHypothetical({ analyze }: ExplainOptions, indexes: readonly string[]): void {
  if (indexes.length === 0) return
  if (analyze) throw new PostgresExplainOption('analyze', 'cannot run on indexes that do not exist')
  if (indexes.length > hypotheticalIndexesMax)
    throw new PostgresDefinitionInvalid(`at most ${hypotheticalIndexesMax} indexes are imagined at a time`)
}

async function imagined(
  catalog: Catalog,
  request: ExplainRequest,
  before: Plan,
): Promise<NonNullable<Explained['hypothetical']>> {
  return withHypothetical(catalog, request.hypotheticalIndexes ?? [], async indexes => {
    const after = await planOf(catalog, request)
    const difference = planDifference(before, after)
    return {
      indexes: indexes.map(index => ({ ...index, used: difference.indexesUsed.includes(index.name) })),
      tree: planTree(after),
      difference,
    }
  })
}

/** One EXPLAIN. A failure leaves the transaction as it was. */
export async function planOf(
  catalog: Catalog,
  { text, params = [], options = {} }: Pick<ExplainRequest, 'text' | 'params' | 'options'>,
): Promise<Plan> {
  // Schemas are named only in verbose plans, and findings need them to find the right table.
  const explained = (statement: string) => explainText(statement, { verbose: true, ...options }, catalog.serverVersion)
  if (options.genericPlan) return genericPlanOf(catalog, text, explained)
  return attempt(catalog, () => planRow(catalog, explained(text), params))
}

async function planRow(catalog: Catalog, explain: string, params: readonly unknown[] = []): Promise<Plan> {
  const [row] = await catalog.rows<{ 'QUERY PLAN': unknown }>(explain, params)
  return parsePlan(row?.['QUERY PLAN'])
}

/**
 * The plan for any values. EXPLAIN's own GENERIC_PLAN cannot be used: the protocol wants a value for each `$n`, and
 * the planner would look at it. A prepared statement outlives its transaction, so it is always taken back.
 */
async function genericPlanOf(catalog: Catalog, text: string, explained: (text: string) => string): Promise<Plan> {
  const values = Array.from({ length: await parameterCount(text) }, () => 'NULL').join(', ')
  const explain = explained(`EXECUTE generic_plan${values === '' ? '' : `(${values})`}`)
  await attempt(catalog, () => catalog.rows(`PREPARE generic_plan AS ${text}`))
  try {
    return await attempt(catalog, async () => {
      await catalog.rows('SET LOCAL plan_cache_mode = force_generic_plan')
      const plan = await planRow(catalog, explain)
      await catalog.rows('SET LOCAL plan_cache_mode TO DEFAULT')
      return plan
    })
  } finally {
    await catalog.rows('DEALLOCATE generic_plan')
  }
}
