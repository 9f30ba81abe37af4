import { type Plan, planNodes } from './plan.ts'

/** What became of a plan. */
export interface PlanDifference {
  readonly costBefore: number
  readonly costAfter: number
  /** `costAfter / costBefore`: 0.1 is ten times cheaper, by the planner's own count. */
  readonly ratio: number
  readonly msBefore: number | null
  readonly msAfter: number | null
  /** Steps that only one of the plans has. */
  readonly gone: readonly string[]
  readonly come: readonly string[]
  /** Indexes the second plan uses and the first does not. */
  readonly indexesUsed: readonly string[]
}

export function planDifference(before: Plan, after: Plan): PlanDifference {
  const [old, fresh] = [steps(before), steps(after)]
  const oldIndexes = new Set(indexes(before))
  return {
    costBefore: before.root.totalCost,
    costAfter: after.root.totalCost,
    ratio: before.root.totalCost === 0 ? 1 : after.root.totalCost / before.root.totalCost,
    msBefore: before.executionMs,
    msAfter: after.executionMs,
    gone: without(old, fresh),
    come: without(fresh, old),
    indexesUsed: [...new Set(indexes(after))].filter(name => !oldIndexes.has(name)),
  }
}

function steps(plan: Plan): string[] {
  return [...planNodes(plan.root)].map(({ node }) =>
    [node.type, node.index && `using ${node.index}`, node.relation && `on ${node.relation}`].filter(Boolean).join(' '),
  )
}

const indexes = (plan: Plan): string[] =>
  [...planNodes(plan.root)].flatMap(({ node }) => (node.index === null ? [] : [node.index]))

/** Each step counts as often as it is there. */
function without(list: readonly string[], others: readonly string[]): string[] {
  const left = [...others]
  return list.filter(step => {
    const place = left.indexOf(step)
    if (place >= 0) left.splice(place, 1)
    return place < 0
  })
}
