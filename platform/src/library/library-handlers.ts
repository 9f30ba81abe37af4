import type { Clock } from '@super-data/base/clock'
import { must } from '@super-data/base/errors'
import type { Input, JsonValue, Tool, ToolDefinition } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import { may } from '../authorise.ts'
import type { Call, Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import { findStanding, getProject } from '../identity/projects.ts'
import type { Principal } from '../principal.ts'
import type { PinnedFunction } from '../queries/engine.ts'
import { explain } from '../queries/explain.ts'
import type { Questions } from '../queries/questions.ts'
import type { RunLog } from '../queries/run-log.ts'
import type { LibraryTables } from '../state/library.ts'
import { LearningDisabled, ToolInvalid, ToolNotApproved } from './errors.ts'
import type { Functions } from './functions.ts'
import { schemaFromExamples } from './parameters.ts'
import type { Proposals } from './proposals.ts'
import type { ToolCatalogue } from './tool-catalogue.ts'
import type { CompiledTool, ToolChecker } from './tool-checker.ts'
import { pinsOf, stateOf } from './tool-rows.ts'
import type { Tools } from './tools.ts'

export interface LibraryParts {
  readonly library: Database<LibraryTables>
  readonly functions: Functions
  readonly tools: Tools
  readonly proposals: Proposals
  readonly checker: ToolChecker
  readonly catalogue: ToolCatalogue
  readonly questions: Questions
  readonly runs: RunLog
  readonly clock: Clock
  readonly learning: boolean
}

type LibraryHandlers = Pick<Handlers, Extract<keyof Handlers, `functions.${string}` | `tools.${string}`>>

const known = (call: Call): Principal => must(call.principal, 'a principal')

export function libraryHandlers(parts: LibraryParts): LibraryHandlers {
  return { ...functionHandlers(parts), ...readingToolHandlers(parts), ...changingToolHandlers(parts) }
}

function functionHandlers({ functions, library }: LibraryParts) {
  return {
    'functions.list': async input => {
      const project = await getProject(library.read, input.project)
      const after = parseCursor(input.cursor)
      const items = await functions.list(project.id, { limit: input.limit + 1, ...(after ? { after } : {}) })
      return toPage(
        items,
        input.limit,
        item => item,
        item => item.id,
      )
    },
    'functions.get': async input => {
      const project = await getProject(library.read, input.project)
      return functions.get(project.id, input.function, input.version)
    },
    'functions.create': async (input, call) => {
      const project = await getProject(library.read, input.project)
      return call.changeLibrary(async (transaction, recording) => {
        const saved = await functions.save(transaction, {
          projectId: project.id,
          definition: input.definition,
          description: input.description,
          userId: known(call).userId,
          expectedVersion: input.expectedVersion,
        })
        recording.target(`${saved.name}/${saved.arity}`)
        recording.event('function.created', input.project, `${saved.name}/${saved.arity}`)
        return saved
      })
    },
    'functions.disable': async (input, call) => {
      const project = await getProject(library.read, input.project)
      return call.changeLibrary(async (transaction, recording) => {
        const disabled = await functions.disable(transaction, project.id, input.function)
        recording.target(`${disabled.name}/${disabled.arity}`)
        recording.event('function.disabled', input.project, `${disabled.name}/${disabled.arity}`)
        return disabled
      })
    },
  } satisfies Partial<Handlers>
}

function readingToolHandlers(parts: LibraryParts) {
  const { tools, questions } = parts
  return {
    'tools.list': async input => {
      const project = await getProject(parts.library.read, input.project)
      const after = parseCursor(input.cursor) ?? ''
      const words = (input.search ?? '').toLowerCase().split(/\s+/).filter(Boolean)
      const all = (await tools.all(project.id)).map(({ tool, newest }) => {
        const { description, engine, parameters } = JSON.parse(newest.definition) as ToolDefinition
        const state = stateOf(tool, newest, parts.clock.now())
        return { name: tool.name, state, version: newest.version, description, engine, parameters }
      })
      const matching = all.filter(
        tool =>
          tool.name > after &&
          (input.state === undefined || tool.state === input.state) &&
          words.every(word => `${tool.name} ${tool.description}`.toLowerCase().includes(word)),
      )
      return toPage(
        matching,
        input.limit,
        item => item,
        item => item.name,
      )
    },
    'tools.get': async input => tools.get((await getProject(parts.library.read, input.project)).id, input.tool),
    'tools.explain': async (input, call) => {
      const { compiled } = await toolToCall(parts, input, call)
      const source = compiled.definition.source ?? compiled.definition.sources[0]
      return explain(await compiled.query(source))
    },
    'tools.run': async (input, call) => {
      const { compiled, draft } = await toolToCall(parts, input, call)
      const params = compiled.parameters.check(input.params)
      const source = compiled.sourceFor(params)
      const { engine, text, mode } = compiled.definition
      return questions.ask({ engine, source, text, mode }, await compiled.query(source), {
        project: input.project,
        principal: known(call),
        params,
        maxRows: input.maxRows,
        maxBytes: input.maxBytes,
        signal: call.signal,
        tool: { name: input.tool, hash: compiled.hash, draft, secrets: compiled.parameters.secrets },
      })
    },
  } satisfies Partial<Handlers>
}

function changingToolHandlers(parts: LibraryParts) {
  const { tools, proposals, checker, learning } = parts
  return {
    'tools.create': async (input, call) => {
      const project = await getProject(parts.library.read, input.project)
      const checked = await checker.check(project, await definitionOf(parts, input, call), {
        signal: call.signal,
        sourcesMustExist: true,
      })
      return call.changeLibrary(async (transaction, recording) => {
        const origin = input.fromRun === undefined ? ('manual' as const) : ('learned' as const)
        const change = { ...checked, projectId: project.id, name: input.tool, userId: known(call).userId, origin }
        const tool = await tools.create(transaction, change)
        recording.target(tool.name)
        recording.event('tool.created', input.project, tool.name)
        return tool
      })
    },
    'tools.update': async (input, call) => {
      const project = await getProject(parts.library.read, input.project)
      const current = await tools.get(project.id, input.tool)
      const checked = await checker.check(project, changed(current.definition, input), {
        signal: call.signal,
        sourcesMustExist: true,
      })
      return call.changeLibrary(async (transaction, recording) => {
        const tool = await tools.update(transaction, {
          ...checked,
          projectId: project.id,
          name: input.tool,
          userId: known(call).userId,
          expectedVersion: input.expectedVersion,
        })
        recording.target(tool.name)
        recording.event('tool.updated', input.project, tool.name)
        return tool
      })
    },
    'tools.submit': async (input, call) => {
      if (!learning) throw new LearningDisabled()
      const project = await getProject(parts.library.read, input.project)
      return call.changeLibrary(async (transaction, recording) => {
        const { tool: name, justification } = input
        await proposals.submit(transaction, { projectId: project.id, name, userId: known(call).userId, justification })
        const tool = await tools.get(project.id, name, undefined, transaction)
        recording.target(tool.name)
        recording.event(tool.state === 'approved' ? 'tool.approved' : 'tool.submitted', input.project, tool.name)
        return tool
      })
    },
    'tools.vote': async (input, call) => {
      const project = await getProject(parts.library.read, input.project)
      return call.changeLibrary(async (transaction, recording) => {
        const { tool: name, vote, hash, comment } = input
        const userId = known(call).userId
        await proposals.vote(transaction, { projectId: project.id, name, userId, vote, hash, comment })
        const tool = await tools.get(project.id, name, undefined, transaction)
        recording.target(name)
        recording.event('tool.voted', input.project, name)
        if (tool.state === 'approved') recording.event('tool.approved', input.project, name)
        if (tool.state === 'rejected') recording.event('tool.rejected', input.project, name)
        return tool
      })
    },
    'tools.disable': async (input, call) => {
      const project = await getProject(parts.library.read, input.project)
      return call.changeLibrary(async (transaction, recording) => {
        const tool = await tools.disable(transaction, project.id, input.tool)
        recording.target(tool.name)
        recording.event('tool.disabled', input.project, tool.name)
        return tool
      })
    },
  } satisfies Partial<Handlers>
}

/** The version a call means: the approved one, or a draft that its caller may try. */
async function toolToCall(
  parts: LibraryParts,
  input: { project: string; tool: string; version?: number | undefined },
  call: Call,
): Promise<{ compiled: CompiledTool; draft: boolean }> {
  const project = await getProject(parts.library.read, input.project)
  const approved = await parts.catalogue.find(project, input.tool)
  if (approved && input.version === undefined) return { compiled: approved, draft: false }
  const tool = await parts.tools.get(project.id, input.tool, input.version)
  if (!(await mayTry(parts, project, tool, call, input.version !== undefined))) {
    throw new ToolNotApproved(input.tool, tool.state)
  }
  const functions = await pinnedBy(parts, tool)
  return { compiled: parts.checker.compile(project.name, tool.definition, functions, tool.hash), draft: true }
}

/** Its author may try a draft; a reviewer may try the version in question by naming it. */
async function mayTry(parts: LibraryParts, project: { name: string }, tool: Tool, call: Call, named: boolean) {
  if (tool.state === 'disabled') return false
  const principal = known(call)
  if (tool.createdBy === principal.userName) return true
  if (!named) return false
  const standing = await findStanding(parts.library.read, principal.userId, project.name)
  return may(principal, 'write', { kind: 'project', project: standing })
}

async function pinnedBy(parts: LibraryParts, tool: Tool): Promise<PinnedFunction[]> {
  const version = await parts.library.read
    .selectFrom('tool_versions')
    .select('functions')
    .where('tool_id', '=', tool.id)
    .where('version', '=', tool.version)
    .executeTakeFirstOrThrow()
  return Promise.all(pinsOf(version).map(async pin => ({ ...pin, definition: await parts.functions.definition(pin) })))
}

/** A definition from a run, from parts, or from a run with some parts replaced. */
async function definitionOf(parts: LibraryParts, input: Input<'tools.create'>, call: Call): Promise<ToolDefinition> {
  const run = input.fromRun === undefined ? undefined : await parts.runs.get(input.project, input.fromRun)
  const engine = input.engine ?? run?.engine
  const text = input.text ?? run?.text
  if (engine === undefined || text === undefined) {
    throw new ToolInvalid('a tool needs an engine and a text', 'Give fromRun, or engine and text.')
  }
  const own = run?.user_id === known(call).userId
  const examples = own && run?.params ? (JSON.parse(run.params) as Record<string, JsonValue>) : {}
  const source = input.source ?? (input.sources ? undefined : (run?.source ?? undefined))
  return {
    description: input.description,
    engine,
    ...(source === undefined ? {} : { source }),
    sources: input.sources ?? [],
    text,
    mode: input.mode ?? run?.mode ?? 'document',
    parameters: input.parameters ?? schemaFromExamples(examples),
  }
}

function changed(current: ToolDefinition, input: Input<'tools.update'>): ToolDefinition {
  const { description, source, sources, text, mode, parameters } = input
  const next = { ...current }
  if (sources !== undefined) delete next.source
  if (source !== undefined) next.sources = []
  return {
    ...next,
    ...(description === undefined ? {} : { description }),
    ...(source === undefined ? {} : { source }),
    ...(sources === undefined ? {} : { sources }),
    ...(text === undefined ? {} : { text }),
    ...(mode === undefined ? {} : { mode }),
    ...(parameters === undefined ? {} : { parameters }),
  }
}
