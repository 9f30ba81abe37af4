import { JqSyntaxError } from '../errors.ts'
import type { Ast } from '../syntax/ast.ts'
import { guardDepth } from '../syntax/nesting.ts'
import { parse } from '../syntax/parser.ts'
import { type Issue, IssueList } from './issue.ts'
import { lintFlow } from './lint-flow.ts'
import { lintNames } from './lint-names.ts'
import { lintPaths } from './lint-paths.ts'
import { lintRegexes } from './lint-regexes.ts'
import { lintWords } from './lint-words.ts'
import type { SchemaPath } from './schema.ts'

/** What the linter may count on beside the text. */
export interface LintOptions {
  /** Functions that are there beside the builtins, as `name/arity`. */
  readonly functions?: readonly string[]
  /** Variables that every run binds, without `$`. */
  readonly variables?: readonly string[]
  /** What the input looks like; paths it does not have are reported. */
  readonly schema?: readonly SchemaPath[]
}

/**
 * What is wrong or odd about a program, without running it, in the order of the text. Never throws for any text: one
 * that is no program has a single issue. It reports only what is worth a look: a correct program can have issues, yet
 * most have none.
 */
export function lint(text: string, options: LintOptions = {}): Issue[] {
  const issues = new IssueList(text)
  try {
    const ast = parse(text)
    guardDepth(text, () => lintAst(ast, options, issues))
  } catch (error) {
    if (!(error instanceof JqSyntaxError)) throw error
    return [syntaxIssue(error)]
  }
  return issues.sorted()
}

function lintAst(ast: Ast, options: LintOptions, issues: IssueList): void {
  lintNames(ast, options, issues)
  lintFlow(ast, issues)
  lintRegexes(ast, issues)
  lintWords(ast, issues)
  if (options.schema) lintPaths(ast, options.schema, issues)
}

function syntaxIssue({ message, position, hint }: JqSyntaxError): Issue {
  return { rule: 'syntax', message, severity: 'error', position, ...(hint === undefined ? {} : { suggestion: hint }) }
}
