import { parse, parseDefinition } from '@super-data/jq'
import type { ParsedQuery } from '../queries/engine.ts'

/** What may run many times for one step of the text. */
const loops: ReadonlySet<string> = new Set(['reduce', 'foreach', 'iterate', 'recurse'])
const loopingCalls: ReadonlySet<string> = new Set([
  ...['range', 'recurse', 'walk', 'paths', 'combinations', 'until', 'while', 'repeat', 'limit', 'group_by', 'sort_by'],
  ...['env', 'splits', 'scan', 'gsub', 'sub', 'test', 'match', 'capture', 'tostream', 'getpath', 'input', 'inputs'],
])
const loopWeight = 5

/** How much there is to understand and to run: parts of the whole program, those that repeat counted five times. */
export function complexityOf(query: ParsedQuery): number {
  return query.engine === 'jq' ? weigh(parse(query.program)) : wordsOf(query.program)
}

/** Of a shared function with all it uses. */
export function functionComplexity(definitions: readonly string[]): number {
  return definitions.reduce((sum, definition) => sum + weigh(parseDefinition(definition)), 0)
}

function weigh(node: unknown): number {
  if (Array.isArray(node)) return node.reduce((sum: number, each) => sum + weigh(each), 0)
  if (typeof node !== 'object' || node === null) return 0
  const inside = Object.values(node).reduce((sum: number, each) => sum + weigh(each), 0)
  if (!('kind' in node)) return inside
  const { kind, name } = node as { kind: string; name?: string }
  const repeats = loops.has(kind) || (kind === 'call' && loopingCalls.has(name ?? ''))
  return inside + (repeats ? loopWeight : 1)
}

function wordsOf(statement: string): number {
  return (statement.match(/'(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_]*|\d+(?:\.\d+)?|[^\sA-Za-z0-9_]/g) ?? []).length
}
