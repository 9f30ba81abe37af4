import { analyse, type ConstructUse } from '../analyse.ts'
import type { Ast } from '../syntax/ast.ts'
import { type Dependencies, dependencies } from './dependencies.ts'
import { type PathsRead, pathsRead } from './paths-read.ts'

/** What a program is, as far as its text tells. What its imports do is not in it. */
export interface Explanation {
  /** What it takes from its input. */
  readonly reads: PathsRead
  /** The same input always gives the same outputs, and nothing else happens. */
  readonly pure: boolean
  /** What it asks of its surroundings, with places in the text; `import` and `include` among them. */
  readonly surroundings: readonly ConstructUse[]
  /** Names it imports or includes, in the order of the text. */
  readonly imports: readonly string[]
  /** How its own definitions hang together. */
  readonly definitions: Dependencies
  /** Advice about cost, in sentences. */
  readonly hints: readonly string[]
}

/**
 * Everything that can be said about a program without running it.
 *
 * @throws JqSyntaxError for a program that nests too deeply to be walked.
 */
export function explain(ast: Ast): Explanation {
  const { pure, forbidden, hints } = analyse(ast)
  return {
    reads: pathsRead(ast),
    pure,
    surroundings: forbidden,
    imports: ast.imports.map(({ path }) => path),
    definitions: dependencies(ast.definitions),
    hints,
  }
}
