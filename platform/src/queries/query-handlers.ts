import { must } from '@super-data/base/errors'
import type { Database } from '@super-data/metadata'
import type { Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import { getProject } from '../identity/projects.ts'
import type { Functions } from '../library/functions.ts'
import type { LibraryTables } from '../state/library.ts'
import type { Question } from './asking.ts'
import type { ParsedQuery } from './engine.ts'
import { explain } from './explain.ts'
import type { Questions } from './questions.ts'
import type { ResultStore } from './result-store.ts'
import { type RunLog, toRun } from './run-log.ts'

export interface QueryParts {
  readonly library: Database<LibraryTables>
  readonly functions: Functions
  readonly questions: Questions
  readonly results: ResultStore
  readonly runs: RunLog
}

type QueryHandlers = Pick<Handlers, Extract<keyof Handlers, `queries.${string}`>>

export function queryHandlers(parts: QueryParts): QueryHandlers {
  const { questions, results, runs } = parts
  return {
    'queries.ask': (input, call) => {
      const question = questionOf(input)
      const options = { parameters: Object.keys(input.params), signal: call.signal, userId: call.principal?.userId }
      return questions.ask(question, () => understand(parts, input.project, question, options), {
        project: input.project,
        principal: must(call.principal, 'a principal'),
        params: input.params,
        maxRows: input.maxRows,
        maxBytes: input.maxBytes,
        signal: call.signal,
      })
    },
    'queries.explain': async (input, call) => {
      const query = await understand(parts, input.project, questionOf(input), {
        signal: call.signal,
        userId: call.principal?.userId,
      })
      const explanation = explain(query, await questions.versions(input.project))
      return { ...explanation, hints: [...explanation.hints, ...(await questions.doubts(input.project, query))] }
    },
    'queries.read': ({ project, handle, cursor, maxRows, maxBytes }) =>
      results.read({ project, handle }, { maxRows, maxBytes, ...(cursor ? { cursor } : {}) }),
    'queries.runs': async ({ project, limit, cursor, tool }) => {
      const before = parseCursor(cursor)
      const rows = await runs.list(project, {
        limit: limit + 1,
        ...(before ? { before } : {}),
        ...(tool ? { tool } : {}),
      })
      return toPage(rows, limit, toRun, row => row.id)
    },
    'queries.run': async input => toRun(await runs.get(input.project, input.run)),
  }
}

function questionOf({ engine, source, text, mode }: Omit<Question, 'source'> & { source?: string | undefined }) {
  return { engine, source, text, mode }
}

async function understand(
  { library, functions, questions }: QueryParts,
  projectName: string,
  question: Question,
  { userId, ...options }: { parameters?: readonly string[]; signal: AbortSignal; userId: string | undefined },
): Promise<ParsedQuery> {
  const project = await getProject(library.read, projectName)
  return questions.parse(project.name, question, { functions: functions.resolver(project.id, userId), ...options })
}
