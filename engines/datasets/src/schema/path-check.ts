import type { Field, JsonType } from '../dataset.ts'
import { elements, type Step, stepsOf } from './path.ts'

/** A path that a structure does not have, and where it ends. */
export interface PathProblem {
  readonly path: string
  readonly problem: string
}

/** From so many fields on, and below this depth, a structure tells not everything there is. */
const told = { fields: 2_000, depth: 32 }

/**
 * Finds the paths that a structure does not have.
 *
 * @param paths as jq writes them; what cannot be read as a path is passed over.
 */
export function missingPaths(fields: readonly Field[], paths: readonly string[]): PathProblem[] {
  if (fields.length >= told.fields) return []
  const root = treeOf(fields)
  return paths.flatMap(path => {
    const problem = problemAt(root, stepsOf(path) ?? [])
    return problem === undefined ? [] : [{ path, problem }]
  })
}

interface Node {
  types: readonly JsonType[]
  readonly fields: Map<string, Node>
  elements: Node | undefined
}

function treeOf(fields: readonly Field[]): Node {
  const root = newNode()
  for (const { path, types } of fields) {
    let node = root
    for (const step of stepsOf(path) ?? []) node = childOf(node, step)
    node.types = types
  }
  // The value at the top is not told where its parts are.
  if (root.types.length === 0) root.types = root.elements ? ['array'] : ['object']
  return root
}

const newNode = (): Node => ({ types: [], fields: new Map(), elements: undefined })

function childOf(node: Node, step: Step): Node {
  if (step === elements) {
    node.elements ??= newNode()
    return node.elements
  }
  const child = node.fields.get(step) ?? newNode()
  node.fields.set(step, child)
  return child
}

function problemAt(root: Node, steps: readonly Step[]): string | undefined {
  let nodes = [root]
  let path = ''
  for (const [depth, step] of steps.entries()) {
    if (depth >= told.depth || nodes.some(isOpen(step))) return undefined
    const next = nodes.flatMap(node => partsOf(node, step))
    if (next.length === 0) return complaint(nodes, step, path || '.')
    nodes = next
    path += step === elements ? `${path === '' ? '.' : ''}[]` : nameOf(step, path)
  }
  return undefined
}

/** Null has every field, an empty list any elements: nobody knows what would lie there. */
function isOpen(step: Step) {
  return ({ types, fields, elements: inner }: Node) => {
    if (step !== elements && types.every(type => type === 'null')) return true
    const holds = types.includes('array') || types.includes('object')
    return holds && inner === undefined && fields.size === 0
  }
}

function partsOf(node: Node, step: Step): Node[] {
  if (step === elements) return [...(node.elements ? [node.elements] : []), ...node.fields.values()]
  const child = node.fields.get(step)
  if (child) return [child]
  return node.types.includes('object') && node.elements ? [node.elements] : []
}

function complaint(nodes: readonly Node[], step: Step, path: string): string {
  const types = [...new Set(nodes.flatMap(node => node.types))].join(' or ')
  if (step === elements) return `${path} is ${types}, which has no elements`
  if (nodes.some(node => node.types.includes('object'))) return `${path} has no field ${JSON.stringify(step)}`
  return `${path} is ${types}, which has no fields`
}

function nameOf(step: string, before: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(step)) return `.${step}`
  return `${before === '' ? '.' : ''}[${JSON.stringify(step)}]`
}
