import type { Clock } from '@super-data/base/clock'
import type { Database } from '@super-data/metadata'
import type { Handlers } from '../call.ts'
import { getProject } from '../identity/projects.ts'
import type { ToolCatalogue } from '../library/tool-catalogue.ts'
import type { LibraryTables } from '../state/library.ts'
import { startOf } from './period.ts'
import type { RunStatistics } from './run-statistics.ts'

export interface LearningParts {
  readonly library: Database<LibraryTables>
  readonly catalogue: ToolCatalogue
  readonly statistics: RunStatistics
  readonly clock: Clock
}

export function learningHandlers(parts: LearningParts): Pick<Handlers, 'tools.stats'> {
  const { library, catalogue, statistics, clock } = parts
  return {
    'tools.stats': async ({ project: name, period, tool }, { signal }) => {
      const project = await getProject(library.read, name)
      const to = clock.now()
      const selection = { project: name, since: startOf(period, to), tool }
      const overall = await statistics.overall(selection, signal)
      const tools = await statistics.byTool(selection, signal)
      const lastUse = await statistics.lastUse(name)
      const called = new Set(tools.map(each => each.tool))
      const unused = (await catalogue.of(project)).tools
        .filter(each => !called.has(each.name) && (tool === undefined || each.name === tool))
        .map(each => ({ tool: each.name, lastAt: lastUse.get(each.name) ?? null }))
      return { from: Math.max(selection.since, (await statistics.since()) ?? to), to, overall, tools, unused }
    },
  }
}
