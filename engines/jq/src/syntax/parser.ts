import { describe } from '../value/raised.ts'
import type {
  AssignOperator,
  Ast,
  BinaryOperator,
  Definition,
  EntryKey,
  Expression,
  Import,
  LogicOperator,
  ObjectEntry,
  Parameter,
  Pattern,
  PatternEntry,
  StringExpression,
} from './ast.ts'
import { constantValue, isConstant } from './constant.ts'
import { Lexer, type Token } from './lexer.ts'
import { guardDepth } from './nesting.ts'
import { positionAt } from './position.ts'

/**
 * Reads a whole program: directives, definitions, and an optional body.
 *
 * @throws JqSyntaxError with the position of the first thing that does not fit.
 */
export function parse(text: string): Ast {
  return guardDepth(text, () => new Parser(text).program())
}

/**
 * Reads exactly one `def name(args): body;` and nothing else.
 *
 * @throws JqSyntaxError also when something stands before or after it.
 */
export function parseDefinition(text: string): Definition {
  return guardDepth(text, () => new Parser(text).onlyDefinition())
}

type Operator =
  | { readonly kind: 'logic'; readonly operator: LogicOperator; readonly level: number; readonly right: boolean }
  | { readonly kind: 'assign'; readonly operator: AssignOperator; readonly level: number; readonly right: boolean }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly level: number; readonly right: boolean }

/** Binding strength: higher binds tighter. Assignments and comparisons do not chain. */
export const levels = { alternative: 1, assign: 2, or: 3, and: 4, compare: 5, add: 6, multiply: 7 } as const
const unchained: ReadonlySet<number> = new Set([levels.assign, levels.compare])

const operators = new Map<string, Operator>([
  ['//', { kind: 'logic', operator: '//', level: levels.alternative, right: true }],
  ['or', { kind: 'logic', operator: 'or', level: levels.or, right: false }],
  ['and', { kind: 'logic', operator: 'and', level: levels.and, right: false }],
  ...(['=', '|=', '+=', '-=', '*=', '/=', '%=', '//='] as const).map(
    operator => [operator, { kind: 'assign', operator, level: levels.assign, right: false }] as const,
  ),
  ...(['==', '!=', '<', '<=', '>', '>='] as const).map(
    operator => [operator, { kind: 'binary', operator, level: levels.compare, right: false }] as const,
  ),
  ...(['+', '-'] as const).map(
    operator => [operator, { kind: 'binary', operator, level: levels.add, right: false }] as const,
  ),
  ...(['*', '/', '%'] as const).map(
    operator => [operator, { kind: 'binary', operator, level: levels.multiply, right: false }] as const,
  ),
])

class Parser {
  readonly #lexer: Lexer
  #token: Token
  /** End of the token consumed last: where the node being built ends. */
  #end = 0

  constructor(text: string) {
    this.#lexer = new Lexer(text.charCodeAt(0) === 0xfeff ? ` ${text.slice(1)}` : text)
    this.#token = this.#lexer.next()
  }

  program(): Ast {
    const metadata = this.#keyword('module') ? this.#metadata() : undefined
    const imports: Import[] = []
    while (this.#isKeyword('import') || this.#isKeyword('include')) imports.push(this.#import())
    const definitions: Definition[] = []
    while (this.#isKeyword('def')) definitions.push(this.#definition())
    const body = this.#token.kind === 'end' ? undefined : this.#query()
    if (this.#token.kind !== 'end') this.#unexpected('end of file')
    const { text } = this.#lexer
    return { kind: 'program', metadata, imports, definitions, body, text, start: 0, end: text.length }
  }

  onlyDefinition(): Definition {
    if (!this.#isKeyword('def')) this.#unexpected('def')
    const definition = this.#definition()
    if (this.#token.kind !== 'end') this.#unexpected('end of file')
    return definition
  }

  #metadata(): Expression {
    const value = this.#query()
    if (!isConstant(value)) this.#lexer.fail('Module metadata must be constant', value.start)
    if (value.kind !== 'object') this.#lexer.fail('Module metadata must be an object', value.start)
    this.#expect(';')
    return value
  }

  #import(): Import {
    const start = this.#token.start
    const include = this.#token.text === 'include'
    this.#advance()
    const path = this.#string()
    if (path.parts.some(part => typeof part !== 'string')) this.#lexer.fail('Import path must be constant', path.start)
    const alias = include ? undefined : this.#importAlias()
    const metadata = this.#accept(';') ? undefined : this.#metadata()
    return { kind: 'import', path: (path.parts[0] as string | undefined) ?? '', alias, metadata, start, end: this.#end }
  }

  #importAlias(): { name: string; data: boolean } {
    if (!this.#keyword('as')) this.#unexpected('as')
    const { kind, text } = this.#token
    if (kind !== 'variable' && kind !== 'name') this.#unexpected('a name')
    this.#advance()
    return { name: text, data: kind === 'variable' }
  }

  #definition(): Definition {
    const start = this.#token.start
    this.#advance()
    const name = this.#name()
    const params = this.#accept('(') ? this.#parameters() : []
    this.#expect(':')
    const body = this.#query()
    this.#expect(';')
    return { kind: 'definition', name, params, body, start, end: this.#end }
  }

  #parameters(): Parameter[] {
    const params: Parameter[] = []
    do {
      const { kind, text, start } = this.#token
      if (kind !== 'variable' && kind !== 'name') this.#unexpected('a parameter')
      this.#advance()
      params.push({ name: text, value: kind === 'variable', start, end: this.#end })
    } while (this.#accept(';'))
    this.#expect(')')
    return params
  }

  #name(): string {
    const { kind, text } = this.#token
    if (kind !== 'name') this.#unexpected('a name')
    this.#advance()
    return text
  }

  /** The loosest level: pipes, commas, bindings, labels and local definitions. Values in objects have no commas. */
  #query(commas = true): Expression {
    const left = commas ? this.#commas() : this.#expression()
    if (!this.#accept('|')) return left
    const right = this.#query(commas)
    return { kind: 'pipe', left, right, start: left.start, end: this.#end }
  }

  #commas(): Expression {
    let left = this.#item()
    while (this.#accept(',')) {
      const right = this.#item()
      left = { kind: 'comma', left, right, start: left.start, end: this.#end }
    }
    return left
  }

  /** One operand of a comma. What binds names takes everything to its right. */
  #item(): Expression {
    const start = this.#token.start
    if (this.#isKeyword('def')) {
      const definition = this.#definition()
      const body = this.#query()
      return { kind: 'define', definition, body, start, end: this.#end }
    }
    if (this.#keyword('label')) {
      const name = this.#variable()
      this.#expect('|')
      const body = this.#query()
      return { kind: 'label', name, body, start, end: this.#end }
    }
    const source = this.#expression()
    if (!this.#keyword('as')) return source
    const patterns = this.#patterns()
    this.#expect('|')
    const body = this.#query()
    return { kind: 'as', source, patterns, body, start, end: this.#end }
  }

  #variable(): string {
    const { kind, text } = this.#token
    if (kind !== 'variable') this.#unexpected('a variable')
    this.#advance()
    return text
  }

  #expression(level = 0): Expression {
    let left = this.#term()
    for (;;) {
      const operator = this.#operator()
      if (!operator || operator.level < level) return left
      this.#advance()
      const right = this.#expression(operator.right ? operator.level : operator.level + 1)
      const { level: bound, right: _, ...shape } = operator
      left = { ...shape, left, right, start: left.start, end: this.#end } as Expression
      if (unchained.has(bound) && this.#operator()?.level === bound) this.#unexpected()
    }
  }

  #operator(): Operator | undefined {
    const { kind, text } = this.#token
    if (kind === 'operator' || kind === 'keyword') return operators.get(text === '?//' ? '' : text)
    return undefined
  }

  #term(): Expression {
    return this.#suffixes(this.#primary())
  }

  /** Everything that may follow a term: fields, brackets, `?`. */
  #suffixes(term: Expression): Expression {
    let target = term
    for (;;) {
      const { kind, text } = this.#token
      const { start } = term
      if (kind === 'field') {
        target = this.#field(target, start)
      } else if (kind !== 'operator') {
        return target
      } else if (text === '.') {
        this.#advance()
        target = this.#is('[') ? this.#bracket(target, start) : this.#quotedField(target, start)
      } else if (text === '[') {
        target = this.#bracket(target, start)
      } else if (text === '?') {
        this.#advance()
        target = { kind: 'try', body: target, handler: undefined, postfix: true, start, end: this.#end }
      } else if (text === '?//') {
        this.#splitAlternative()
      } else {
        return target
      }
    }
  }

  /** Outside patterns `?//` can only mean a `?` followed by `//`. */
  #splitAlternative(): void {
    const { start, end } = this.#token
    this.#token = { kind: 'operator', text: '?', start, end: start + 1 }
    this.#pending = { kind: 'operator', text: '//', start: start + 1, end }
  }
  #pending: Token | undefined

  #field(target: Expression, start: number): Expression {
    const index = this.#nameAsString(this.#token.text)
    return { kind: 'index', target, index, optional: this.#optional(), start, end: this.#end }
  }

  #quotedField(target: Expression, start: number): Expression {
    if (this.#token.kind !== 'quote' && this.#token.kind !== 'format') {
      this.#unexpected(undefined, 'Try .["field"] instead of .field for unusually named fields.')
    }
    const index = this.#string()
    return { kind: 'index', target, index, optional: this.#optional(), start, end: this.#end }
  }

  #nameAsString(text: string): StringExpression {
    const { start, end } = this.#token
    this.#advance()
    return { kind: 'string', format: undefined, parts: [text], start, end }
  }

  #optional(): boolean {
    if (this.#is('?//')) this.#splitAlternative()
    return this.#accept('?')
  }

  #bracket(target: Expression, start: number): Expression {
    this.#advance()
    if (this.#accept(']')) {
      return { kind: 'iterate', target, optional: this.#optional(), start, end: this.#end }
    }
    if (this.#accept(':')) {
      const to = this.#query()
      this.#expect(']')
      return { kind: 'slice', target, from: undefined, to, optional: this.#optional(), start, end: this.#end }
    }
    const index = this.#query()
    if (this.#accept(':')) {
      const to = this.#is(']') ? undefined : this.#query()
      this.#expect(']')
      return { kind: 'slice', target, from: index, to, optional: this.#optional(), start, end: this.#end }
    }
    this.#expect(']')
    return { kind: 'index', target, index, optional: this.#optional(), start, end: this.#end }
  }

  #primary(): Expression {
    const { kind, text, start, end } = this.#token
    switch (kind) {
      case 'number':
        this.#advance()
        return { kind: 'number', text, start, end }
      case 'quote':
        return this.#string()
      case 'format':
        return this.#formatOrString()
      case 'variable':
        this.#advance()
        return { kind: 'variable', name: text, start, end }
      case 'location':
        this.#advance()
        return { kind: 'location', line: this.#line(start), start, end }
      case 'field':
        return this.#field({ kind: 'identity', start, end: start }, start)
      case 'name':
        return this.#call()
      case 'keyword':
        return this.#keywordTerm()
      case 'operator':
        return this.#operatorTerm()
      default:
        return this.#unexpected()
    }
  }

  #line(offset: number): number {
    return positionAt(this.#lexer.text, offset).line
  }

  #formatOrString(): Expression {
    const { text, start, end } = this.#token
    this.#advance()
    if (this.#token.kind === 'quote') return this.#stringContents(text, start)
    return { kind: 'format', name: text, start, end }
  }

  #string(): StringExpression {
    const { kind, text, start } = this.#token
    if (kind === 'format') {
      this.#advance()
      if (this.#token.kind !== 'quote') this.#unexpected('a string')
      return this.#stringContents(text, start)
    }
    if (kind !== 'quote') this.#unexpected('a string')
    return this.#stringContents(undefined, start)
  }

  #stringContents(format: string | undefined, start: number): StringExpression {
    const parts: (string | Expression)[] = []
    for (;;) {
      const { text, ended } = this.#lexer.stringPart()
      if (text !== '') parts.push(text)
      if (ended) break
      this.#advance()
      parts.push(this.#query())
      if (!this.#is(')')) this.#unexpected("')'")
    }
    this.#advance(this.#lexer.offset)
    return { kind: 'string', format, parts, start, end: this.#end }
  }

  #call(): Expression {
    const { text, start } = this.#token
    this.#advance()
    if (text === 'null') return { kind: 'constant', value: null, start, end: this.#end }
    if (text === 'true' || text === 'false') {
      return { kind: 'constant', value: text === 'true', start, end: this.#end }
    }
    const args: Expression[] = []
    if (this.#accept('(')) {
      do args.push(this.#query())
      while (this.#accept(';'))
      this.#expect(')')
    }
    return { kind: 'call', name: text, args, start, end: this.#end }
  }

  #keywordTerm(): Expression {
    const { text, start } = this.#token
    switch (text) {
      case 'if':
        this.#advance()
        return this.#conditional(start)
      case 'try':
        return this.#try()
      case 'reduce':
        return this.#reduce()
      case 'foreach':
        return this.#foreach()
      case 'break': {
        this.#advance()
        if (this.#token.kind !== 'variable') this.#lexer.fail('break requires a label to break to', start)
        return { kind: 'break', name: this.#variable(), start, end: this.#end }
      }
      default:
        return this.#unexpected()
    }
  }

  #conditional(start: number): Expression {
    const condition = this.#query()
    if (!this.#keyword('then')) this.#unexpected('then')
    const then = this.#query()
    const otherwise = this.#otherwise()
    return { kind: 'if', condition, then, otherwise, start, end: this.#end }
  }

  #otherwise(): Expression | undefined {
    const { start } = this.#token
    if (this.#keyword('elif')) return this.#conditional(start)
    const branch = this.#keyword('else') ? this.#query() : undefined
    if (!this.#keyword('end')) this.#unexpected('end', "The 'if' is not closed.")
    return branch
  }

  #try(): Expression {
    const { start } = this.#token
    this.#advance()
    const body = this.#term()
    const handler = this.#keyword('catch') ? this.#term() : undefined
    return { kind: 'try', body, handler, postfix: false, start, end: this.#end }
  }

  #loopHead(): { start: number; source: Expression; patterns: readonly Pattern[] } {
    const { start } = this.#token
    this.#advance()
    const source = this.#expression()
    if (!this.#keyword('as')) this.#unexpected('as')
    const patterns = this.#patterns()
    this.#expect('(')
    return { start, source, patterns }
  }

  #reduce(): Expression {
    const head = this.#loopHead()
    const initial = this.#query()
    this.#expect(';')
    const update = this.#query()
    this.#expect(')')
    return { kind: 'reduce', ...head, initial, update, end: this.#end }
  }

  #foreach(): Expression {
    const head = this.#loopHead()
    const initial = this.#query()
    this.#expect(';')
    const update = this.#query()
    const extract = this.#accept(';') ? this.#query() : undefined
    this.#expect(')')
    return { kind: 'foreach', ...head, initial, update, extract, end: this.#end }
  }

  #operatorTerm(): Expression {
    const { text, start, end } = this.#token
    switch (text) {
      case '.':
        this.#advance()
        return this.#afterDot(start, end)
      case '..':
        this.#advance()
        return { kind: 'recurse', start, end }
      case '-': {
        this.#advance()
        const operand = this.#term()
        return { kind: 'negate', operand, start, end: this.#end }
      }
      case '(': {
        this.#advance()
        const inner = this.#query()
        this.#expect(')')
        return { ...inner, start, end: this.#end }
      }
      case '[': {
        this.#advance()
        const body = this.#is(']') ? undefined : this.#query()
        this.#expect(']')
        return { kind: 'array', body, start, end: this.#end }
      }
      case '{':
        return this.#object()
      default:
        return this.#unexpected()
    }
  }

  #afterDot(start: number, end: number): Expression {
    const self: Expression = { kind: 'identity', start, end }
    if (this.#token.kind === 'quote') return this.#quotedField(self, start)
    const isFormat = this.#token.kind === 'format'
    if (isFormat) return this.#quotedField(self, start)
    if (this.#token.kind === 'name' || this.#token.kind === 'keyword') {
      if (this.#token.start === end) this.#unexpected()
    }
    return self
  }

  #object(): Expression {
    const { start } = this.#token
    this.#advance()
    const entries: ObjectEntry[] = []
    while (!this.#is('}')) {
      entries.push(this.#entry())
      if (!this.#accept(',')) break
    }
    this.#expect('}')
    return { kind: 'object', entries, start, end: this.#end }
  }

  #entry(): ObjectEntry {
    const { start } = this.#token
    const key = this.#key()
    const needsValue = key.kind === 'computed'
    const mayHaveValue = key.kind !== 'location'
    if (mayHaveValue && (needsValue || this.#is(':'))) {
      this.#expect(':')
      return { key, value: this.#query(false), start, end: this.#end }
    }
    if (!this.#is(',') && !this.#is('}')) this.#keyMistake(start)
    return { key, value: undefined, start, end: this.#end }
  }

  #keyMistake(start: number): never {
    const hint = 'May need parentheses around object key expression.'
    return this.#lexer.fail(`syntax error, unexpected ${this.#tokenName()}`, Math.max(start, this.#token.start), hint)
  }

  #key(): EntryKey {
    const { kind, text, start, end } = this.#token
    switch (kind) {
      case 'name':
      case 'keyword':
        this.#advance()
        return { kind: 'name', name: text, start, end }
      case 'variable':
        this.#advance()
        return { kind: 'variable', name: text, start, end }
      case 'location':
        this.#advance()
        return { kind: 'location', line: this.#line(start), start, end }
      case 'quote':
      case 'format':
        return this.#string()
      default:
        return this.#is('(') ? this.#computedKey() : this.#keyMistake(start)
    }
  }

  #computedKey(): EntryKey {
    const { start } = this.#token
    this.#advance()
    const expression = this.#query()
    this.#expect(')')
    if (isConstant(expression) && expression.kind !== 'string' && expression.kind !== 'negate') {
      this.#lexer.fail(`Cannot use ${describe(constantValue(expression))} as object key`, expression.start)
    }
    return { kind: 'computed', expression, start, end: this.#end }
  }

  #patterns(): Pattern[] {
    const patterns = [this.#pattern()]
    while (this.#accept('?//')) patterns.push(this.#pattern())
    return patterns
  }

  #pattern(): Pattern {
    const { kind, text, start } = this.#token
    if (kind === 'variable') {
      this.#advance()
      return { kind: 'variable', name: text, start, end: this.#end }
    }
    if (this.#accept('[')) {
      const elements: Pattern[] = []
      do elements.push(this.#pattern())
      while (this.#accept(','))
      this.#expect(']')
      return { kind: 'array', elements, start, end: this.#end }
    }
    if (!this.#accept('{')) this.#unexpected('a pattern')
    const entries: PatternEntry[] = []
    do entries.push(this.#patternEntry())
    while (this.#accept(','))
    this.#expect('}')
    return { kind: 'object', entries, start, end: this.#end }
  }

  #patternEntry(): PatternEntry {
    const { start } = this.#token
    if (this.#is('}')) this.#unexpected()
    const key = this.#key()
    if (key.kind === 'variable' && !this.#is(':')) return { key, pattern: undefined, start, end: this.#end }
    this.#expect(':')
    const pattern = this.#pattern()
    return { key, pattern, start, end: this.#end }
  }

  #advance(end = this.#token.end): void {
    this.#end = end
    const pending = this.#pending
    this.#pending = undefined
    this.#token = pending ?? this.#lexer.next()
  }

  #is(operator: string): boolean {
    return this.#token.kind === 'operator' && this.#token.text === operator
  }

  #accept(operator: string): boolean {
    if (!this.#is(operator)) return false
    this.#advance()
    return true
  }

  #expect(operator: string): void {
    if (!this.#accept(operator)) this.#unexpected(`'${operator}'`)
  }

  #isKeyword(word: string): boolean {
    return this.#token.kind === 'keyword' && this.#token.text === word
  }

  #keyword(word: string): boolean {
    if (!this.#isKeyword(word)) return false
    this.#advance()
    return true
  }

  #tokenName(): string {
    const { kind, text } = this.#token
    if (kind === 'end') return 'end of file'
    if (kind === 'quote') return 'a string'
    return `'${{ field: '.', variable: '$', format: '@', location: '$' }[kind as string] ?? ''}${text}'`
  }

  #unexpected(expected?: string, hint?: string): never {
    const wanted = expected === undefined ? '' : `, expecting ${expected}`
    return this.#lexer.fail(`syntax error, unexpected ${this.#tokenName()}${wanted}`, this.#token.start, hint)
  }
}
