import type { Ast, Definition, EntryKey, Expression, Pattern, Span } from '../syntax/ast.ts'
import { constantValue, isConstant } from '../syntax/constant.ts'
import { keyExpressions } from '../syntax/walk.ts'
import { arrayOf, computed, elementPath, fieldPath, merge, objectOf, type PathShape, wholeInput } from './path-shape.ts'

/** One step into the input: which field of which places, and where the program takes it. */
export interface PathAccess {
  readonly path: string
  readonly parent: string
  /** `undefined`: the elements. */
  readonly key: string | undefined
  readonly span: Span
}

/** A function in sight: a definition with the names around it, or an argument with those of its caller. */
interface Callable {
  readonly name: string
  readonly arity: number
  readonly body: Expression
  readonly params: Definition['params']
  readonly names: () => Names
}

interface Names {
  readonly functions: readonly Callable[]
  readonly variables: ReadonlyMap<string, PathShape>
}

/** Builtins that hand on what they get, or part of it, unchanged. */
const passing: ReadonlySet<string> = new Set(
  'arrays objects iterables scalars booleans numbers strings nulls values finites normals debug stderr'.split(' '),
)
/** Builtins that run their arguments on something else than their input. */
const wandering: ReadonlySet<string> = new Set(
  'walk recurse until while repeat with_entries paths fromstream truncate_stream JOIN'.split(' '),
)
const byElement: ReadonlySet<string> = new Set('sort_by group_by unique_by min_by max_by INDEX any all'.split(' '))
const callDepthMax = 24
/** Programs that multiply, by calls or by commas, are given up as unknown beyond so many steps and places. */
const visitsMax = 50_000
const placesMax = 500

/** Follows a program and notes what it takes from its input. Takes both branches of everything. */
export class PathReader {
  readonly accesses: PathAccess[] = []
  /** Paths whose whole value is used. */
  readonly used = new Set<string>()
  /** Something is read that cannot be told before the program runs. */
  unknown = false
  readonly #seen = new Set<string>()
  readonly #calls: Expression[] = []
  #visits = 0

  read(ast: Ast | Definition): void {
    let names: Names = { functions: [], variables: new Map() }
    const definitions = ast.kind === 'program' ? ast.definitions : [ast]
    for (const definition of definitions) names = this.#defined(definition, names)
    const { body } = ast
    if (ast.kind === 'program' && ast.imports.length > 0) this.unknown = true
    if (body) this.#use(this.#visit(body, wholeInput, names))
    else if (ast.kind === 'program' && definitions.length === 0) this.#use(wholeInput)
  }

  #defined({ name, params, body }: Definition, names: Names): Names {
    const own: Names = {
      ...names,
      functions: [...names.functions, { name, arity: params.length, body, params, names: () => own }],
    }
    return own
  }

  #note(path: string, parent: string, key: string | undefined, span: Span): void {
    const mark = `${span.start} ${path}`
    if (this.#seen.has(mark)) return
    this.#seen.add(mark)
    this.accesses.push({ path, parent, key, span })
  }

  #field(shape: PathShape, key: string, span: Span): PathShape {
    const places = new Set<string>()
    for (const parent of shape.places) {
      const path = fieldPath(parent, key)
      places.add(path)
      this.#note(path, parent, key, span)
    }
    const inner = shape.fields?.get(key) ?? shape.elements
    return inner ? merge({ places }, inner) : { places }
  }

  #each(shape: PathShape, span: Span): PathShape {
    const places = new Set<string>()
    for (const parent of shape.places) {
      const path = elementPath(parent)
      places.add(path)
      this.#note(path, parent, undefined, span)
    }
    const inner = [...(shape.fields?.values() ?? []), ...(shape.elements ? [shape.elements] : [])]
    return inner.reduce<PathShape>((all, each) => merge(all, each), { places })
  }

  /** The whole value is looked at. */
  #use(shape: PathShape, depth = 0): void {
    for (const path of shape.places) this.used.add(path)
    if (depth > 8) return
    for (const field of shape.fields?.values() ?? []) this.#use(field, depth + 1)
    if (shape.elements) this.#use(shape.elements, depth + 1)
  }

  #used(node: Expression | undefined, at: PathShape, names: Names): PathShape {
    if (node) this.#use(this.#visit(node, at, names))
    return computed
  }

  #visit(node: Expression, at: PathShape, names: Names): PathShape {
    if (++this.#visits > visitsMax || at.places.size > placesMax) return this.#giveUp(at)
    switch (node.kind) {
      case 'identity':
        return at
      case 'recurse':
      case 'format':
        this.#use(at)
        return computed
      case 'string':
        for (const part of node.parts) if (typeof part !== 'string') this.#used(part, at, names)
        return computed
      case 'variable':
        return names.variables.get(node.name) ?? computed
      case 'index':
        return this.#index(node, at, names)
      case 'slice':
        this.#used(node.from, at, names)
        this.#used(node.to, at, names)
        return this.#visit(node.target, at, names)
      case 'iterate':
        return this.#each(this.#visit(node.target, at, names), node)
      case 'negate':
        return this.#used(node.operand, at, names)
      case 'array':
        return node.body ? arrayOf(this.#visit(node.body, at, names)) : computed
      case 'object':
        return this.#object(node, at, names)
      case 'pipe':
        return this.#visit(node.right, this.#visit(node.left, at, names), names)
      case 'comma':
        return merge(this.#visit(node.left, at, names), this.#visit(node.right, at, names))
      case 'logic':
        return this.#logic(node, at, names)
      case 'binary':
        this.#used(node.left, at, names)
        return this.#used(node.right, at, names)
      case 'assign':
        return this.#assign(node, at, names)
      case 'if':
        this.#used(node.condition, at, names)
        return merge(this.#visit(node.then, at, names), node.otherwise ? this.#visit(node.otherwise, at, names) : at)
      case 'try':
        return merge(
          this.#visit(node.body, at, names),
          node.handler ? this.#visit(node.handler, computed, names) : computed,
        )
      case 'as':
        return this.#visit(node.body, at, this.#bound(node.patterns, this.#visit(node.source, at, names), at, names))
      case 'reduce':
      case 'foreach':
        return this.#loop(node, at, names)
      case 'define':
        return this.#visit(node.body, at, this.#defined(node.definition, names))
      case 'label':
        return this.#visit(node.body, at, names)
      case 'call':
        return this.#call(node, at, names)
      default:
        return computed
    }
  }

  #giveUp(at: PathShape): PathShape {
    this.unknown = true
    this.#use(at)
    return computed
  }

  #index(node: Extract<Expression, { kind: 'index' }>, at: PathShape, names: Names): PathShape {
    const target = this.#visit(node.target, at, names)
    if (isConstant(node.index)) return this.#fixedIndex(target, constantValue(node.index), node)
    this.#used(node.index, at, names)
    if (target.places.size > 0) this.unknown = true
    this.#use(target)
    return target.elements ?? computed
  }

  #fixedIndex(target: PathShape, key: unknown, node: Expression): PathShape {
    if (typeof key === 'string') return this.#field(target, key, node)
    if (typeof key === 'number') return this.#each(target, node)
    this.#use(target)
    return computed
  }

  #object({ entries }: Extract<Expression, { kind: 'object' }>, at: PathShape, names: Names): PathShape {
    const fields = new Map<string, PathShape>()
    let others: PathShape | undefined
    for (const { key, value, start, end } of entries) {
      for (const part of keyExpressions(key)) this.#used(part, at, names)
      const name = fixedName(key)
      const shape = value ? this.#visit(value, at, names) : this.#shorthand(key, at, names, { start, end })
      if (name === undefined) others = others ? merge(others, shape) : shape
      else fields.set(name, shape)
    }
    return objectOf(fields, others)
  }

  /** `{a}`, `{"a"}`, `{$x}`. */
  #shorthand(key: EntryKey, at: PathShape, names: Names, span: Span): PathShape {
    if (key.kind === 'variable') return names.variables.get(key.name) ?? computed
    const name = fixedName(key)
    if (name !== undefined) return this.#field(at, name, span)
    if (key.kind === 'string') this.unknown = true
    this.#use(at)
    return computed
  }

  #logic(node: Extract<Expression, { kind: 'logic' }>, at: PathShape, names: Names): PathShape {
    if (node.operator === '//') return merge(this.#visit(node.left, at, names), this.#visit(node.right, at, names))
    this.#used(node.left, at, names)
    return this.#used(node.right, at, names)
  }

  #assign(node: Extract<Expression, { kind: 'assign' }>, at: PathShape, names: Names): PathShape {
    const target = this.#visit(node.left, at, names)
    this.#used(node.right, node.operator === '|=' ? target : at, names)
    return at
  }

  #loop(node: Extract<Expression, { kind: 'reduce' | 'foreach' }>, at: PathShape, names: Names): PathShape {
    const inner = this.#bound(node.patterns, this.#visit(node.source, at, names), at, names)
    const start = this.#visit(node.initial, at, names)
    const first = merge(start, this.#visit(node.update, start, inner))
    const known = this.accesses.length
    const state = merge(first, this.#visit(node.update, first, inner))
    // Still something new in the second turn: nobody knows where a hundredth would lead.
    if (this.accesses.length > known) {
      this.unknown = true
      this.#use(start)
    }
    return node.kind === 'foreach' && node.extract ? this.#visit(node.extract, state, inner) : state
  }

  #bound(patterns: readonly Pattern[], shape: PathShape, at: PathShape, names: Names): Names {
    const variables = new Map(names.variables)
    for (const pattern of patterns) this.#bind(pattern, shape, at, { ...names, variables }, variables)
    return { ...names, variables }
  }

  #bind(pattern: Pattern, shape: PathShape, at: PathShape, names: Names, into: Map<string, PathShape>): void {
    if (pattern.kind === 'variable') {
      into.set(pattern.name, shape)
    } else if (pattern.kind === 'array') {
      for (const element of pattern.elements) this.#bind(element, this.#each(shape, element), at, names, into)
    } else {
      for (const { key, pattern: part, start, end } of pattern.entries) {
        for (const inner of keyExpressions(key)) this.#used(inner, at, names)
        const name = key.kind === 'variable' ? key.name : fixedName(key)
        const value = name === undefined ? this.#anyField(shape) : this.#field(shape, name, { start, end })
        if (key.kind === 'variable') into.set(key.name, value)
        if (part) this.#bind(part, value, at, names, into)
      }
    }
  }

  #anyField(shape: PathShape): PathShape {
    if (shape.places.size > 0) this.unknown = true
    this.#use(shape)
    return shape.elements ?? computed
  }

  #call(node: Extract<Expression, { kind: 'call' }>, at: PathShape, names: Names): PathShape {
    const { name, args } = node
    const own = names.functions.findLast(each => each.name === name && each.arity === args.length)
    return own ? this.#callOwn(own, args, at, names) : this.#callBuiltin(node, at, names)
  }

  #callOwn(callee: Callable, args: readonly Expression[], at: PathShape, names: Names): PathShape {
    const isRecursive = this.#calls.includes(callee.body) && callee.params.length + args.length > 0
    if (
      isRecursive ||
      this.#calls.filter(each => each === callee.body).length > 1 ||
      this.#calls.length > callDepthMax
    ) {
      this.unknown ||= at.places.size > 0
      this.#use(at)
      for (const arg of args) this.#used(arg, at, names)
      return computed
    }
    const variables = new Map(callee.names().variables)
    const functions = [...callee.names().functions]
    for (const [index, param] of callee.params.entries()) {
      const arg = args[index]!
      functions.push({ name: param.name, arity: 0, body: arg, params: [], names: () => names })
      if (param.value) variables.set(param.name, this.#visit(arg, at, names))
    }
    this.#calls.push(callee.body)
    const shape = this.#visit(callee.body, at, { functions, variables })
    this.#calls.pop()
    return shape
  }

  #callBuiltin(node: Extract<Expression, { kind: 'call' }>, at: PathShape, names: Names): PathShape {
    const { name, args } = node
    const [first, second] = args
    const key = `${name}/${args.length}`
    if (passing.has(name)) {
      for (const arg of args) this.#used(arg, at, names)
      return at
    }
    if (byElement.has(name) && args.length === 1) return this.#ofElements(name, first!, at, names, node)
    switch (key) {
      case 'empty/0':
      case 'now/0':
      case 'env/0':
        return computed
      case 'length/0':
      case 'keys/0':
      case 'keys_unsorted/0':
        for (const path of at.places) this.used.add(path)
        return computed
      case 'input/0':
      case 'inputs/0':
        this.unknown = true
        return computed
      case 'first/0':
      case 'last/0':
      case 'add/0':
        return this.#each(at, node)
      case 'reverse/0':
        return at
      case 'sort/0':
      case 'unique/0':
        this.#use(at)
        return at
      case 'select/1':
        this.#used(first, at, names)
        return at
      case 'map/1':
      case 'map_values/1':
        return arrayOf(this.#visit(first!, this.#each(at, node), names))
      case 'first/1':
      case 'last/1':
      case 'add/1':
      case 'path/1':
      case 'isempty/1':
        return this.#visit(first!, at, names)
      case 'del/1':
        this.#visit(first!, at, names)
        return at
      case 'limit/2':
      case 'skip/2':
      case 'nth/2':
        this.#used(first, at, names)
        return this.#visit(second!, at, names)
      case 'any/2':
      case 'all/2':
        return this.#used(second, this.#visit(first!, at, names), names)
      case 'to_entries/0':
        return arrayOf(objectOf(new Map([['value', this.#each(at, node)]])))
      case 'from_entries/0':
        return this.#fromEntries(at, node)
      case 'has/1':
      case 'getpath/1':
        return this.#fixedPath(node, first!, at, names)
      default:
        return this.#otherBuiltin(node, at, names)
    }
  }

  #ofElements(name: string, key: Expression, at: PathShape, names: Names, node: Expression): PathShape {
    const element = this.#each(at, node)
    this.#used(key, element, names)
    if (name === 'group_by') return arrayOf(arrayOf(element))
    if (name === 'min_by' || name === 'max_by') return element
    return name === 'any' || name === 'all' ? computed : arrayOf(element)
  }

  #fromEntries(at: PathShape, node: Expression): PathShape {
    const entry = this.#each(at, node)
    if (entry.places.size > 0) this.#use(entry)
    return arrayOf(entry.fields?.get('value') ?? computed)
  }

  #fixedPath(node: Extract<Expression, { kind: 'call' }>, path: Expression, at: PathShape, names: Names): PathShape {
    const keys = isConstant(path) ? [constantValue(path)].flat() : undefined
    if (keys) return keys.reduce<PathShape>((shape, key) => this.#fixedIndex(shape, key, node), at)
    this.#used(path, at, names)
    if (at.places.size > 0) this.unknown = true
    this.#use(at)
    return computed
  }

  #otherBuiltin({ name, args }: Extract<Expression, { kind: 'call' }>, at: PathShape, names: Names): PathShape {
    this.#use(at)
    for (const arg of args) this.#used(arg, wandering.has(name) ? computed : at, names)
    return computed
  }
}

function fixedName(key: EntryKey): string | undefined {
  if (key.kind === 'name') return key.name
  if (key.kind === 'variable') return key.name
  if (key.kind === 'string' && key.parts.every(part => typeof part === 'string')) return key.parts.join('')
  return undefined
}
