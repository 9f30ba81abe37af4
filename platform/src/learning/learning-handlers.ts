import type { Clock } from '@super-data/base/clock'
import { must } from '@super-data/base/errors'
import type { Suggestion } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import type { Call, Handlers } from '../call.ts'
import type { Identity } from '../identity/identity.ts'
import { getProject } from '../identity/projects.ts'
import { LearningDisabled } from '../library/errors.ts'
import type { ToolCatalogue } from '../library/tool-catalogue.ts'
import type { LibraryTables } from '../state/library.ts'
import { SuggestionAdvice } from './errors.ts'
import { startOf } from './period.ts'
import type { RunStatistics } from './run-statistics.ts'
import type { Reader, Suggestions } from './suggestions.ts'

export interface LearningParts {
  readonly library: Database<LibraryTables>
  readonly identity: Pick<Identity, 'requireProject'>
  readonly catalogue: ToolCatalogue
  readonly statistics: RunStatistics
  readonly suggestions: Suggestions
  readonly clock: Clock
  /** Whether anything may be learned here at all. */
  readonly learning: boolean
}

/** What accepting a suggestion comes down to. */
export type ToolChanges = Pick<Handlers, 'tools.create' | 'tools.get' | 'tools.update' | 'tools.disable'>

type LearningHandlers = Pick<Handlers, 'tools.stats' | Extract<keyof Handlers, `learning.${string}`>>

export function learningHandlers(parts: LearningParts, changes: ToolChanges): LearningHandlers {
  return { ...statisticsHandlers(parts), ...suggestionHandlers(parts, changes) }
}

function statisticsHandlers({
  library,
  catalogue,
  statistics,
  clock,
}: LearningParts): Pick<LearningHandlers, 'tools.stats'> {
  return {
    'tools.stats': async ({ project: name, period, tool }, { signal }) => {
      const project = await getProject(library.read, name)
      const at = clock.now()
      const selection = { project: name, since: startOf(period, at), tool }
      const overall = await statistics.overall(selection, signal)
      const tools = await statistics.byTool(selection, signal)
      const lastUse = await statistics.lastUse(name)
      const called = new Set(tools.map(each => each.tool))
      const unused = (await catalogue.of(project)).tools
        .filter(each => !called.has(each.name) && (tool === undefined || each.name === tool))
        .map(each => ({ tool: each.name, lastAt: lastUse.get(each.name) ?? null }))
      const since = Math.max(selection.since, (await statistics.since()) ?? at)
      return { since, at, overall, tools, unused }
    },
  }
}

function suggestionHandlers(parts: LearningParts, changes: ToolChanges): Omit<LearningHandlers, 'tools.stats'> {
  const { suggestions, clock } = parts
  return {
    'learning.suggestions': async ({ project, kind, limit }, call) => {
      const all = await suggestions.list(await readerOf(parts, project, call))
      return { items: all.filter(each => kind === undefined || each.kind === kind).slice(0, limit), cursor: null }
    },
    'learning.accept': async (input, call) => {
      const suggestion = await suggestions.get(await readerOf(parts, input.project, call), input.suggestion)
      if (!suggestion.canAccept) throw new SuggestionAdvice(suggestion.tool)
      return accept(parts, changes, { ...input, suggestion }, call)
    },
    'learning.dismiss': async ({ project, suggestion: id }, call) => {
      const reader = await readerOf(parts, project, call)
      const { id: suggestion, tool } = await suggestions.get(reader, id)
      return call.changePlatform(async (transaction, recording) => {
        recording.target(tool)
        const row = { project, suggestion, user_id: reader.userId, at: clock.now() }
        await transaction
          .insertInto('learning_dismissals')
          .values(row)
          .onConflict(conflict => conflict.columns(['project', 'suggestion']).doNothing())
          .execute()
        return { dismissed: suggestion }
      })
    },
  }
}

/** @throws LearningDisabled */
async function readerOf({ library, learning }: LearningParts, name: string, call: Call): Promise<Reader> {
  if (!learning) throw new LearningDisabled()
  const { userId } = must(call.principal, 'a principal')
  return { project: await getProject(library.read, name), userId, signal: call.signal }
}

interface Accepted {
  readonly suggestion: Suggestion
  readonly project: string
  readonly tool?: string | undefined
  readonly description?: string | undefined
}

async function accept(
  parts: LearningParts,
  changes: ToolChanges,
  { suggestion, project, tool = suggestion.tool, description }: Accepted,
  call: Call,
) {
  if (suggestion.kind === 'disable_tool') {
    await parts.identity.requireProject(must(call.principal, 'a principal'), 'admin', project)
    return changes['tools.disable']({ project, tool: suggestion.tool, comment: 'Nobody uses it.' }, call)
  }
  const definition = must(suggestion.definition, 'a definition')
  if (suggestion.kind === 'make_tool') {
    const { sources: _, ...parts } = definition
    const fromRun = suggestion.evidence.lastRun ?? undefined
    return changes['tools.create'](
      { ...parts, project, tool, fromRun, description: description ?? definition.description },
      call,
    )
  }
  const { version } = await changes['tools.get']({ project, tool: suggestion.tool }, call)
  const { text, mode } = definition
  return changes['tools.update'](
    { project, tool: suggestion.tool, expectedVersion: version, text, mode, description },
    call,
  )
}
