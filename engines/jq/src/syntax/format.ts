import type { Ast, Definition, EntryKey, Expression, Import, ObjectEntry, Pattern, StringExpression } from './ast.ts'
import { keywords } from './lexer.ts'
import { guardDepth } from './nesting.ts'
import { levels } from './parser.ts'

/** Canonical text of a program, a definition or an expression: one line, no comments, only the parentheses it needs. */
export function format(node: Ast | Definition | Expression): string {
  return guardDepth('', () => {
    if (node.kind === 'program') return program(node)
    return node.kind === 'definition' ? definition(node) : query(node)
  })
}

function program({ metadata, imports, definitions, body }: Ast): string {
  const parts = [
    ...(metadata ? [`module ${query(metadata)};`] : []),
    ...imports.map(directive),
    ...definitions.map(definition),
    ...(body ? [query(body)] : []),
  ]
  return parts.join(' ')
}

function directive({ path, alias, metadata }: Import): string {
  const what = alias ? `import ${quote(path)} as ${alias.data ? '$' : ''}${alias.name}` : `include ${quote(path)}`
  return metadata ? `${what} ${query(metadata)};` : `${what};`
}

function definition({ name, params, body }: Definition): string {
  const list = params.map(param => (param.value ? `$${param.name}` : param.name)).join('; ')
  return `def ${name}${params.length === 0 ? '' : `(${list})`}: ${query(body)};`
}

function query(node: Expression): string {
  switch (node.kind) {
    case 'pipe':
      return `${commas(node.left)} | ${query(node.right)}`
    case 'define':
      return `${definition(node.definition)} ${query(node.body)}`
    case 'label':
      return `label $${node.name} | ${query(node.body)}`
    case 'as':
      return `${oldTerm(node.source)} as ${node.patterns.map(pattern).join(' ?// ')} | ${query(node.body)}`
    default:
      return commas(node)
  }
}

function commas(node: Expression): string {
  if (node.kind !== 'comma') return operand(node, 0)
  return `${commas(node.left)}, ${operand(node.right, 0)}`
}

const levelOf: Readonly<Record<string, number>> = {
  '//': levels.alternative,
  or: levels.or,
  and: levels.and,
  '+': levels.add,
  '-': levels.add,
  '*': levels.multiply,
  '/': levels.multiply,
  '%': levels.multiply,
}

/** An operand where operators of at least `level` may stand bare. */
function operand(node: Expression, level: number): string {
  if (node.kind !== 'binary' && node.kind !== 'logic' && node.kind !== 'assign') return term(node)
  const { kind, operator } = node
  const own = kind === 'assign' ? levels.assign : (levelOf[operator] ?? levels.compare)
  const chains = own !== levels.assign && own !== levels.compare
  const rightward = own === levels.alternative
  const left = operand(node.left, chains && !rightward ? own : own + 1)
  const right = operand(node.right, rightward ? own : own + 1)
  const text = `${left} ${operator} ${right}`
  return own < level ? `(${text})` : text
}

function term(node: Expression): string {
  switch (node.kind) {
    case 'identity':
      return '.'
    case 'recurse':
      return '..'
    case 'constant':
      return String(node.value)
    case 'number':
      return node.text
    case 'string':
      return string(node)
    case 'format':
      return `@${node.name}`
    case 'location':
      return '$__loc__'
    case 'variable':
      return `$${node.name}`
    case 'index':
      return index(node)
    case 'slice':
      return slice(node)
    case 'iterate':
      return `${target(node.target)}[]${node.optional ? '?' : ''}`
    case 'negate':
      return `-${negated(node.operand)}`
    case 'array':
      return node.body ? `[${query(node.body)}]` : '[]'
    case 'object':
      return node.entries.length === 0 ? '{}' : `{${node.entries.map(entry).join(', ')}}`
    case 'if':
      return `${branches(node)} end`
    case 'try':
      return tryTerm(node)
    case 'reduce':
      return `reduce ${loopHead(node)} (${query(node.initial)}; ${query(node.update)})`
    case 'foreach': {
      const extract = node.extract ? `; ${query(node.extract)}` : ''
      return `foreach ${loopHead(node)} (${query(node.initial)}; ${query(node.update)}${extract})`
    }
    case 'break':
      return `break $${node.name}`
    case 'call':
      return node.args.length === 0 ? node.name : `${node.name}(${node.args.map(query).join('; ')})`
    default:
      return `(${query(node)})`
  }
}

const bare: ReadonlySet<Expression['kind']> = new Set([
  'identity',
  'variable',
  'index',
  'slice',
  'iterate',
  'call',
  'string',
  'array',
  'object',
])

/** A term that something may be appended to. */
function target(node: Expression): string {
  if (bare.has(node.kind) || (node.kind === 'try' && node.postfix)) return term(node)
  return `(${query(node)})`
}

const plainName = /^[a-zA-Z_][a-zA-Z_0-9]*$/

function index(node: Extract<Expression, { kind: 'index' }>): string {
  const { index: key, optional } = node
  const end = optional ? '?' : ''
  const before = target(node.target)
  const name = key.kind === 'string' && key.format === undefined && key.parts.length === 1 ? key.parts[0] : undefined
  if (typeof name !== 'string' || !plainName.test(name)) return `${before}[${query(key)}]${end}`
  return `${before === '.' ? '' : before}.${name}${end}`
}

function slice(node: Extract<Expression, { kind: 'slice' }>): string {
  const from = node.from ? query(node.from) : ''
  const to = node.to ? query(node.to) : ''
  return `${target(node.target)}[${from}:${to}]${node.optional ? '?' : ''}`
}

function negated(operandNode: Expression): string {
  return operandNode.kind === 'binary' || operandNode.kind === 'logic' || operandNode.kind === 'assign'
    ? `(${query(operandNode)})`
    : term(operandNode)
}

function branches(node: Extract<Expression, { kind: 'if' }>): string {
  const head = `if ${query(node.condition)} then ${query(node.then)}`
  if (!node.otherwise) return head
  if (node.otherwise.kind === 'if') return `${head} el${branches(node.otherwise)}`
  return `${head} else ${query(node.otherwise)}`
}

function tryTerm({ body, handler, postfix }: Extract<Expression, { kind: 'try' }>): string {
  if (postfix && !handler) return optionalTerm(body)
  const attempt = `try ${protectedTerm(body)}`
  return handler ? `${attempt} catch ${protectedTerm(handler)}` : attempt
}

/** `?` after an index would belong to the index alone, so what it wraps goes into parentheses. */
function optionalTerm(body: Expression): string {
  const ambiguous = (body.kind === 'index' || body.kind === 'slice' || body.kind === 'iterate') && !body.optional
  return ambiguous ? `(${query(body)})?` : `${target(body)}?`
}

/** A `try` at the end of a `try` would take the outer `catch`. */
function protectedTerm(node: Expression): string {
  return endsInTry(node) ? `(${query(node)})` : operand(node, levels.multiply + 1)
}

function endsInTry(node: Expression): boolean {
  return node.kind === 'negate' ? endsInTry(node.operand) : node.kind === 'try' && !node.postfix
}

function loopHead(node: Extract<Expression, { kind: 'reduce' | 'foreach' }>): string {
  return `${oldTerm(node.source)} as ${node.patterns.map(pattern).join(' ?// ')}`
}

function entry({ key, value }: ObjectEntry): string {
  return value ? `${entryKey(key)}: ${entryValue(value)}` : entryKey(key)
}

function entryValue(node: Expression): string {
  if (node.kind !== 'pipe') return oldTerm(node)
  return `${oldTerm(node.left)} | ${entryValue(node.right)}`
}

const notTermsBefore17: ReadonlySet<Expression['kind']> = new Set(['if', 'reduce', 'foreach', 'negate'])

/** Before `as` and in objects jq up to 1.7 takes a term only, and reads `1 + 2 as $x` as `1 + (2 as $x`: parentheses mean the same to all. */
function oldTerm(node: Expression): string {
  const isTerm = !notTermsBefore17.has(node.kind) && !(node.kind === 'try' && !node.postfix)
  return isTerm ? operand(node, levels.multiply + 1) : `(${query(node)})`
}

function entryKey(key: EntryKey): string {
  switch (key.kind) {
    case 'name':
      return plainName.test(key.name) || keywords.has(key.name) ? key.name : quote(key.name)
    case 'variable':
      return `$${key.name}`
    case 'location':
      return '$__loc__'
    case 'string':
      return string(key)
    case 'computed':
      return `(${query(key.expression)})`
  }
}

function pattern(node: Pattern): string {
  if (node.kind === 'variable') return `$${node.name}`
  if (node.kind === 'array') return `[${node.elements.map(pattern).join(', ')}]`
  const entries = node.entries.map(each =>
    each.pattern ? `${entryKey(each.key)}: ${pattern(each.pattern)}` : entryKey(each.key),
  )
  return `{${entries.join(', ')}}`
}

function string({ format: name, parts }: StringExpression | Extract<EntryKey, { kind: 'string' }>): string {
  const inner = parts.map(part => (typeof part === 'string' ? quote(part).slice(1, -1) : `\\(${query(part)})`))
  return `${name === undefined ? '' : `@${name} `}"${inner.join('')}"`
}

function quote(text: string): string {
  return JSON.stringify(text)
}
