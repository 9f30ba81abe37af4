import type { Plan, PlanNode } from './plan.ts'

const linesMax = 200
const conditionMax = 160

/** A plan as an indented text, one line a step and one for each condition. */
export function planTree(plan: Plan): string {
  const lines = linesOf(plan.root, 0)
  const times = [
    ...(plan.planningMs === null ? [] : [`planning ${round(plan.planningMs)} ms`]),
    ...(plan.executionMs === null ? [] : [`execution ${round(plan.executionMs)} ms`]),
  ]
  const shown = lines.slice(0, linesMax)
  const more = lines.length > linesMax ? [`… ${lines.length - linesMax} lines more`] : []
  return [...shown, ...more, ...(times.length > 0 ? [times.join(', ')] : [])].join('\n')
}

function linesOf(node: PlanNode, depth: number): string[] {
  const indent = '  '.repeat(depth)
  const conditions = [
    ['index', node.indexCondition],
    ['on', node.joinCondition],
    ['filter', node.filter],
    ['sort', node.sortKey?.join(', ')],
  ].filter((pair): pair is [string, string] => pair[1] != null)
  return [
    `${indent}${depth === 0 ? '' : '→ '}${headline(node)}`,
    ...conditions.map(([name, text]) => `${indent}    ${name}: ${cut(text)}`),
    ...node.children.flatMap(child => linesOf(child, depth + 1)),
  ]
}

function headline(node: PlanNode): string {
  const role = node.role === 'SubPlan' || node.role === 'InitPlan' ? `${node.role} ` : ''
  const join = node.joinType && node.joinType !== 'Inner' ? ` ${node.joinType}` : ''
  const using = node.index === null ? '' : ` using ${node.index}`
  const alias = node.alias !== null && node.alias !== node.relation ? ` ${node.alias}` : ''
  const on =
    node.relation === null ? '' : ` on ${node.schema === null ? '' : `${node.schema}.`}${node.relation}${alias}`
  return `${role}${node.type}${join}${using}${on}  ${measures(node)}`
}

function measures(node: PlanNode): string {
  const planned = `cost=${round(node.startupCost)}..${round(node.totalCost)} rows=${round(node.rows)}`
  if (!node.actual) return planned
  const { rows, loops, totalMs } = node.actual
  const time = totalMs === null ? '' : ` ${round(totalMs)} ms`
  const removed = node.rowsRemoved ? ` removed=${round(node.rowsRemoved)}` : ''
  const spill = node.spill ? ` spilled${node.spill.kilobytes === null ? '' : `=${node.spill.kilobytes} kB`}` : ''
  return `${planned} | actual rows=${round(rows)} loops=${loops}${time}${removed}${spill}`
}

const round = (value: number): number => Math.round(value * 100) / 100
const cut = (text: string): string => (text.length > conditionMax ? `${text.slice(0, conditionMax)}…` : text)
