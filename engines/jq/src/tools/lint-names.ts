import { nearest } from '@super-data/base/nearest'
import { builtinNames, isBuiltin } from '../builtins/registry.ts'
import type { Ast, Definition, Expression, Pattern, Span } from '../syntax/ast.ts'
import { childrenOf, patternExpressions } from '../syntax/walk.ts'
import type { IssueList } from './issue.ts'

interface Known {
  readonly functions?: readonly string[]
  readonly variables?: readonly string[]
}

/** A name somebody gave, and whether anybody used it. */
interface Binding {
  readonly kind: 'variable' | 'function' | 'argument'
  readonly name: string
  readonly arity: number
  readonly span: Span
  used: boolean
}

interface Names {
  readonly binding: Binding
  readonly outer: Names | undefined
}

/** Functions and variables nobody defines, nobody uses, or that hide a builtin. */
export function lintNames(ast: Ast, known: Known, issues: IssueList): void {
  new NameLinter(ast, known, issues).program(ast)
}

class NameLinter {
  readonly #issues: IssueList
  readonly #functions: ReadonlySet<string>
  readonly #variables: ReadonlySet<string>
  readonly #imports: Ast['imports']

  constructor(ast: Ast, { functions = [], variables = [] }: Known, issues: IssueList) {
    this.#issues = issues
    this.#functions = new Set(functions)
    const data = ast.imports.flatMap(({ alias }) => (alias?.data ? [alias.name, `${alias.name}::${alias.name}`] : []))
    this.#variables = new Set(['ENV', ...variables, ...data])
    this.#imports = ast.imports
  }

  program({ definitions, body }: Ast): void {
    let names: Names | undefined
    const bindings: Binding[] = []
    for (const definition of definitions) {
      names = this.#define(definition, names)
      bindings.push(names.binding)
    }
    if (body) this.#visit(body, names)
    // Without a body it is a module, whose functions are for others.
    if (body) for (const binding of bindings) this.#reportUnused(binding)
  }

  #define(definition: Definition, outer: Names | undefined): Names {
    const { name, params, body } = definition
    const binding: Binding = { kind: 'function', name, arity: params.length, span: definition, used: false }
    const names: Names = { binding, outer }
    if (isBuiltin(`${name}/${params.length}`)) this.#reportShadow(binding)
    let inner = names
    for (const param of params) {
      inner = { binding: { kind: 'argument', name: param.name, arity: 0, span: param, used: false }, outer: inner }
      if (!param.value) continue
      inner = { binding: { kind: 'variable', name: param.name, arity: 0, span: param, used: true }, outer: inner }
    }
    this.#visit(body, inner)
    // A function that only calls itself is not used.
    binding.used = false
    return names
  }

  #visit(node: Expression, names: Names | undefined): void {
    switch (node.kind) {
      case 'call':
        this.#call(node, names)
        break
      case 'variable':
        this.#variable(node.name, node, names)
        break
      case 'object':
        for (const { key } of node.entries) if (key.kind === 'variable') this.#variable(key.name, key, names)
        break
      case 'define': {
        const inner = this.#define(node.definition, names)
        this.#visit(node.body, inner)
        this.#reportUnused(inner.binding)
        return
      }
      case 'as':
      case 'reduce':
      case 'foreach':
        this.#binding(node, names)
        return
    }
    for (const child of childrenOf(node)) this.#visit(child, names)
  }

  #binding(node: Extract<Expression, { kind: 'as' | 'reduce' | 'foreach' }>, names: Names | undefined): void {
    const bindings = uniqueBindings(node.patterns.flatMap(patternBindings))
    const inner = bindings.reduce<Names | undefined>((outer, binding) => ({ binding, outer }), names)
    this.#visit(node.source, names)
    for (const key of node.patterns.flatMap(patternExpressions)) this.#visit(key, inner)
    if (node.kind === 'as') {
      this.#visit(node.body, inner)
    } else {
      this.#visit(node.initial, names)
      this.#visit(node.update, inner)
      if (node.kind === 'foreach' && node.extract) this.#visit(node.extract, inner)
    }
    for (const binding of bindings) this.#reportUnused(binding)
  }

  #call(node: Extract<Expression, { kind: 'call' }>, names: Names | undefined): void {
    const { name, args } = node
    for (let at = names; at; at = at.outer) {
      const { binding } = at
      if (binding.kind === 'variable' || binding.name !== name || binding.arity !== args.length) continue
      binding.used = true
      return
    }
    const key = `${name}/${args.length}`
    if (this.#functions.has(key) || isBuiltin(key) || this.#mayBeImported(name)) return
    this.#reportUnknown(node, names)
  }

  /** What a module defines is not known here. */
  #mayBeImported(name: string): boolean {
    const prefix = name.includes('::') ? name.split('::')[0] : undefined
    return this.#imports.some(({ alias }) => !alias?.data && alias?.name === prefix)
  }

  #reportUnknown(node: Extract<Expression, { kind: 'call' }>, names: Names | undefined): void {
    const { name, args } = node
    const own: string[] = []
    for (let at = names; at; at = at.outer) {
      if (at.binding.kind !== 'variable') own.push(`${at.binding.name}/${at.binding.arity}`)
    }
    const known = [...own, ...this.#functions, ...builtinNames()]
    const arities = known.filter(each => each.startsWith(`${name}/`)).map(each => Number(each.split('/')[1]))
    const severity = 'error'
    if (arities.length > 0) {
      const takes = arities.toSorted((a, b) => a - b).join(' or ')
      const message = `${name} takes ${takes} argument${takes === '1' ? '' : 's'}, not ${args.length}`
      this.#issues.add({ rule: 'wrong-arity', message, severity }, node)
      return
    }
    const near = nearest(name, [...new Set(known.map(each => each.split('/')[0]!))])
    const suggestion = near === undefined ? {} : { suggestion: near }
    const message = `${name}/${args.length} is not defined${near === undefined ? '' : `; did you mean ${near}?`}`
    this.#issues.add({ rule: 'unknown-function', message, severity, ...suggestion }, node)
  }

  #variable(name: string, span: Span, names: Names | undefined): void {
    const own: string[] = []
    for (let at = names; at; at = at.outer) {
      if (at.binding.kind !== 'variable') continue
      if (at.binding.name === name) {
        at.binding.used = true
        return
      }
      own.push(at.binding.name)
    }
    if (this.#variables.has(name)) return
    const near = nearest(name, [...own, ...this.#variables])
    const message = `$${name} is not defined${near === undefined ? '' : `; did you mean $${near}?`}`
    const suggestion = near === undefined ? {} : { suggestion: `$${near}` }
    this.#issues.add({ rule: 'unknown-variable', message, severity: 'error', ...suggestion }, span)
  }

  #reportUnused({ kind, name, arity, span, used }: Binding): void {
    if (used || name.startsWith('_')) return
    if (kind === 'variable') {
      const issue = { message: `$${name} is never used`, suggestion: `Call it $_${name} if that is meant.` }
      this.#issues.add({ rule: 'unused-variable', severity: 'warning', ...issue }, span)
    } else {
      const message = `${name}/${arity} is never used`
      this.#issues.add({ rule: 'unused-function', message, severity: 'warning' }, span)
    }
  }

  #reportShadow({ name, arity, span }: Binding): void {
    const message = `${name}/${arity} hides the builtin of that name`
    const suggestion = 'Give it another name.'
    this.#issues.add({ rule: 'shadowed-builtin', message, severity: 'info', suggestion }, span)
  }
}

function patternBindings(pattern: Pattern): Binding[] {
  if (pattern.kind === 'variable') return [variableBinding(pattern.name, pattern)]
  if (pattern.kind === 'array') return pattern.elements.flatMap(patternBindings)
  return pattern.entries.flatMap(({ key, pattern: part }) => [
    ...(key.kind === 'variable' ? [variableBinding(key.name, key)] : []),
    ...(part ? patternBindings(part) : []),
  ])
}

function variableBinding(name: string, span: Span): Binding {
  return { kind: 'variable', name, arity: 0, span, used: false }
}

/** Alternatives of a pattern bind the same names: each counts once. */
function uniqueBindings(bindings: readonly Binding[]): Binding[] {
  const byName = new Map<string, Binding>()
  for (const binding of bindings) if (!byName.has(binding.name)) byName.set(binding.name, binding)
  return [...byName.values()]
}
