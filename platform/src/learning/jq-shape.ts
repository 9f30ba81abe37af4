import type { JsonValue } from '@super-data/contract'
import { analyse, type Expression, format, parse } from '@super-data/jq'
import { compileJqTemplate } from '../queries/templates/jq-template.ts'
import {
  type Hole,
  hintOf,
  numbered,
  type Place,
  type QuestionShape,
  suffixOf,
  withParameters,
} from './question-shape.ts'

/** Calls whose constant arguments name places in the data, or say something: they are part of the question. */
const structural: ReadonlySet<string> = new Set(['has', 'getpath', 'delpaths', 'path', 'paths', 'pick', 'error'])

/** Calls whose first argument is called like themselves. */
const counting: ReadonlySet<string> = new Set(['limit', 'skip', 'nth', 'until', 'range'])

const flipped: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

/**
 * The shape of a jq program: its literals and its parameters are holes, field names are not.
 *
 * @throws JqSyntaxError · TemplatePlace
 */
export function jqShape(written: string): QuestionShape {
  const { text } = compileJqTemplate(written)
  const ast = parse(text)
  const finder = new PlaceFinder(new Set(analyse(ast).variables.map(variable => variable.position.offset)))
  for (const definition of ast.definitions) finder.visit(definition.body, 'value')
  if (ast.body) finder.visit(ast.body, 'value')
  const places = finder.found.sort((a, b) => a.start - b.start)
  return {
    holes: places.map(place => place.hole),
    render: names => withParameters(text, places, names),
    text: format(parse(withParameters(text, places, numbered(places)))),
  }
}

/** Follows an expression and notes where values and parameters stand. */
class PlaceFinder {
  readonly found: Place[] = []
  readonly #free: ReadonlySet<number>

  constructor(free: ReadonlySet<number>) {
    this.#free = free
  }

  visit(node: Expression | undefined, hint: string): void {
    if (node === undefined) return
    const hole = this.#holeAt(node, hint)
    if (hole) this.found.push({ hole, start: node.start, end: node.end })
    else this.#inside(node, hint)
  }

  #holeAt(node: Expression, hint: string): Hole | undefined {
    if (node.kind === 'variable') {
      return this.#free.has(node.start) ? { parameter: node.name, hint: node.name } : undefined
    }
    const value = literalOf(node)
    return value === undefined ? undefined : { value, hint }
  }

  #inside(node: Expression, hint: string): void {
    switch (node.kind) {
      case 'index':
        this.visit(node.target, hint)
        // `.a`, `.["a"]` and `.[0]` are places; anything computed may hold values.
        if (literalOf(node.index) === undefined) this.visit(node.index, 'key')
        return
      case 'slice':
        this.visit(node.target, hint)
        this.visit(node.from, 'from')
        this.visit(node.to, node.from ? 'to' : 'limit')
        return
      case 'object':
        for (const { value } of node.entries) this.visit(value, hint)
        return
      case 'binary':
        this.#comparison(node)
        return
      case 'pipe':
        this.visit(node.left, hint)
        this.visit(node.right, nameOf(node.left) ?? hint)
        return
      case 'call':
        this.#call(node, hint)
        return
      default:
        for (const part of partsOf(node)) this.visit(part, hint)
    }
  }

  #comparison({ left, right, operator }: Extract<Expression, { kind: 'binary' }>): void {
    const names = { left: nameOf(left), right: nameOf(right) }
    const flippedSuffix = suffixOf(flipped[operator] ?? operator)
    this.visit(left, names.right === undefined ? 'value' : hintOf(names.right, flippedSuffix))
    this.visit(right, names.left === undefined ? 'value' : hintOf(names.left, suffixOf(operator)))
  }

  #call({ name, args }: Extract<Expression, { kind: 'call' }>, hint: string): void {
    if (structural.has(name)) return
    for (const [place, arg] of args.entries()) this.visit(arg, place === 0 && counting.has(name) ? name : hint)
  }
}

/** The expressions directly inside one, but for patterns, which bind names and hold no values. */
function partsOf(node: Expression): Expression[] {
  switch (node.kind) {
    case 'string':
      return node.parts.filter(part => typeof part !== 'string')
    case 'iterate':
      return [node.target]
    case 'negate':
      return [node.operand]
    case 'array':
      return node.body ? [node.body] : []
    case 'comma':
    case 'logic':
    case 'assign':
      return [node.left, node.right]
    case 'if':
      return [node.condition, node.then, ...(node.otherwise ? [node.otherwise] : [])]
    case 'try':
      return [node.body, ...(node.handler ? [node.handler] : [])]
    case 'reduce':
      return [node.source, node.initial, node.update]
    case 'foreach':
      return [node.source, node.initial, node.update, ...(node.extract ? [node.extract] : [])]
    case 'as':
      return [node.source, node.body]
    case 'define':
      return [node.definition.body, node.body]
    case 'label':
      return [node.body]
    default:
      return []
  }
}

/** The value of a text, a number, or a list of those. */
function literalOf(node: Expression): JsonValue | undefined {
  switch (node.kind) {
    case 'string':
      return node.format === undefined && node.parts.every(part => typeof part === 'string')
        ? node.parts.join('')
        : undefined
    case 'number':
      return exactNumber(node.text)
    case 'negate':
      return node.operand.kind === 'number' ? negative(exactNumber(node.operand.text)) : undefined
    case 'array':
      return node.body && listOf(node.body)
    default:
      return undefined
  }
}

const negative = (value: number | undefined) => (value === undefined ? undefined : -value)

/** @returns undefined for what a parameter could not carry to the last digit. */
function exactNumber(text: string): number | undefined {
  const value = Number(text)
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) return undefined
  return /\d{16}/.test(text.replace('.', '')) ? undefined : value
}

function listOf(body: Expression): JsonValue[] | undefined {
  if (body.kind === 'comma') {
    const [left, right] = [listOf(body.left), listOf(body.right)]
    return left && right && [...left, ...right]
  }
  const value = body.kind === 'array' ? undefined : literalOf(body)
  return value === undefined ? undefined : [value]
}

/** The last field of a path such as `.customer.city`. */
function nameOf(node: Expression): string | undefined {
  if (node.kind === 'pipe') return nameOf(node.right)
  if (node.kind !== 'index') return undefined
  const key = literalOf(node.index)
  return typeof key === 'string' ? key : nameOf(node.target)
}
