import type { Position } from '../errors.ts'
import type { Span } from '../syntax/ast.ts'
import { positionAt } from '../syntax/position.ts'

/** `error`: the program cannot run. `warning`: it hardly does what was meant. `info`: it could be clearer. */
export type Severity = 'error' | 'warning' | 'info'

/** What an issue is about; each rule can be looked for by its name. */
export type Rule =
  | 'syntax'
  | 'unknown-function'
  | 'wrong-arity'
  | 'unknown-variable'
  | 'unused-variable'
  | 'unused-function'
  | 'shadowed-builtin'
  | 'unreachable'
  | 'constant-comparison'
  | 'unknown-type'
  | 'constant-condition'
  | 'invalid-regex'
  | 'costly-regex'
  | 'unknown-path'
  | 'unknown-format'
  | 'unknown-label'
  | 'impossible-key'

/** Something a reader of the program should know. */
export interface Issue {
  readonly rule: Rule
  readonly message: string
  readonly severity: Severity
  readonly position: Position
  /** What to write instead, or to do. */
  readonly suggestion?: string
}

/** Collects issues with their places in one text. */
export class IssueList {
  readonly #text: string
  readonly #issues: Issue[] = []

  constructor(text: string) {
    this.#text = text
  }

  add(issue: Omit<Issue, 'position'>, span: Pick<Span, 'start'>): void {
    this.#issues.push({ ...issue, position: positionAt(this.#text, span.start) })
  }

  /** In the order of the text. */
  sorted(): Issue[] {
    return this.#issues.toSorted((a, b) => a.position.offset - b.position.offset)
  }
}
