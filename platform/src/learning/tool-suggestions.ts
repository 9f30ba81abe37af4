import type { Clock } from '@super-data/base/clock'
import type { Suggestion, ToolDefinition, Usage } from '@super-data/contract'
import type { ProjectDatasets } from '../datasets/project-datasets.ts'
import { jqCompatibility } from '../datasets/tool-compatibility.ts'
import type { ProjectRow } from '../identity/projects.ts'
import type { ToolCatalogue } from '../library/tool-catalogue.ts'
import type { CompiledTool } from '../library/tool-checker.ts'
import type { Tools } from '../library/tools.ts'
import { mendedText } from './mended-text.ts'
import { recordForm } from './record-form.ts'
import type { RunStatistics } from './run-statistics.ts'

export interface ToolSuggestionParts {
  readonly catalogue: ToolCatalogue
  readonly tools: Tools
  readonly statistics: RunStatistics
  readonly datasets: ProjectDatasets
  readonly clock: Clock
}

/** A suggestion without the id that is made from it. */
export type Draft = Omit<Suggestion, 'id'>

const dayMs = 86_400_000

/** What is looked at. */
const periodMs = 30 * dayMs

/** Thresholds from which something is worth saying. */
const worth = { slowMs: 500, sameParameters: 5, largeBytes: 32 * 2 ** 20, unusedMs: 90 * dayMs }

/** Tools whose history is read in one go. */
const unusedMax = 50

/** Structures a tool is compared with. */
const structuresMax = 50

interface Seen {
  readonly name: string
  readonly tool: CompiledTool
  readonly usage: (Usage & { lastAt: number }) | undefined
}

/** What the use of approved tools suggests. */
export class ToolSuggestions {
  readonly #parts: ToolSuggestionParts

  /** Borrows everything. */
  constructor(parts: ToolSuggestionParts) {
    this.#parts = parts
  }

  async of(project: ProjectRow, signal: AbortSignal): Promise<Draft[]> {
    const { catalogue, statistics, clock } = this.#parts
    const selection = { project: project.name, since: clock.now() - periodMs }
    const used = new Map((await statistics.byTool(selection, signal)).map(usage => [usage.tool, usage]))
    const drafts: (Draft | undefined)[] = []
    for (const { name } of (await catalogue.of(project)).tools) {
      const tool = await catalogue.find(project, name)
      if (!tool) continue
      const seen = { name, tool, usage: used.get(name) }
      drafts.push(
        await this.#mended(project, seen),
        await this.#records(project, seen),
        await this.#impure(project, seen, signal),
      )
    }
    drafts.push(...(await this.#unused(project)))
    return drafts.filter(draft => draft !== undefined)
  }

  /** Data that has changed can be changed back on the way to a tool, when somebody has said how. */
  async #mended(project: ProjectRow, { name, tool, usage }: Seen): Promise<Draft | undefined> {
    const { engine, source } = tool.definition
    if (engine !== 'jq' || source === undefined) return undefined
    const { datasets: projects } = this.#parts
    const dataset = (await projects.of(project.name)).find(source)
    const structures = dataset ? await projects.schemasOf(project.name).history(source, { limit: structuresMax }) : []
    const fit = dataset && (await jqCompatibility({ dataset: source, name, tool, structures }))
    if (!fit || fit.isCompatible || !fit.isCertain) return undefined
    const chain = await projects.migrationsOf(project.name).chain(source, dataset.schemaVersion, fit.worksWith)
    if (!chain) return undefined
    const text = mendedText(tool.definition, chain, dataset.shape === 'array')
    return {
      kind: 'mend_tool',
      title: `${name} does not fit ${source} any more (${fit.problems[0]?.problem}): put the migration before its program?`,
      tool: name,
      evidence: evidenceOf(usage, null),
      definition: { ...tool.definition, text },
      canAccept: true,
    }
  }

  /** A program that looks at one record after the other need not hold them all. */
  async #records(project: ProjectRow, { name, tool, usage }: Seen): Promise<Draft | undefined> {
    const { definition } = tool
    const { engine, mode, source, text } = definition
    if (engine !== 'jq' || mode !== 'document' || source === undefined) return undefined
    const dataset = (await this.#parts.datasets.of(project.name)).find(source)
    if (dataset?.shape !== 'array' || dataset.sizeBytes < worth.largeBytes) return undefined
    const form = recordForm(text)
    if (form === undefined) return undefined
    const megabytes = Math.round(dataset.sizeBytes / 2 ** 20)
    return {
      kind: 'use_records',
      title: `${name} holds ${megabytes} MB of ${source} at once and looks at it record by record: use records mode?`,
      tool: name,
      evidence: evidenceOf(usage, dataset.sizeBytes),
      definition: { ...definition, text: form, mode: 'records' } satisfies ToolDefinition,
      canAccept: true,
    }
  }

  /** Answers that depend on the time are made anew each time, however often the same is asked. */
  async #impure(project: ProjectRow, { name, tool, usage }: Seen, signal: AbortSignal): Promise<Draft | undefined> {
    if (usage === undefined || (usage.p95Ms ?? 0) < worth.slowMs) return undefined
    const { source, sources } = tool.definition
    const query = await tool.query(source ?? sources[0]).catch(() => undefined)
    if (!query || query.pure) return undefined
    const { clock, statistics } = this.#parts
    const selection = { project: project.name, since: clock.now() - periodMs, tool: name }
    const same = await statistics.sameParameters(selection, signal)
    if (same < worth.sameParameters) return undefined
    return {
      kind: 'take_as_parameter',
      title: `${name} was called ${same} times with the same parameters, and runs each time because its answer depends on more than the data: take the time as a parameter?`,
      tool: name,
      evidence: evidenceOf(usage, null),
      canAccept: false,
    }
  }

  /** Only what the log has seen for so long can be called unused. */
  async #unused(project: ProjectRow): Promise<Draft[]> {
    const { catalogue, statistics, tools, clock } = this.#parts
    const longAgo = clock.now() - worth.unusedMs
    if (((await statistics.since()) ?? clock.now()) > longAgo) return []
    const lastUse = await statistics.lastUse(project.name)
    const idle = (await catalogue.of(project)).tools.filter(({ name }) => (lastUse.get(name) ?? 0) < longAgo)
    const drafts: Draft[] = []
    for (const { name } of idle.slice(0, unusedMax)) {
      const { approvedAt } = await tools.get(project.id, name)
      if (approvedAt === null || approvedAt > longAgo) continue
      drafts.push({
        kind: 'disable_tool',
        title: `Nobody has called ${name} for 90 days: put it away?`,
        tool: name,
        evidence: { ...evidenceOf(undefined, null), lastAt: lastUse.get(name) ?? null },
        canAccept: true,
      })
    }
    return drafts
  }
}

function evidenceOf(usage: Seen['usage'], bytes: number | null): Suggestion['evidence'] {
  return {
    asked: usage?.calls ?? 0,
    users: usage?.users ?? 0,
    firstAt: null,
    lastAt: usage?.lastAt ?? null,
    lastRun: null,
    p95Ms: usage?.p95Ms ?? null,
    bytes,
  }
}
