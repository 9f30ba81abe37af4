import { charSet } from './char-set.ts'
import type { Node } from './tree.ts'

/**
 * How the work of a backtracking matcher grows with the length of the text, at worst: `factor` times length to the power
 * of `degree`. An infinite degree means exponential. Never too low; sometimes too high.
 */
export interface Risk {
  readonly degree: number
  readonly factor: number
}

/** Work that a matcher gets done in about a tenth of a second. */
const bearable = 2e7

/** Whether a text of that length is matched soon enough. */
export function isBearable({ degree, factor }: Risk, length: number): boolean {
  if (!Number.isFinite(degree)) return false
  return factor * length ** degree <= bearable || (degree <= 1 && factor <= 100)
}

export function riskOf(node: Node): Risk {
  const ways = waysOf(node, { ...nothing, accept: true })
  const canFailLate = hasFallibleLoop(node, { ...nothing, accept: true })
  const starts = canFailLate && !isAnchored(node) ? 1 : 0
  return { degree: Math.max(1, ways.degree) + starts, factor: ways.factor }
}

/** What may come next at some place of an expression. */
interface Next {
  readonly ascii: ReadonlySet<number>
  /** Perhaps something beyond ASCII. */
  readonly other: boolean
  /** What is left can match nothing at all, so from here on the match cannot fail. */
  readonly accept: boolean
}

const nothing: Next = { ascii: new Set(), other: false, accept: false }
const anything: Next = { ascii: new Set(Array.from({ length: 128 }, (_, code) => code)), other: true, accept: false }

function union(a: Next, b: Next): Next {
  return { ascii: new Set([...a.ascii, ...b.ascii]), other: a.other || b.other, accept: a.accept || b.accept }
}

function overlap(a: Next, b: Next): boolean {
  if (a.other && b.other) return true
  for (const code of a.ascii) if (b.ascii.has(code)) return true
  return false
}

function isNullable(node: Node): boolean {
  switch (node.kind) {
    case 'sequence':
      return node.items.every(isNullable)
    case 'choice':
      return node.branches.some(isNullable)
    case 'repeat':
      return node.min === 0 || isNullable(node.body)
    case 'group':
    case 'atomic':
      return isNullable(node.body)
    default:
      return false
  }
}

/** What a node may begin with, when `after` follows it. */
function firstOf(node: Node, after: Next): Next {
  switch (node.kind) {
    case 'char':
      return charFirst(node.source, node.fold)
    case 'look':
    case 'back':
      return anything
    case 'group':
    case 'atomic':
      return firstOf(node.body, after)
    case 'sequence':
      return node.items.reduceRight((next, item) => firstOf(item, next), after)
    case 'choice':
      return node.branches.map(branch => firstOf(branch, after)).reduce(union)
    case 'repeat': {
      const body = firstOf(node.body, after)
      return isNullable(node) ? union(body, after) : body
    }
  }
}

function charFirst(source: string, fold: boolean): Next {
  const isPlain = /^(?:[\x00-\x7f]|\\x[0-7][0-9a-f]|\\[^pPxu])$/.test(source) && !fold
  return { ascii: new Set(charSet(source, fold).ascii()), other: !isPlain && mayLeaveAscii(source), accept: false }
}

/** A class of plain ASCII characters and ranges stays within ASCII. */
function mayLeaveAscii(source: string): boolean {
  return !/^\[(?:[\x20-\x5a\x5f-\x7e]|\\x[0-7][0-9a-f]|\\[^pPxuDSW])+\]$/.test(source)
}

const once: Risk = { degree: 0, factor: 1 }

/** In how many ways a node can match at one place, as far as what follows makes the matcher try them. */
function waysOf(node: Node, after: Next): Risk {
  switch (node.kind) {
    case 'char':
    case 'back':
      return once
    case 'look':
    case 'atomic':
    case 'group':
      return waysOf(node.body, node.kind === 'group' ? after : anything)
    case 'sequence':
      return sequenceWays(node.items, after)
    case 'choice':
      return choiceWays(node.branches, after)
    case 'repeat':
      return repeatWays(node, after)
  }
}

function sequenceWays(items: readonly Node[], after: Next): Risk {
  let next = after
  let ways = once
  for (const item of items.toReversed()) {
    ways = multiply(ways, waysOf(item, next))
    next = firstOf(item, next)
  }
  return ways
}

function choiceWays(branches: readonly Node[], after: Next): Risk {
  const all = branches.map(branch => waysOf(branch, after))
  const highest = all.reduce((a, b) => ({ degree: Math.max(a.degree, b.degree), factor: Math.max(a.factor, b.factor) }))
  const firsts = branches.map(branch => firstOf(branch, after))
  const apart = firsts.every((first, at) => firsts.slice(at + 1).every(other => !overlap(first, other)))
  if (apart || after.accept) return highest
  return { degree: highest.degree, factor: all.reduce((sum, { factor }) => sum + factor, 0) }
}

function repeatWays({ body, min, max }: Extract<Node, { kind: 'repeat' }>, after: Next): Risk {
  const first = firstOf(body, after)
  const inner = waysOf(body, union(first, after))
  if (after.accept && max === Number.POSITIVE_INFINITY) return once
  const ambiguous = inner.degree > 0 || inner.factor > 1
  if (max === Number.POSITIVE_INFINITY) {
    if (ambiguous || isNullable(body)) return { degree: Number.POSITIVE_INFINITY, factor: 1 }
    return overlap(first, after) ? { degree: 1, factor: 1 } : once
  }
  const turns = overlap(first, after) ? max - min + 1 : 1
  return { degree: inner.degree * max, factor: inner.factor ** max * turns }
}

function multiply(a: Risk, b: Risk): Risk {
  return { degree: a.degree + b.degree, factor: a.factor * b.factor }
}

/** Whether a loop can run far before something after it fails; every start then costs that much. */
function hasFallibleLoop(node: Node, after: Next): boolean {
  switch (node.kind) {
    case 'repeat':
      return (node.max > 100 && !after.accept) || hasFallibleLoop(node.body, after)
    case 'sequence': {
      const rest: Next[] = []
      node.items.reduceRight((next, item, at) => {
        rest[at] = next
        return firstOf(item, next)
      }, after)
      return node.items.some((item, at) => hasFallibleLoop(item, rest[at]!))
    }
    case 'choice':
      return node.branches.some(branch => hasFallibleLoop(branch, after))
    case 'group':
      return hasFallibleLoop(node.body, after)
    case 'look':
    case 'atomic':
      return hasFallibleLoop(node.body, anything)
    default:
      return false
  }
}

/** Can match at the start of the text only. */
function isAnchored(node: Node): boolean {
  switch (node.kind) {
    case 'look':
      return node.behind && node.negative && node.body.kind === 'char' && node.body.source === '[\\s\\S]'
    case 'sequence':
      return node.items.length > 0 && isAnchored(node.items[0]!)
    case 'choice':
      return node.branches.every(isAnchored)
    case 'group':
      return isAnchored(node.body)
    default:
      return false
  }
}
