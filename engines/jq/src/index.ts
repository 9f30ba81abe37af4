export { type Analysis, analyse, type ConstructUse, type FunctionUse, type VariableUse } from './analyse.ts'
export { builtinNames } from './builtins/registry.ts'
export type { Budget, InputPlace } from './compile/runtime.ts'
export {
  JqDepthExceeded,
  JqForbidden,
  JqHalted,
  JqInvalidJson,
  JqModuleCycle,
  JqModuleInvalid,
  JqOutputBytesExceeded,
  JqOutputsExceeded,
  JqRegexTooCostly,
  JqRuntimeError,
  JqStepsExceeded,
  JqSyntaxError,
  JqTimeExceeded,
  JqUnknownFunction,
  JqUnknownLabel,
  JqUnknownModule,
  JqUnknownVariable,
  JqValueTooLarge,
  type Place,
  type Position,
  type Produced,
} from './errors.ts'
export type { ModuleLibrary } from './modules/library.ts'
export { compare, equals } from './ordering.ts'
export { type Policy, strangerPolicy } from './policy.ts'
export type { ItemsFrame, JqAnswer, JqCall, JqCallOptions, JqInput, JqLimits, Shape } from './pool/call.ts'
export {
  JqBusy,
  JqCrashed,
  JqFailure,
  JqInputInvalid,
  JqInputTooLarge,
  JqInputUnreadable,
  JqMemory,
  JqPoolClosed,
  JqTimeout,
} from './pool/errors.ts'
export { JqPool, type JqPoolComponents, type JqPoolSettings, type JqPoolStats } from './pool/jq-pool.ts'
export { type CompileOptions, compile, type Program, type RunOptions } from './program.ts'
export type { Ast, Definition, Expression, Import, ObjectEntry, Parameter, Pattern, Span } from './syntax/ast.ts'
export { format } from './syntax/format.ts'
export { Lexer, type Token, type TokenKind } from './syntax/lexer.ts'
export { parse, parseDefinition } from './syntax/parser.ts'
export {
  allDocumentation,
  type Documentation,
  documentationOf,
  formatDocumentation,
  keywordDocumentation,
} from './tools/builtin-documentation.ts'
export { type CompletionItem, complete, type EditorOptions, type KnownFunction } from './tools/complete.ts'
export { type Dependencies, dependencies } from './tools/dependencies.ts'
export type { Explanation } from './tools/explain.ts'
export { type Hover, hover } from './tools/hover.ts'
export type { Issue, Rule, Severity } from './tools/issue.ts'
export { type LintOptions, lint } from './tools/lint.ts'
export { type PathsRead, pathsRead } from './tools/paths-read.ts'
export type { SchemaPath } from './tools/schema.ts'
export { BigLiteral } from './value/big-literal.ts'
export { parseJson, parseJsonSequence } from './value/json-parse.ts'
export { type PrintOptions, printJson } from './value/json-print.ts'
export { type JqObject, type Kind, kindOf, type Value } from './value/value.ts'
