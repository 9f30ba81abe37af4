import { must } from '@super-data/base/errors'
import type { Checks, Input, Tool, ToolDefinition } from '@super-data/contract'
import type { Call, Handlers } from '../call.ts'
import { getProject, type ProjectRow } from '../identity/projects.ts'
import { requireCurrent } from './current-version.ts'
import { newDefinition, originOf } from './draft-definition.ts'
import { LearningDisabled, ToolInvalid } from './errors.ts'
import type { LibraryParts } from './library-parts.ts'
import { pinsOf, readVersionTexts } from './pinned-functions.ts'
import { readSavedVersion } from './saved-version.ts'
import { tell } from './tell.ts'
import type { CheckedDefinition } from './tool-checker.ts'
import { getToolRow, getVersionRow, type ToolRow } from './tool-rows.ts'
import type { VersionRow } from './version-rows.ts'
import { waitingTools } from './waiting-proposals.ts'

type Own = 'tools.submit' | 'tools.propose' | 'tools.dryRun' | 'functions.submit'

/** The way of tools and functions before the team. */
export function proposalHandlers(parts: LibraryParts): Pick<Handlers, Own> {
  const { library, tools, functions, reviews, checks, learning } = parts
  return {
    'tools.submit': async (input, call) => {
      if (!learning) throw new LearningDisabled()
      const project = await getProject(library.read, input.project)
      const { userId } = must(call.principal, 'a principal')
      const tool = await getToolRow(library.read, project.id, input.tool)
      await requireCurrent(library.read, tool, input.expectedVersion)
      const version = await getVersionRow(library.read, tool, tool.version)
      const { justification, allowSimilar = false } = input
      const found = await checkTool(parts, { project, tool, version, allowSimilar }, call)
      return call.changeLibrary(async (transaction, recording) => {
        recording.target(input.tool)
        const row = await getToolRow(transaction, project.id, input.tool)
        const change = { userId, justification, version: version.version, checks: found, allowSimilar }
        tell(recording, await reviews.submit(transaction, row, change))
        return tools.get(project.id, input.tool, undefined, transaction)
      })
    },
    'tools.propose': (input, call) => propose(parts, input, call),
    'tools.dryRun': (input, call) => dryRun(parts, input, call),
    'functions.submit': async (input, call) => {
      if (!learning) throw new LearningDisabled()
      const project = await getProject(library.read, input.project)
      const { userId } = must(call.principal, 'a principal')
      return call.changeLibrary(async (transaction, recording) => {
        const owner = await functions.owner(transaction, project.id, input.function)
        recording.target(owner.name)
        await requireCurrent(transaction, owner, input.expectedVersion)
        const row = await functions.row(transaction, project.id, owner.name)
        const texts = await readVersionTexts(transaction, pinsOf(row))
        const used = pinsOf(row).map(pin => texts(pin.id, pin.hash)?.definition ?? '')
        const change = { userId, justification: input.justification, version: row.version }
        const found = checks.ofFunction(row, used.filter(Boolean))
        tell(recording, await reviews.submit(transaction, owner, { ...change, checks: found }))
        return functions.get(project.id, owner.name, undefined, transaction)
      })
    },
  }
}

/** Saves and submits in one transaction: a proposal that is refused leaves nothing behind. */
async function propose(parts: LibraryParts, input: Input<'tools.propose'>, call: Call): Promise<Tool> {
  const { library, tools, functions, checker, reviews, learning } = parts
  if (!learning) throw new LearningDisabled()
  const project = await getProject(library.read, input.project)
  const { userId } = must(call.principal, 'a principal')
  const definition = await newDefinition(parts.runs, input, userId)
  const options = { functions: functions.resolver(project.id, userId), signal: call.signal, sourcesMustExist: true }
  const checked = await checker.check(project, definition, options)
  requireUsed(input.requiredFunctions ?? [], checked)
  const context = await checkContext(parts, project, input.allowSimilar ?? false, call)
  const found = await parts.checks.ofTool(input.tool, { ...checked, hash: '' }, context)
  const origin = originOf(input, call)
  return call.changeLibrary(async (transaction, recording) => {
    recording.target(input.tool)
    const change = { ...checked, projectId: project.id, name: input.tool, userId }
    const { expectedVersion } = input
    const saved =
      expectedVersion === undefined
        ? await tools.create(transaction, { ...change, origin })
        : await tools.update(transaction, { ...change, expectedVersion })
    tell(recording, saved.events)
    const row = await getToolRow(transaction, project.id, input.tool)
    const { version } = saved.tool
    const { justification, allowSimilar } = input
    const submitting = { userId, justification, version, checks: found, allowSimilar }
    tell(recording, await reviews.submit(transaction, row, submitting))
    return tools.get(project.id, input.tool, undefined, transaction)
  })
}

/** What somebody says it uses must be what it uses. @throws ToolInvalid */
function requireUsed(wanted: readonly string[], { functions }: CheckedDefinition): void {
  const used = new Set(functions.flatMap(({ name, arity }) => [name, `${name}/${arity}`]))
  const unused = wanted.filter(name => !used.has(name))
  if (unused.length > 0)
    throw new ToolInvalid(`it does not use ${unused.join(', ')}`, 'Name only what the query calls.')
}

async function checkTool(
  parts: LibraryParts,
  checked: { project: ProjectRow; tool: ToolRow; version: VersionRow; allowSimilar: boolean },
  call: Call,
): Promise<Checks> {
  const { project, tool, version, allowSimilar } = checked
  const texts = await readVersionTexts(parts.library.read, pinsOf(version))
  const saved = readSavedVersion(tool.name, version, texts)
  return parts.checks.ofTool(tool.name, saved, await checkContext(parts, project, allowSimilar, call))
}

async function checkContext(parts: LibraryParts, project: ProjectRow, allowSimilar: boolean, call: Call) {
  const approved = [...(await parts.catalogue.all(project))].map(([name, { definition }]) => ({ name, definition }))
  const principal = must(call.principal, 'a principal')
  const proposing = { projectId: project.id, userId: principal.userId }
  const waiting = (await waitingTools(parts.library.read, proposing, parts.clock.now())).flatMap(parsed)
  return { project: project.name, principal, signal: call.signal, allowSimilar, approved, waiting }
}

/** A row that was edited behind our back compares with nothing. */
function parsed<Row extends { definition: string }>(row: Row): (Omit<Row, 'definition'> & Parsed)[] {
  try {
    return [{ ...row, definition: JSON.parse(row.definition) as ToolDefinition }]
  } catch {
    return []
  }
}

interface Parsed {
  readonly definition: ToolDefinition
}

/** Tries a version as it is: its test cases, and one call when there is something to call it with. */
async function dryRun(parts: LibraryParts, input: Input<'tools.dryRun'>, call: Call) {
  const { library, tests, questions, checker } = parts
  const project = await getProject(library.read, input.project)
  const tool = await getToolRow(library.read, project.id, input.tool)
  const version = await getVersionRow(library.read, tool, input.version ?? tool.version)
  const saved = readSavedVersion(tool.name, version, await readVersionTexts(library.read, pinsOf(version)))
  const principal = must(call.principal, 'a principal')
  const run = { project: project.name, principal, signal: call.signal }
  const results = await tests.run(saved, run)
  const tried = { version: version.version, hash: version.hash, tests: results }
  if (input.params === undefined && input.input === undefined) return tried
  const compiled = checker.compile(project.name, saved)
  const params = compiled.parameters.checkFor(principal, input.params ?? {})
  const asking = {
    ...{ ...run, maxRows: 100, maxBytes: 256_000 },
    tool: { name: tool.name, hash: saved.hash, draft: true, secrets: compiled.parameters.secrets },
  }
  if (input.input !== undefined) {
    const over = await tests.overInput(saved, input.input, run)
    const question = { ...over.question, text: saved.definition.text }
    const answer = await questions.ask(question, async () => over.query, {
      ...asking,
      params: { ...params, ...over.params },
    })
    return { ...tried, answer }
  }
  const source = compiled.sourceFor(params)
  const { engine, text, mode } = saved.definition
  const question = { engine, text, mode, source }
  return { ...tried, answer: await questions.ask(question, () => compiled.query(source), { ...asking, params }) }
}
