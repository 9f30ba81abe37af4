/** Where a piece of syntax stands in its text; offsets in UTF-16 units, `end` exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '==' | '!=' | '<' | '<=' | '>' | '>='
export type AssignOperator = '=' | '|=' | '+=' | '-=' | '*=' | '/=' | '%=' | '//='
export type LogicOperator = 'and' | 'or' | '//'

/** Everything that produces outputs from an input. */
export type Expression = Span & Shape

type Shape =
  | { readonly kind: 'identity' }
  | { readonly kind: 'recurse' }
  | { readonly kind: 'constant'; readonly value: null | boolean }
  | { readonly kind: 'number'; readonly text: string }
  | StringShape
  | { readonly kind: 'format'; readonly name: string }
  | { readonly kind: 'location'; readonly line: number }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'index'; readonly target: Expression; readonly index: Expression; readonly optional: boolean }
  | {
      readonly kind: 'slice'
      readonly target: Expression
      readonly from: Expression | undefined
      readonly to: Expression | undefined
      readonly optional: boolean
    }
  | { readonly kind: 'iterate'; readonly target: Expression; readonly optional: boolean }
  | { readonly kind: 'negate'; readonly operand: Expression }
  | { readonly kind: 'array'; readonly body: Expression | undefined }
  | { readonly kind: 'object'; readonly entries: readonly ObjectEntry[] }
  | { readonly kind: 'pipe'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'comma'; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: 'logic'; readonly operator: LogicOperator; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'assign'
      readonly operator: AssignOperator
      readonly left: Expression
      readonly right: Expression
    }
  | {
      readonly kind: 'if'
      readonly condition: Expression
      readonly then: Expression
      readonly otherwise: Expression | undefined
    }
  | {
      readonly kind: 'try'
      readonly body: Expression
      readonly handler: Expression | undefined
      /** Written as a `?` after a term. */
      readonly postfix: boolean
    }
  | {
      readonly kind: 'reduce'
      readonly source: Expression
      readonly patterns: readonly Pattern[]
      readonly initial: Expression
      readonly update: Expression
    }
  | {
      readonly kind: 'foreach'
      readonly source: Expression
      readonly patterns: readonly Pattern[]
      readonly initial: Expression
      readonly update: Expression
      readonly extract: Expression | undefined
    }
  | {
      readonly kind: 'as'
      readonly source: Expression
      readonly patterns: readonly Pattern[]
      readonly body: Expression
    }
  | { readonly kind: 'define'; readonly definition: Definition; readonly body: Expression }
  | { readonly kind: 'label'; readonly name: string; readonly body: Expression }
  | { readonly kind: 'break'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }

interface StringShape {
  readonly kind: 'string'
  /** The format that interpolated values go through, as in `@base64 "…"`; without its `@`. */
  readonly format: string | undefined
  /** Literal pieces and interpolated expressions, in order; no two literal pieces touch. */
  readonly parts: readonly (string | Expression)[]
}

export type StringExpression = Span & StringShape

/** One `key: value` of an object; without a value the key says what is taken. */
export interface ObjectEntry extends Span {
  readonly key: EntryKey
  readonly value: Expression | undefined
}

export type EntryKey = Span &
  (
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'variable'; readonly name: string }
    | { readonly kind: 'location'; readonly line: number }
    | StringShape
    | { readonly kind: 'computed'; readonly expression: Expression }
  )

/** What `as` binds: a variable, or an array or object of patterns. */
export type Pattern = Span &
  (
    | { readonly kind: 'variable'; readonly name: string }
    | { readonly kind: 'array'; readonly elements: readonly Pattern[] }
    | { readonly kind: 'object'; readonly entries: readonly PatternEntry[] }
  )

export interface PatternEntry extends Span {
  readonly key: EntryKey
  readonly pattern: Pattern | undefined
}

/** A parameter of a definition: `name`, or `$name` for a value. */
export interface Parameter extends Span {
  readonly name: string
  /** Written `$name`: bound to each value of the argument. */
  readonly value: boolean
}

/** `def name(params): body;` */
export interface Definition extends Span {
  readonly kind: 'definition'
  readonly name: string
  readonly params: readonly Parameter[]
  readonly body: Expression
}

/** `import "path" as name;`, `import "path" as $name;` or `include "path";` */
export interface Import extends Span {
  readonly kind: 'import'
  readonly path: string
  /** Where its definitions or its data go; `undefined` for `include`. */
  readonly alias: { readonly name: string; readonly data: boolean } | undefined
  readonly metadata: Expression | undefined
}

/** A whole program: directives, leading definitions, and a body unless it is a module. */
export interface Ast extends Span {
  readonly kind: 'program'
  readonly metadata: Expression | undefined
  readonly imports: readonly Import[]
  readonly definitions: readonly Definition[]
  readonly body: Expression | undefined
  /** The text it was read from: positions refer to it. */
  readonly text: string
}
