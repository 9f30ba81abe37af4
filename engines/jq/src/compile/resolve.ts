import { nearest } from '@super-data/base/nearest'
import { findFormat, formatNames } from '../builtins/formats.ts'
import { findPrelude } from '../builtins/prelude.ts'
import { builtinNames, planBuiltin } from '../builtins/registry.ts'
import {
  JqForbidden,
  JqSyntaxError,
  JqUnknownFunction,
  JqUnknownLabel,
  JqUnknownVariable,
  type Position,
} from '../errors.ts'
import { insideModule, type LoadedImport, type Module } from '../modules/load-modules.ts'
import { IndexPlan, IteratePlan, RecursePlan, SlicePlan } from '../plans/access.ts'
import { alternative, ModifyPlan, OperatePlan, SetPlan } from '../plans/assign.ts'
import {
  CommaPlan,
  EnvironmentPlan,
  GlobalPlan,
  IdentityPlan,
  LiteralPlan,
  PipePlan,
  VariablePlan,
} from '../plans/basic.ts'
import { type AlternativeBinding, AsPlan, type BindingPlan, type PatternPlan } from '../plans/binding.ts'
import { ArrayPlan, type EntryPlan, ObjectPlan, StringPlan, type TextPart } from '../plans/construct.ts'
import { BreakPlan, IfPlan, LabelPlan, TryPlan } from '../plans/control.ts'
import { ForeachPlan, ReducePlan } from '../plans/loops.ts'
import { AlternativePlan, BinaryPlan, LogicPlan, NegatePlan, operations } from '../plans/operators.ts'
import { type Surrounding, surroundingOf } from '../surroundings.ts'
import type { Ast, BinaryOperator, Definition, EntryKey, Expression, Pattern, Span } from '../syntax/ast.ts'
import { positionAt } from '../syntax/position.ts'
import { negate } from '../value/arithmetic.ts'
import { numberFromLiteral } from '../value/big-literal.ts'
import { describe, Raised } from '../value/raised.ts'
import type { JqObject, Value } from '../value/value.ts'
import { CallPlan, ParamPlan } from './calls.ts'
import { FunctionPlan, type Plan } from './plan.ts'
import { Scope } from './scope.ts'
import { type Origin, siteOf } from './site.ts'
import { callsAsFunction } from './uses.ts'

/** Turns a program into a plan: every name becomes the thing it means. */
export function resolveProgram(ast: Ast, settings: ResolveSettings): Plan {
  return new Resolver({ text: ast.text }, settings, new Map()).program(ast, settings.imports)
}

export interface ResolveSettings {
  /** Names that the caller of a run binds. */
  readonly globals: readonly string[]
  /** Whether the program may touch that part of its surroundings. */
  readonly permits: (surrounding: Surrounding) => boolean
  readonly imports: readonly LoadedImport[]
  /** Definitions that stand before the program, each a text of its own. */
  readonly definitions: readonly Ast[]
}

/** What modules define, each resolved once. */
type Exports = Map<Module, readonly FunctionPlan[]>

class Resolver {
  /** `undefined`: builtins, whose errors are those of whoever calls them. */
  readonly #origin: Origin | undefined
  readonly #globals: readonly string[]
  readonly #permits: ResolveSettings['permits']
  readonly #settings: ResolveSettings
  readonly #exports: Exports
  /** Builtins said in jq, resolved once for each program that uses them. */
  readonly #prelude = new Map<string, FunctionPlan>()

  constructor(origin: Origin | undefined, settings: ResolveSettings, exports: Exports) {
    this.#origin = origin
    this.#settings = settings
    this.#globals = settings.globals
    this.#permits = settings.permits
    this.#exports = exports
  }

  program({ definitions, body }: Ast, imports: readonly LoadedImport[]): Plan {
    let scope = this.#imported(imports, this.#given())
    for (const definition of definitions) scope = scope.fn(this.#define(definition, scope))
    return body ? this.#plan(body, scope) : new IdentityPlan()
  }

  /** What a module defines, as seen from outside. */
  module({ definitions }: Ast, imports: readonly LoadedImport[]): FunctionPlan[] {
    let scope = this.#imported(imports, new Scope())
    return definitions.map(definition => {
      const fn = this.#define(definition, scope)
      scope = scope.fn(fn)
      return fn
    })
  }

  /** What the definitions before the program define. */
  #given(): Scope {
    let scope = new Scope()
    for (const [index, { text, definitions }] of this.#settings.definitions.entries()) {
      const resolver = new Resolver({ text, definition: index }, this.#settings, this.#exports)
      for (const definition of definitions) scope = scope.fn(resolver.#define(definition, scope))
    }
    return scope
  }

  #imported(imports: readonly LoadedImport[], outer: Scope): Scope {
    let scope = outer
    for (const each of imports) {
      if (each.kind === 'data') {
        scope = scope.constant(each.alias, each.values).constant(`${each.alias}::${each.alias}`, each.values)
        continue
      }
      for (const fn of this.#exportsOf(each)) {
        scope = scope.fn(fn, each.alias === undefined ? fn.name : `${each.alias}::${fn.name}`)
      }
    }
    return scope
  }

  #exportsOf({ module, position }: Extract<LoadedImport, { kind: 'functions' }>): readonly FunctionPlan[] {
    const known = this.#exports.get(module)
    if (known) return known
    const { path, ast, imports } = module
    const resolver = new Resolver({ text: ast.text, module: path }, this.#settings, this.#exports)
    const functions = insideModule(path, position, () => resolver.module(ast, imports))
    this.#exports.set(module, functions)
    return functions
  }

  #position(span: Span): Position {
    return positionAt(this.#origin?.text ?? '', span.start)
  }

  #define(definition: Definition, scope: Scope): FunctionPlan {
    const params = definition.params.map(({ name, value }) => ({
      name,
      value,
      closure: !value || callsAsFunction(definition.body, name),
    }))
    const fn = new FunctionPlan(definition.name, params, scope.enclosing, scope.depth)
    let inner = scope.fn(fn).inside(fn)
    for (const { name, value, closure } of params) {
      if (closure) inner = inner.param(name, fn)
      if (value) inner = inner.variable(name)
    }
    fn.body = this.#plan(definition.body, inner)
    return fn
  }

  #plan(node: Expression, scope: Scope): Plan {
    const plan = this.#planOf(node, scope)
    if (this.#origin) plan.site ??= siteOf(node, this.#origin)
    return plan
  }

  #planOf(node: Expression, scope: Scope): Plan {
    switch (node.kind) {
      case 'identity':
        return new IdentityPlan()
      case 'recurse':
        return new RecursePlan()
      case 'constant':
        return new LiteralPlan(node.value)
      case 'number':
        return new LiteralPlan(numberFromLiteral(node.text))
      case 'string':
        return this.#string(node, scope)
      case 'format':
        return new StringPlan([{ plan: new IdentityPlan(), format: this.#format(node.name, node) }])
      case 'location':
        return new LiteralPlan({ file: '<top-level>', line: node.line })
      case 'variable':
        return this.#variable(node.name, node, scope)
      case 'index':
        return new IndexPlan(this.#plan(node.target, scope), this.#plan(node.index, scope), node.optional)
      case 'slice':
        return new SlicePlan(
          this.#plan(node.target, scope),
          this.#planOrNull(node.from, scope),
          this.#planOrNull(node.to, scope),
          node.optional,
        )
      case 'iterate':
        return new IteratePlan(this.#plan(node.target, scope), node.optional)
      case 'negate':
        return this.#negate(this.#plan(node.operand, scope))
      case 'array':
        return this.#array(node.body, scope)
      case 'object':
        return this.#object(node, scope)
      case 'pipe':
        return this.#pipe(this.#plan(node.left, scope), this.#plan(node.right, scope))
      case 'comma':
        return new CommaPlan(this.#plan(node.left, scope), this.#plan(node.right, scope))
      case 'binary':
        return this.#binary(node.operator, this.#plan(node.left, scope), this.#plan(node.right, scope))
      case 'logic':
        return this.#logic(node, scope)
      case 'assign':
        return this.#assign(node, scope)
      case 'if':
        return new IfPlan(
          this.#plan(node.condition, scope),
          this.#plan(node.then, scope),
          node.otherwise ? this.#plan(node.otherwise, scope) : new IdentityPlan(),
        )
      case 'try':
        return new TryPlan(this.#plan(node.body, scope), node.handler && this.#plan(node.handler, scope))
      case 'reduce':
      case 'foreach':
        return this.#loop(node, scope)
      case 'as': {
        const { binding, inner } = this.#binding(node.patterns, scope)
        return new AsPlan(this.#plan(node.source, scope), binding, this.#plan(node.body, inner))
      }
      case 'define':
        return this.#plan(node.body, scope.fn(this.#define(node.definition, scope)))
      case 'label':
        return new LabelPlan(this.#plan(node.body, scope.label(node.name)))
      case 'break':
        return this.#break(node, scope)
      case 'call':
        return this.#call(node, scope)
    }
  }

  #planOrNull(node: Expression | undefined, scope: Scope): Plan {
    return node ? this.#plan(node, scope) : new LiteralPlan(null)
  }

  #pipe(left: Plan, right: Plan): Plan {
    if (left instanceof IdentityPlan) return right
    return right instanceof IdentityPlan ? left : new PipePlan(left, right)
  }

  #negate(operand: Plan): Plan {
    const value = operand.constant()
    return typeof value === 'number' || typeof value === 'object'
      ? folded(() => negate(value), new NegatePlan(operand))
      : new NegatePlan(operand)
  }

  #binary(operator: BinaryOperator, left: Plan, right: Plan): Plan {
    const a = left.constant()
    const b = right.constant()
    const plan = new BinaryPlan(operator, left, right)
    return a === undefined || b === undefined ? plan : folded(() => operations[operator](a, b), plan)
  }

  #logic(node: Extract<Expression, { kind: 'logic' }>, scope: Scope): Plan {
    const left = this.#plan(node.left, scope)
    const right = this.#plan(node.right, scope)
    return node.operator === '//' ? new AlternativePlan(left, right) : new LogicPlan(node.operator, left, right)
  }

  #array(body: Expression | undefined, scope: Scope): Plan {
    if (!body) return new LiteralPlan([])
    const plan = this.#plan(body, scope)
    const values = constantList(plan)
    return values ? new LiteralPlan(values) : new ArrayPlan(plan)
  }

  #object(node: Extract<Expression, { kind: 'object' }>, scope: Scope): Plan {
    const entries = node.entries.map(({ key, value }) => this.#entry(key, value, scope))
    const plan = new ObjectPlan(entries)
    const constants = entries.map(entry => [entry.key.constant(), entry.value.constant()] as const)
    if (!constants.every(([key, value]) => typeof key === 'string' && key !== '__proto__' && value !== undefined))
      return plan
    return new LiteralPlan(Object.fromEntries(constants as [string, Value][]) as JqObject)
  }

  #entry(key: EntryKey, value: Expression | undefined, scope: Scope): EntryPlan {
    const keyPlan = this.#entryKey(key, value !== undefined, scope)
    if (value) return { key: keyPlan, value: this.#plan(value, scope) }
    if (key.kind === 'variable') return { key: keyPlan, value: this.#variable(key.name, key, scope) }
    if (key.kind === 'location')
      return { key: keyPlan, value: new LiteralPlan({ file: '<top-level>', line: key.line }) }
    return { key: keyPlan, value: new IndexPlan(new IdentityPlan(), keyPlan, false) }
  }

  #entryKey(key: EntryKey, hasValue: boolean, scope: Scope): Plan {
    switch (key.kind) {
      case 'name':
        return new LiteralPlan(key.name)
      case 'variable':
        return hasValue ? this.#variable(key.name, key, scope) : new LiteralPlan(key.name)
      case 'location':
        return new LiteralPlan('__loc__')
      case 'string':
        return this.#string(key, scope)
      case 'computed':
        return this.#computedKey(key.expression, scope)
    }
  }

  /** A key that is computed from constants alone and is no string is a mistake of the text. */
  #computedKey(expression: Expression, scope: Scope): Plan {
    const plan = this.#plan(expression, scope)
    const value = plan.constant()
    if (value === undefined || typeof value === 'string' || expression.kind === 'negate') return plan
    throw new JqSyntaxError(`Cannot use ${describe(value)} as object key`, this.#position(expression))
  }

  #string(node: Extract<EntryKey, { kind: 'string' }>, scope: Scope): Plan {
    if (node.parts.every(part => typeof part === 'string')) return new LiteralPlan(node.parts.join(''))
    const format = this.#format(node.format ?? 'text', node)
    const parts = node.parts.map(
      (part): TextPart => (typeof part === 'string' ? part : { plan: this.#plan(part, scope), format }),
    )
    return new StringPlan(parts)
  }

  #format(name: string, span: Span) {
    const format = findFormat(name)
    if (format) return format
    const near = nearest(name, formatNames())
    throw new JqSyntaxError(`${name} is not a valid format`, this.#position(span), near && `Did you mean @${near}?`)
  }

  #variable(name: string, span: Span, scope: Scope): Plan {
    const hops = scope.hopsTo('variable', name)
    if (hops !== undefined) return new VariablePlan(hops)
    const value = scope.findConstant(name)
    if (value !== undefined) return new LiteralPlan(value)
    const at = this.#globals.lastIndexOf(name)
    if (at >= 0) return new GlobalPlan(at)
    if (name === 'ENV') {
      this.#reach('$ENV', 'env', span)
      return new EnvironmentPlan()
    }
    const near = nearest(name, [...scope.names('variable'), ...scope.names('constant'), ...this.#globals, 'ENV'])
    throw new JqUnknownVariable({ name, position: this.#position(span), suggestion: near && `$${near}` })
  }

  #break(node: Extract<Expression, { kind: 'break' }>, scope: Scope): Plan {
    const hops = scope.hopsTo('label', node.name)
    if (hops !== undefined) return new BreakPlan(hops)
    const near = nearest(node.name, scope.names('label'))
    throw new JqUnknownLabel({ name: node.name, position: this.#position(node), suggestion: near && `$${near}` })
  }

  #assign(node: Extract<Expression, { kind: 'assign' }>, scope: Scope): Plan {
    const target = this.#plan(node.left, scope)
    const value = this.#plan(node.right, scope)
    switch (node.operator) {
      case '=':
        return new SetPlan(target, value)
      case '|=':
        return new ModifyPlan(target, value)
      case '//=':
        return new OperatePlan(target, value, alternative, false)
      default: {
        const operator = node.operator[0] as BinaryOperator
        return new OperatePlan(target, value, operations[operator], operator === '+')
      }
    }
  }

  #loop(node: Extract<Expression, { kind: 'reduce' | 'foreach' }>, scope: Scope): Plan {
    const { binding, inner } = this.#binding(node.patterns, scope)
    const parts = {
      source: this.#plan(node.source, scope),
      binding,
      initial: this.#plan(node.initial, scope),
      update: this.#plan(node.update, inner),
    }
    if (node.kind === 'reduce') return new ReducePlan(parts)
    return new ForeachPlan(parts, node.extract && this.#plan(node.extract, inner))
  }

  /** Patterns, and the scope in which their variables are bound. */
  #binding(patterns: readonly Pattern[], scope: Scope): { binding: BindingPlan; inner: Scope } {
    const resolved = patterns.map(pattern => this.#pattern(pattern, scope))
    const [only] = resolved
    if (resolved.length === 1) {
      return { binding: { alternatives: [{ pattern: only!.plan, order: [] }] }, inner: only!.scope }
    }
    const names = [...new Set(resolved.flatMap(each => each.names))]
    const alternatives = resolved.map(
      ({ plan, names: own }): AlternativeBinding => ({
        pattern: plan,
        order: names.map(name => {
          const at = own.lastIndexOf(name)
          return at < 0 ? -1 : own.length - 1 - at
        }),
      }),
    )
    return { binding: { alternatives }, inner: names.reduce((inner, name) => inner.variable(name), scope) }
  }

  #pattern(pattern: Pattern, scope: Scope): { plan: PatternPlan; scope: Scope; names: string[] } {
    if (pattern.kind === 'variable') {
      return { plan: { kind: 'variable' }, scope: scope.variable(pattern.name), names: [pattern.name] }
    }
    const names: string[] = []
    let inner = scope
    const nested = (part: Pattern): PatternPlan => {
      const result = this.#pattern(part, inner)
      names.push(...result.names)
      inner = result.scope
      return result.plan
    }
    if (pattern.kind === 'array') {
      return { plan: { kind: 'array', elements: pattern.elements.map(nested) }, scope: inner, names }
    }
    const entries = pattern.entries.map(({ key, pattern: part }) => {
      const keyPlan = key.kind === 'variable' ? new LiteralPlan(key.name) : this.#entryKey(key, true, inner)
      const binds = key.kind === 'variable'
      if (binds) {
        names.push(key.name)
        inner = inner.variable(key.name)
      }
      return { key: keyPlan, binds, pattern: part && nested(part) }
    })
    return { plan: { kind: 'object', entries }, scope: inner, names }
  }

  #call(node: Extract<Expression, { kind: 'call' }>, scope: Scope): Plan {
    const { name, args } = node
    const found = scope.findFunction(name, args.length)
    if (found?.kind === 'param') return new ParamPlan(found.owner, scope.depth - found.depth - 1)
    const plans = args.map(arg => this.#plan(arg, scope))
    if (found) return new CallPlan(found.fn, plans, scope.depth - found.fn.depth)
    const key = `${name}/${args.length}`
    const surrounding = surroundingOf(key)
    if (surrounding) this.#reach(name, surrounding, node)
    const builtin = planBuiltin(key, plans)
    if (builtin) return builtin
    const fn = this.#preludeFunction(key)
    if (fn) return new CallPlan(fn, plans, scope.depth)
    const near = nearest(name, [...scope.names('callable'), ...builtinNames().map(each => each.split('/')[0]!)])
    const suggestion = near === name ? arities(name) : near
    throw new JqUnknownFunction({ name: key, position: this.#position(node), suggestion })
  }

  /** The policy has been enforced on the text before; this makes sure that nothing slipped through. */
  #reach(construct: string, surrounding: Surrounding, span: Span): void {
    if (!this.#permits(surrounding)) throw new JqForbidden(construct, this.#position(span))
  }

  #preludeFunction(key: string): FunctionPlan | undefined {
    const known = this.#prelude.get(key)
    if (known) return known
    const definition = findPrelude(key)
    if (!definition) return undefined
    const fn = new Resolver(undefined, this.#settings, this.#exports).#define(definition, new Scope())
    this.#prelude.set(key, fn)
    return fn
  }
}

/** The arities a builtin does exist with. */
function arities(name: string): string | undefined {
  const known = builtinNames().filter(each => each.startsWith(`${name}/`))
  return known.length > 0 ? known.join(' or ') : undefined
}

/** The value computed now, when that works; what fails is left to fail when the program runs. */
function folded(compute: () => Value, plan: Plan): Plan {
  try {
    const value = compute()
    return typeof value === 'string' && value.length > 1000 ? plan : new LiteralPlan(value)
  } catch (error) {
    if (error instanceof Raised) return plan
    throw error
  }
}

/** The values of a comma list of constants. */
function constantList(plan: Plan): Value[] | undefined {
  const value = plan.constant()
  if (value !== undefined) return [value]
  if (!(plan instanceof CommaPlan)) return undefined
  const left = constantList(plan.left)
  const right = left && constantList(plan.right)
  return right && [...left, ...right]
}
