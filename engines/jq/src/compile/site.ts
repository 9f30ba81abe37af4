import type { Place } from '../errors.ts'
import type { Expression } from '../syntax/ast.ts'
import { positionAt } from '../syntax/position.ts'

/** One of the texts that a program is made of. */
export interface Origin extends Pick<Place, 'definition' | 'module'> {
  readonly text: string
}

/** Where a piece of program stands. Lines are counted only when something fails there. */
export interface Site {
  readonly origin: Origin
  readonly offset: number
}

/** The place to show when this very operation fails: of `a.b` and `a + b` that is after `a`. */
export function siteOf(node: Expression, origin: Origin): Site {
  return { origin, offset: operationStart(node, origin.text) }
}

function operationStart(node: Expression, text: string): number {
  switch (node.kind) {
    case 'index':
    case 'slice':
    case 'iterate':
      return node.target.kind === 'identity' ? node.start : afterOperand(node.target.end, text)
    case 'binary':
    case 'assign':
      return afterOperand(node.left.end, text)
    default:
      return node.start
  }
}

function afterOperand(end: number, text: string): number {
  const gap = /[\s)]*/y
  gap.lastIndex = end
  gap.test(text)
  return gap.lastIndex
}

export function placeOf({ origin, offset }: Site): Place {
  const { text, ...part } = origin
  return { position: positionAt(text, offset), ...part }
}
