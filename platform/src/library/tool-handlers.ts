import { must } from '@super-data/base/errors'
import type { Tool, ToolDefinition } from '@super-data/contract'
import type { Call, Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import { getProject } from '../identity/projects.ts'
import { explain } from '../queries/explain.ts'
import { requireCurrent } from './current-version.ts'
import { withoutDatasetParameter } from './dataset-parameter.ts'
import { changedDefinition, newDefinition, originOf } from './draft-definition.ts'
import type { LibraryParts } from './library-parts.ts'
import { tell } from './tell.ts'
import type { ToolRow } from './tool-rows.ts'
import { toolToCall, toolToRead } from './tool-to-call.ts'
import { stateOf, type VersionRow } from './version-rows.ts'

type Own =
  | 'tools.list'
  | 'tools.get'
  | 'tools.explain'
  | 'tools.run'
  | 'tools.create'
  | 'tools.update'
  | 'tools.upgrade'
  | 'tools.rollback'

export function toolHandlers(parts: LibraryParts): Pick<Handlers, Own> {
  return { ...readingHandlers(parts), ...callingHandlers(parts), ...savingHandlers(parts) }
}

function readingHandlers({ library, tools, clock }: LibraryParts): Pick<Handlers, 'tools.list' | 'tools.get'> {
  return {
    'tools.list': async ({ project: name, limit, cursor, state, search }) => {
      const project = await getProject(library.read, name)
      const words = (search ?? '').toLowerCase().split(/\s+/).filter(Boolean)
      const isWanted = (tool: Summary) =>
        (state === undefined || tool.state === state) &&
        words.every(word => `${tool.name} ${tool.description}`.toLowerCase().includes(word))
      const matching: Summary[] = []
      // A tool goes on answering while its next version is drafted or reviewed.
      const which = state === 'approved' ? 'approved_version' : 'version'
      // Read as far as the page needs, and no further: a library may hold thousands.
      const atMost = state === undefined && words.length === 0 ? limit + 1 : Math.max(limit + 1, 500)
      for (let after = parseCursor(cursor) ?? ''; matching.length <= limit; ) {
        const read = await tools.all(project.id, { after, atMost, which })
        matching.push(...read.map(each => toSummary(each, clock.now())).filter(isWanted))
        if (read.length < atMost) break
        after = read.at(-1)?.tool.name ?? ''
      }
      return toPage(matching, limit, itself, tool => tool.name)
    },
    'tools.get': async input => {
      const project = await getProject(library.read, input.project)
      return tools.get(project.id, input.tool, input.version)
    },
  }
}

type Summary = ReturnType<typeof toSummary>

function toSummary({ tool, version }: { tool: ToolRow; version: VersionRow }, now: number) {
  const { description, engine, parameters } = JSON.parse(version.definition) as ToolDefinition
  return {
    name: tool.name,
    state: stateOf(tool, version, now),
    version: version.version,
    approvedVersion: tool.approved_version,
    description,
    engine,
    parameters,
    origin: tool.origin,
  }
}

function callingHandlers(parts: LibraryParts): Pick<Handlers, 'tools.explain' | 'tools.run'> {
  const { questions } = parts
  return {
    'tools.explain': async input => {
      const compiled = await toolToRead(parts, input)
      const { source, sources } = compiled.definition
      return explain(await compiled.query(source ?? sources[0]), await questions.versions(input.project))
    },
    'tools.run': async (input, call) => {
      const { compiled, draft } = await toolToCall(parts, input, call)
      const principal = must(call.principal, 'a principal')
      const params = compiled.parameters.checkFor(principal, input.params)
      const source = compiled.sourceFor(params)
      const { engine, text, mode } = compiled.definition
      return questions.ask({ engine, source, text, mode }, () => compiled.query(source), {
        project: input.project,
        principal,
        params,
        maxRows: input.maxRows,
        maxBytes: input.maxBytes,
        signal: call.signal,
        tool: { name: input.tool, hash: compiled.hash, draft, secrets: compiled.parameters.secrets },
      })
    },
  }
}

function savingHandlers(
  parts: LibraryParts,
): Pick<Handlers, 'tools.create' | 'tools.update' | 'tools.upgrade' | 'tools.rollback'> {
  const { library, tools, checker, functions } = parts

  /** Saves the next version of a tool, made from the one that was read. */
  async function change(
    input: { readonly project: string; readonly tool: string; readonly expectedVersion: number },
    changed: (current: ToolDefinition) => ToolDefinition,
    call: Call,
    ifSame?: string,
  ): Promise<Tool> {
    const project = await getProject(library.read, input.project)
    const { userId } = must(call.principal, 'a principal')
    const { tool: name, expectedVersion } = input
    const current = await tools.get(project.id, name)
    // What is not given is taken from the version read here, so it must be the one the caller read.
    await requireCurrent(library.read, current, expectedVersion)
    const options = { functions: functions.resolver(project.id, userId), signal: call.signal, sourcesMustExist: true }
    const checked = await checker.check(project, changed(current.definition), options)
    return call.changeLibrary(async (transaction, recording) => {
      recording.target(name)
      const saving = { ...checked, projectId: project.id, name, userId, expectedVersion, ifSame }
      const { tool, events } = await tools.update(transaction, saving)
      tell(recording, events)
      return tool
    })
  }

  return {
    'tools.create': async (input, call) => {
      const project = await getProject(library.read, input.project)
      const { userId } = must(call.principal, 'a principal')
      const definition = await newDefinition(parts.runs, input, userId)
      const options = { functions: functions.resolver(project.id, userId), signal: call.signal, sourcesMustExist: true }
      const checked = await checker.check(project, definition, options)
      const origin = originOf(input, call)
      return call.changeLibrary(async (transaction, recording) => {
        recording.target(input.tool)
        const creating = { ...checked, projectId: project.id, name: input.tool, userId, origin } as const
        const { tool, events } = await tools.create(transaction, creating)
        tell(recording, events)
        return tool
      })
    },
    'tools.update': (input, call) => change(input, current => changedDefinition(current, input), call),
    'tools.upgrade': (input, call) => change(input, withoutDatasetParameter, call, nothingNewer),
    'tools.rollback': async (input, call) => {
      const project = await getProject(library.read, input.project)
      const { userId } = must(call.principal, 'a principal')
      const { tool: name, version, expectedVersion } = input
      return call.changeLibrary(async (transaction, recording) => {
        recording.target(name)
        const earlier = { projectId: project.id, name, userId, version, expectedVersion }
        const { tool, events } = await tools.rollBack(transaction, earlier)
        tell(recording, events)
        return tool
      })
    },
  }
}

const nothingNewer =
  'Its functions are as new as they come. Where one of them still uses an older function, save that one again first: ' +
  '`functions impact` shows which.'

const itself = <Item>(item: Item): Item => item
