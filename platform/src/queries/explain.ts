import type { Explanation } from '@super-data/contract'
import type { ParsedQuery } from './engine.ts'

/** What stands for the version of a database, which has none. */
export const liveVersion = 'live'

/** What a parsed query would do, for people. */
export function explain(query: ParsedQuery, versionOf: (dataset: string) => string = () => ''): Explanation {
  return {
    engine: query.engine,
    program: query.program,
    parameters: [...query.parameters],
    functions: query.functions.map(({ name, version, hash }) => ({ name, version, hash })),
    sources: [
      ...query.sources.map(name => ({ name, version: versionOf(name) })),
      ...(query.database === undefined ? [] : [{ name: query.database, version: liveVersion }]),
    ],
    effect: query.effect,
    pure: query.pure,
    hints: [...query.hints],
  }
}
