import { isBuiltin } from './builtins/registry.ts'
import type { Position } from './errors.ts'
import { type Surrounding, surroundingOf } from './surroundings.ts'
import type { Ast, Definition, Expression, Span } from './syntax/ast.ts'
import { guardDepth } from './syntax/nesting.ts'
import { positionAt } from './syntax/position.ts'
import { childrenOf, patternExpressions, patternNames } from './syntax/walk.ts'

/** A call, and where the text has it. */
export interface FunctionUse {
  readonly name: string
  readonly arity: number
  readonly position: Position
}

/** A variable, without its `$`, and where the text has it. */
export interface VariableUse {
  readonly name: string
  readonly position: Position
}

/** Something a policy can rule out, and where the text has it. */
export interface ConstructUse {
  readonly construct: string
  readonly surrounding: Surrounding
  readonly position: Position
}

/** What a program or a definition uses and does. */
export interface Analysis {
  /** Calls that neither a builtin nor anything in the text answers; each place once. */
  readonly functions: readonly FunctionUse[]
  /** Variables nobody in the text binds, `$ENV` and `$__loc__` excepted. */
  readonly variables: readonly VariableUse[]
  /** The same input always gives the same outputs and nothing else happens. */
  readonly pure: boolean
  /** Everything a policy can rule out. */
  readonly forbidden: readonly ConstructUse[]
  /** Advice about cost. */
  readonly hints: readonly string[]
}

/** What a program or a definition uses and does, without running it. */
export function analyse(ast: Ast | Definition, text = ast.kind === 'program' ? ast.text : ''): Analysis {
  return guardDepth(text, () => new Analyst(text).analyse(ast))
}

/** Builtins whose answer depends on more than their input. */
const impure: ReadonlySet<string> = new Set(['now/0', 'localtime/0', 'strflocaltime/1'])

/** The names in sight, the nearest first: functions as `name/arity`, variables as `$name`. */
interface Names {
  readonly name: string
  readonly outer: Names | undefined
}

function withNames(
  names: Names | undefined,
  functions: readonly string[],
  variables: readonly string[],
): Names | undefined {
  const added = [...functions, ...variables.map(name => `$${name}`)]
  return added.reduce<Names | undefined>((outer, name) => ({ name, outer }), names)
}

function knows(names: Names | undefined, name: string): boolean {
  for (let at = names; at; at = at.outer) if (at.name === name) return true
  return false
}

class Analyst {
  readonly #text: string
  readonly #functions: FunctionUse[] = []
  readonly #variables: VariableUse[] = []
  readonly #forbidden: ConstructUse[] = []
  readonly #hints = new Set<string>()
  #pure = true

  constructor(text: string) {
    this.#text = text
  }

  analyse(ast: Ast | Definition): Analysis {
    const names = withNames(undefined, [], ['ENV', '__loc__'])
    if (ast.kind === 'definition') this.#definition(ast, names)
    else this.#program(ast, names)
    return {
      functions: this.#functions,
      variables: this.#variables,
      pure: this.#pure,
      forbidden: this.#forbidden,
      hints: [...this.#hints],
    }
  }

  #program(ast: Ast, start: Names | undefined): void {
    let names = start
    for (const { alias, start: at, end } of ast.imports) {
      this.#use(alias ? 'import' : 'include', 'modules', { start: at, end })
      if (alias?.data) names = withNames(names, [], [alias.name, `${alias.name}::${alias.name}`])
    }
    for (const definition of ast.definitions) {
      this.#definition(definition, names)
      names = withNames(names, [keyOf(definition)], [])
    }
    if (ast.body) this.#visit(ast.body, names)
  }

  #place(span: Span): Position {
    return positionAt(this.#text, span.start)
  }

  #use(construct: string, surrounding: Surrounding, span: Span): void {
    this.#forbidden.push({ construct, surrounding, position: this.#place(span) })
    this.#pure = false
  }

  #definition(definition: Definition, names: Names | undefined): void {
    const values = definition.params.filter(param => param.value).map(param => param.name)
    const params = definition.params.map(param => `${param.name}/0`)
    this.#visit(definition.body, withNames(names, [keyOf(definition), ...params], values))
  }

  #visit(node: Expression, names: Names | undefined): void {
    this.#advise(node)
    switch (node.kind) {
      case 'call':
        this.#call(node, names)
        break
      case 'variable':
        this.#variable(node.name, node, names)
        break
      case 'object':
        for (const { key, value } of node.entries) {
          if (key.kind === 'variable') this.#variable(key.name, key, names)
          else if (key.kind === 'name' && !value) continue
        }
        break
      case 'define':
        this.#definition(node.definition, names)
        this.#visit(node.body, withNames(names, [keyOf(node.definition)], []))
        return
      case 'as':
      case 'reduce':
      case 'foreach':
        this.#binding(node, names)
        return
    }
    for (const child of childrenOf(node)) this.#visit(child, names)
  }

  #binding(node: Extract<Expression, { kind: 'as' | 'reduce' | 'foreach' }>, names: Names | undefined): void {
    const inner = withNames(names, [], node.patterns.flatMap(patternNames))
    this.#visit(node.source, names)
    for (const key of node.patterns.flatMap(patternExpressions)) this.#visit(key, inner)
    if (node.kind === 'as') {
      this.#visit(node.body, inner)
      return
    }
    this.#visit(node.initial, names)
    this.#visit(node.update, inner)
    if (node.kind === 'foreach' && node.extract) this.#visit(node.extract, inner)
  }

  #call(node: Extract<Expression, { kind: 'call' }>, names: Names | undefined): void {
    const key = `${node.name}/${node.args.length}`
    if (knows(names, key)) return
    const surrounding = surroundingOf(key)
    if (surrounding) this.#use(node.name, surrounding, node)
    if (impure.has(key)) this.#pure = false
    if (isBuiltin(key)) return
    this.#functions.push({ name: node.name, arity: node.args.length, position: this.#place(node) })
  }

  #variable(name: string, span: Span, names: Names | undefined): void {
    if (name === 'ENV') this.#use('$ENV', 'env', span)
    if (!knows(names, `$${name}`)) this.#variables.push({ name, position: this.#place(span) })
  }

  #advise(node: Expression): void {
    if (node.kind === 'recurse') this.#hints.add('.. visits every value of the input.')
    if (node.kind !== 'call') return
    if (node.name === 'walk') this.#hints.add('walk rebuilds the whole input.')
    if (node.name === 'combinations') this.#hints.add('combinations grows with the product of the list lengths.')
    if (/^(?:sort|group_by|sort_by|unique|unique_by)$/.test(node.name)) {
      this.#hints.add(`${node.name} holds and orders all elements at once.`)
    }
  }
}

function keyOf(definition: Definition): string {
  return `${definition.name}/${definition.params.length}`
}
