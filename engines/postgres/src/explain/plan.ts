/** One step of a plan. Rows and times of `actual` are means of its `loops`. */
export interface PlanNode {
  readonly type: string
  readonly schema: string | null
  readonly relation: string | null
  readonly alias: string | null
  readonly index: string | null
  readonly joinType: string | null
  readonly startupCost: number
  readonly totalCost: number
  readonly rows: number
  readonly width: number
  readonly actual: { readonly rows: number; readonly loops: number; readonly totalMs: number | null } | null
  readonly filter: string | null
  readonly indexCondition: string | null
  readonly joinCondition: string | null
  readonly sortKey: readonly string[] | null
  readonly rowsRemoved: number | null
  readonly heapFetches: number | null
  /** Where a sort, hash or aggregate went to disk. */
  readonly spill: { readonly kilobytes: number | null; readonly batches: number | null } | null
  readonly blocks: { readonly hit: number; readonly read: number; readonly tempWritten: number } | null
  /** What it is to its parent: Outer, Inner, SubPlan, InitPlan … */
  readonly role: string | null
  readonly children: readonly PlanNode[]
}

export interface Plan {
  readonly root: PlanNode
  readonly planningMs: number | null
  readonly executionMs: number | null
  readonly settings: Readonly<Record<string, string>>
  readonly triggers: readonly {
    readonly name: string
    readonly relation: string
    readonly ms: number
    readonly calls: number
  }[]
}

type Json = Readonly<Record<string, unknown>>

/** The answer of `EXPLAIN (FORMAT JSON)`, parsed or as its text. */
export function parsePlan(answer: unknown): Plan {
  const [top] = (typeof answer === 'string' ? JSON.parse(answer) : answer) as [Json]
  return {
    root: toNode(top['Plan'] as Json),
    planningMs: number(top['Planning Time']),
    executionMs: number(top['Execution Time']),
    settings: (top['Settings'] as Record<string, string> | undefined) ?? {},
    triggers: ((top['Triggers'] as Json[] | undefined) ?? []).map(trigger => ({
      name: text(trigger['Trigger Name']) ?? text(trigger['Constraint Name']) ?? '',
      relation: text(trigger['Relation']) ?? '',
      ms: number(trigger['Time']) ?? 0,
      calls: number(trigger['Calls']) ?? 0,
    })),
  }
}

function toNode(json: Json): PlanNode {
  return {
    type: text(json['Node Type']) ?? '',
    schema: text(json['Schema']),
    relation: text(json['Relation Name']),
    alias: text(json['Alias']),
    index: text(json['Index Name']),
    joinType: text(json['Join Type']),
    startupCost: number(json['Startup Cost']) ?? 0,
    totalCost: number(json['Total Cost']) ?? 0,
    rows: number(json['Plan Rows']) ?? 0,
    width: number(json['Plan Width']) ?? 0,
    actual: toActual(json),
    filter: text(json['Filter']),
    indexCondition: text(json['Index Cond']) ?? text(json['Recheck Cond']),
    joinCondition: text(json['Hash Cond']) ?? text(json['Merge Cond']) ?? text(json['Join Filter']),
    sortKey: (json['Sort Key'] as string[] | undefined) ?? null,
    rowsRemoved: number(json['Rows Removed by Filter']) ?? number(json['Rows Removed by Join Filter']),
    heapFetches: number(json['Heap Fetches']),
    spill: toSpill(json),
    blocks: toBlocks(json),
    role: text(json['Parent Relationship']),
    children: ((json['Plans'] as Json[] | undefined) ?? []).map(toNode),
  }
}

function toActual(json: Json): PlanNode['actual'] {
  const rows = number(json['Actual Rows'])
  if (rows === null) return null
  return { rows, loops: number(json['Actual Loops']) ?? 1, totalMs: number(json['Actual Total Time']) }
}

function toSpill(json: Json): PlanNode['spill'] {
  const disk = json['Sort Space Type'] === 'Disk' ? number(json['Sort Space Used']) : number(json['Disk Usage'])
  const batches = number(json['Hash Batches']) ?? number(json['HashAgg Batches'])
  if (disk === null && (batches ?? 1) <= 1) return null
  return disk === 0 && (batches ?? 1) <= 1 ? null : { kilobytes: disk, batches }
}

function toBlocks(json: Json): PlanNode['blocks'] {
  const hit = number(json['Shared Hit Blocks'])
  if (hit === null) return null
  return { hit, read: number(json['Shared Read Blocks']) ?? 0, tempWritten: number(json['Temp Written Blocks']) ?? 0 }
}

const number = (value: unknown): number | null => (typeof value === 'number' ? value : null)
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** A step with those above it, the nearest first. */
export interface PlacedNode {
  readonly node: PlanNode
  readonly above: readonly PlanNode[]
}

/** Every step of a plan, parents first. */
export function* planNodes(node: PlanNode, above: readonly PlanNode[] = []): Generator<PlacedNode> {
  yield { node, above }
  for (const child of node.children) yield* planNodes(child, [node, ...above])
}
