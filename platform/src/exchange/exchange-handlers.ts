import { must } from '@super-data/base/errors'
import { authorise, may, type Target } from '../authorise.ts'
import type { Handlers } from '../call.ts'
import { findStanding, getProject } from '../identity/projects.ts'
import { LearningDisabled } from '../library/errors.ts'
import { functionVersions } from '../library/function-rows.ts'
import type { LibraryParts } from '../library/library-parts.ts'
import { tell } from '../library/tell.ts'
import { getToolRow } from '../library/tool-rows.ts'
import type { Import } from './import-change.ts'
import { type ImportParts, importDocument } from './import-library.ts'
import { verifyDocument, writeDocument } from './library-document.ts'
import { type ProvingParts, proveTools } from './prove-tools.ts'

export type ExchangeParts = ImportParts & ProvingParts & Pick<LibraryParts, 'learning'>

type ExchangeHandlers = Pick<Handlers, 'library.export' | 'library.import'>

export function exchangeHandlers(parts: ExchangeParts): ExchangeHandlers {
  const { library, tools, learning } = parts
  return {
    'library.export': async ({ project: name, type, tools: only }) => {
      const project = await getProject(library.read, name)
      for (const tool of only ?? []) await getToolRow(library.read, project.id, tool)
      const chosen = type === 'approved' ? await tools.approved(project.id) : await newest(parts, project.id)
      const functions = functionVersions(library.read, project.id).where('functions.disabled_at', 'is', null)
      const which = type === 'approved' ? 'functions.approved_version' : 'functions.version'
      return writeDocument(library.read, project.id, {
        tools: chosen.filter(tool => only === undefined || only.includes(tool.name)),
        functions: only === undefined ? await functions.whereRef('versions.version', '=', which).execute() : [],
      })
    },

    'library.import': async ({ project: name, dryRun, ...input }, call) => {
      const { document, approve } = input
      const principal = must(call.principal, 'a principal')
      const target: Target = { kind: 'project', project: await findStanding(library.read, principal.userId, name) }
      if (approve) authorise(principal, 'admin', target)
      else if (!learning) throw new LearningDisabled()
      const project = await getProject(library.read, name)
      const unlimited = may(principal, 'admin', target)
      const given: Import = { ...input, project, principal, unlimited, signal: call.signal }
      const functions = verifyDocument(document)
      const proven = { functions, tools: await proveTools(parts, given) }
      if (dryRun) return { dryRun, changes: await rehearse(parts, given, proven) }
      return call.changeLibrary(async (transaction, recording) => {
        recording.target(document.hash.slice(0, 12))
        const { changes, events } = await importDocument(parts, transaction, given, proven)
        tell(recording, events)
        return { dryRun, changes }
      })
    },
  }
}

async function newest({ tools }: ExchangeParts, projectId: string) {
  const all = await tools.all(projectId)
  return all
    .filter(({ tool }) => tool.disabled_at === null)
    .map(({ tool, version }) => ({ ...version, name: tool.name }))
}

/** Does it all and lets none of it stand: what it says is what would happen. */
async function rehearse(parts: ExchangeParts, given: Import, proven: Parameters<typeof importDocument>[3]) {
  try {
    await parts.library.write(async transaction => {
      throw new Rehearsed((await importDocument(parts, transaction, given, proven)).changes)
    })
  } catch (outcome) {
    if (outcome instanceof Rehearsed) return outcome.changes
    throw outcome
  }
  throw new Error('a rehearsal was committed')
}

/** Carries the outcome out of the transaction that must not be committed. */
class Rehearsed extends Error {
  readonly changes: Awaited<ReturnType<typeof importDocument>>['changes']
  constructor(changes: Rehearsed['changes']) {
    super('a rehearsal ended')
    this.changes = changes
  }
}
