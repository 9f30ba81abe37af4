import { type PlacedNode, type Plan, type PlanNode, planNodes } from './plan.ts'
import type { RelationFacts } from './relation-facts.ts'
import { hiddenColumns } from './sargable.ts'

export interface PlanFinding {
  readonly finding:
    | 'sequential_scan'
    | 'estimate_off'
    | 'spill'
    | 'heap_fetches'
    | 'nested_loop'
    | 'hidden_column'
    | 'weak_index'
    | 'no_statistics'
  readonly severity: 'info' | 'warning'
  /** The step, as the tree shows it. */
  readonly step: string
  readonly title: string
  readonly evidence: Readonly<Record<string, unknown>>
  readonly fix: string
}

export interface FindingThresholds {
  /** A table from so many rows on is big. */
  readonly bigRows: number
  /** A scan that keeps a larger share of the rows is what it should be. */
  readonly selectiveShare: number
  readonly estimateFactor: number
  readonly heapFetchShare: number
  /** Rows a nested loop may look at. */
  readonly nestedLoopRows: number
}

export const usualFindingThresholds: FindingThresholds = {
  bigRows: 10_000,
  selectiveShare: 0.2,
  estimateFactor: 10,
  heapFetchShare: 0.1,
  nestedLoopRows: 1_000_000,
}

type Facts = ReadonlyMap<string, RelationFacts>

interface Scene extends PlacedNode {
  readonly facts: RelationFacts | undefined
  readonly limits: FindingThresholds
}

/** What looks wrong in a plan, and what may help. */
export async function planFindings(
  plan: Plan,
  facts: Facts,
  thresholds: Partial<FindingThresholds> = {},
): Promise<PlanFinding[]> {
  const limits = { ...usualFindingThresholds, ...thresholds }
  const found: PlanFinding[] = []
  for (const placed of planNodes(plan.root)) {
    const scene = { ...placed, facts: factsOf(placed.node, facts), limits }
    for (const rule of rules) {
      const finding = rule(scene)
      if (finding) found.push(finding)
    }
    found.push(...(await hiddenIn(scene)))
  }
  return found.sort((one, other) => Number(one.severity === 'info') - Number(other.severity === 'info'))
}

function factsOf(node: PlanNode, facts: Facts): RelationFacts | undefined {
  if (node.relation === null) return undefined
  if (node.schema !== null) return facts.get(`${node.schema}.${node.relation}`)
  return [...facts.values()].find(each => each.name === node.relation)
}

const stepOf = (node: PlanNode): string => `${node.type}${node.relation === null ? '' : ` on ${node.relation}`}`
const whole = (value: number): number => Math.round(value)

/** Rows a scan looked at in one loop: measured, or as the catalogue counts the table. */
function looked({ node, facts }: Scene): number | undefined {
  if (node.actual && node.rowsRemoved !== null) return node.actual.rows + node.rowsRemoved
  return facts?.rows ?? undefined
}

const rules: readonly ((scene: Scene) => PlanFinding | undefined)[] = [
  sequentialScan,
  weakIndex,
  estimateOff,
  spill,
  heapFetches,
  nestedLoop,
  noStatistics,
]

function sequentialScan(scene: Scene): PlanFinding | undefined {
  const { node, limits } = scene
  const rows = looked(scene)
  const kept = node.actual?.rows ?? node.rows
  if (node.type !== 'Seq Scan' || node.filter === null || rows === undefined) return undefined
  if (rows < limits.bigRows || kept / rows > limits.selectiveShare) return undefined
  return {
    finding: 'sequential_scan',
    severity: 'warning',
    step: stepOf(node),
    title: `reads all ${whole(rows)} rows of ${node.relation} to keep ${whole(kept)}`,
    evidence: { rows: whole(rows), kept: whole(kept), filter: node.filter, cost: node.totalCost },
    fix: 'Try an index on the columns of the filter (hypothetical indexes show whether it would be used).',
  }
}

function weakIndex(scene: Scene): PlanFinding | undefined {
  const { node, limits } = scene
  const { actual, rowsRemoved } = node
  if (!node.type.includes('Index') || node.filter === null || !actual || rowsRemoved === null) return undefined
  const total = (actual.rows + rowsRemoved) * actual.loops
  if (total < limits.bigRows || rowsRemoved < 9 * actual.rows) return undefined
  return {
    finding: 'weak_index',
    severity: 'warning',
    step: stepOf(node),
    title: `the index ${node.index ?? ''} finds ${whole(total)} rows, and the filter throws 90 % of them away`,
    evidence: { found: whole(total), removed: whole(rowsRemoved * actual.loops), filter: node.filter },
    fix: 'Add the columns of the filter to the index, or make it partial.',
  }
}

/** Below a LIMIT a step is stopped early, and on the inner side of a merge too: fewer rows than planned prove nothing. */
function estimateOff({ node, above, limits, facts }: Scene): PlanFinding | undefined {
  if (!node.actual || node.actual.loops === 0 || facts?.rows === null) return undefined
  const [planned, actual] = [Math.max(node.rows, 1), Math.max(node.actual.rows, 1)]
  const factor = Math.max(planned / actual, actual / planned)
  if (factor <= limits.estimateFactor || Math.abs(planned - actual) < 100) return undefined
  const stopped = above.some(each => each.type === 'Limit' || each.type === 'Merge Join' || each.joinType === 'Semi')
  if (planned > actual && stopped) return undefined
  // Said once, where it begins: not again at every step above.
  if (node.children.some(child => child.actual && isOff(child, limits))) return undefined
  const stale = facts && facts.changedSinceAnalyze > 0.1 * Math.max(facts.rows ?? 0, 1)
  return {
    finding: 'estimate_off',
    severity: 'warning',
    step: stepOf(node),
    title: `planned for ${whole(node.rows)} rows, got ${whole(node.actual.rows)}`,
    evidence: {
      planned: node.rows,
      actual: node.actual.rows,
      factor: whole(factor),
      filter: node.filter ?? node.indexCondition,
    },
    fix: stale
      ? `ANALYZE ${node.relation}: ${facts.changedSinceAnalyze} rows changed since it was analyzed.`
      : 'ANALYZE the tables; where columns depend on each other, CREATE STATISTICS (dependencies, mcv).',
  }
}

function isOff(node: PlanNode, limits: FindingThresholds): boolean {
  const [planned, actual] = [Math.max(node.rows, 1), Math.max(node.actual?.rows ?? 1, 1)]
  return Math.max(planned / actual, actual / planned) > limits.estimateFactor && Math.abs(planned - actual) >= 100
}

function spill({ node }: Scene): PlanFinding | undefined {
  if (!node.spill) return undefined
  const { kilobytes, batches } = node.spill
  return {
    finding: 'spill',
    severity: 'warning',
    step: stepOf(node),
    title: `did not fit into memory${kilobytes === null ? ` (${batches} batches)` : `: ${kilobytes} kB went to disk`}`,
    evidence: { kilobytes, batches, sortKey: node.sortKey },
    fix: 'Raise work_mem for this query, select fewer or narrower rows, or give the order an index.',
  }
}

function heapFetches({ node, limits }: Scene): PlanFinding | undefined {
  if (node.type !== 'Index Only Scan' || !node.actual || node.heapFetches === null) return undefined
  const rows = node.actual.rows * node.actual.loops
  if (node.heapFetches < 100 || node.heapFetches < limits.heapFetchShare * rows) return undefined
  return {
    finding: 'heap_fetches',
    severity: 'info',
    step: stepOf(node),
    title: `the index alone was not enough for ${node.heapFetches} of ${whole(rows)} rows`,
    evidence: { heapFetches: node.heapFetches, rows: whole(rows) },
    fix: `VACUUM ${node.relation}: the visibility map is out of date.`,
  }
}

function nestedLoop(scene: Scene): PlanFinding | undefined {
  const { node, limits } = scene
  if (node.type !== 'Nested Loop' || node.children.length < 2) return undefined
  const [outer, inner] = node.children as [PlanNode, PlanNode]
  const loops = inner.actual?.loops ?? outer.rows
  const rows = (inner.actual ? inner.actual.rows + (inner.rowsRemoved ?? 0) : inner.rows) * loops
  const scans = [inner, ...inner.children].some(each => each.type === 'Seq Scan')
  const rescans = scans && loops > 1_000 && rows >= limits.bigRows
  if (rows < limits.nestedLoopRows && !rescans) return undefined
  return {
    finding: 'nested_loop',
    severity: 'warning',
    step: stepOf(node),
    title: `its inner side runs ${whole(loops)} times and looks at ${whole(rows)} rows`,
    evidence: { loops: whole(loops), rows: whole(rows), inner: stepOf(inner), condition: node.joinCondition },
    fix: 'Index the join column of the inner table; when the estimate of the outer side is off, ANALYZE it.',
  }
}

function noStatistics({ node, facts }: Scene): PlanFinding | undefined {
  if (!facts || facts.rows !== null) return undefined
  return {
    finding: 'no_statistics',
    severity: 'info',
    step: stepOf(node),
    title: `${facts.name} was never analyzed: its estimates are guesses`,
    evidence: { table: `${facts.schema}.${facts.name}` },
    fix: `ANALYZE ${facts.name}`,
  }
}

async function hiddenIn(scene: Scene): Promise<PlanFinding[]> {
  const { node, limits } = scene
  const rows = looked(scene) ?? node.rows
  if (node.filter === null || node.relation === null || rows < limits.bigRows) return []
  const hidden = await hiddenColumns(node.filter)
  return hidden.map(({ column, within }) => ({
    finding: 'hidden_column',
    severity: 'warning',
    step: stepOf(node),
    title: `no plain index on ${column} can help: it stands in ${within}`,
    evidence: { column, within, filter: node.filter },
    fix: within.includes('wildcard')
      ? 'A trigram index (pg_trgm, GIN) serves such patterns.'
      : 'Compare the bare column (a range instead of a function of it), or index the expression.',
  }))
}
