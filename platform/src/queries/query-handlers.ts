import { must } from '@super-data/base/errors'
import type { Database } from '@super-data/metadata'
import type { Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import { getProject } from '../identity/projects.ts'
import type { Functions } from '../library/functions.ts'
import type { LibraryTables } from '../state/library.ts'
import { explain } from './explain.ts'
import type { Question, Questions } from './questions.ts'
import type { ResultStore } from './result-store.ts'
import { type RunLog, toRun } from './run-log.ts'

export interface QueryParts {
  readonly library: Database<LibraryTables>
  readonly functions: Functions
  readonly questions: Questions
  readonly results: ResultStore
  readonly runs: RunLog
}

export function queryHandlers(parts: QueryParts): Pick<Handlers, Extract<keyof Handlers, `queries.${string}`>> {
  const { library, functions, questions, results, runs } = parts
  const understand = async (
    input: Question & { project: string },
    parameters: string[] | undefined,
    signal: AbortSignal,
  ) => {
    const project = await getProject(library.read, input.project)
    return questions.parse(project.name, input, {
      functions: functions.resolver(project.id),
      signal,
      ...(parameters ? { parameters } : {}),
    })
  }
  return {
    'queries.ask': async (input, call) => {
      const question = { engine: input.engine, source: input.source, text: input.text, mode: input.mode }
      const query = await understand({ ...question, project: input.project }, Object.keys(input.params), call.signal)
      return questions.ask(question, query, {
        project: input.project,
        principal: must(call.principal, 'a principal'),
        params: input.params,
        maxRows: input.maxRows,
        maxBytes: input.maxBytes,
        signal: call.signal,
      })
    },
    'queries.explain': async (input, call) => {
      const { engine, source, text, mode, project } = input
      const query = await understand({ engine, source, text, mode, project }, undefined, call.signal)
      return explain(query, await questions.versions(project))
    },
    'queries.read': input =>
      results.read(
        { project: input.project, handle: input.handle },
        { maxRows: input.maxRows, maxBytes: input.maxBytes, ...(input.cursor ? { cursor: input.cursor } : {}) },
      ),
    'queries.runs': async input => {
      const before = parseCursor(input.cursor)
      const rows = await runs.list(input.project, {
        limit: input.limit + 1,
        ...(before ? { before } : {}),
        ...(input.tool ? { tool: input.tool } : {}),
      })
      return toPage(rows, input.limit, toRun, row => row.id)
    },
    'queries.run': async input => toRun(await runs.get(input.project, input.run)),
  }
}
