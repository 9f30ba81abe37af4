import { must } from '@super-data/base/errors'
import type { Database } from '@super-data/metadata'
import { authorise, may, type Target } from '../authorise.ts'
import type { Handlers } from '../call.ts'
import { findStanding, getProject } from '../identity/projects.ts'
import { LearningDisabled } from '../library/errors.ts'
import { functionVersions } from '../library/function-rows.ts'
import { tell } from '../library/tell.ts'
import { getToolRow } from '../library/tool-rows.ts'
import type { LibraryTables } from '../state/library.ts'
import { type Import, type ImportParts, importDocument } from './import-library.ts'
import { writeDocument } from './library-document.ts'

export interface ExchangeParts extends ImportParts {
  readonly library: Database<LibraryTables>
  /** Whether anything may be put before the team. */
  readonly learning: boolean
}

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

    'library.import': async ({ project: name, document, onConflict, approve, dryRun }, call) => {
      const principal = must(call.principal, 'a principal')
      const target: Target = { kind: 'project', project: await findStanding(library.read, principal.userId, name) }
      if (approve) authorise(principal, 'admin', target)
      else if (!learning) throw new LearningDisabled()
      const project = await getProject(library.read, name)
      const { userId } = principal
      const unlimited = may(principal, 'admin', target)
      const given: Import = { project, userId, document, onConflict, approve, unlimited, signal: call.signal }
      if (dryRun) return { dryRun, changes: await rehearse(parts, given) }
      return call.changeLibrary(async (transaction, recording) => {
        recording.target(document.hash.slice(0, 12))
        const { changes, events } = await importDocument(parts, transaction, given)
        tell(recording, events)
        return { dryRun, changes }
      })
    },
  }
}

async function newest({ tools }: ExchangeParts, projectId: string) {
  const all = await tools.all(projectId)
  return all.filter(({ tool }) => tool.disabled_at === null).map(({ tool, newest }) => ({ ...newest, name: tool.name }))
}

/** Does it all and lets none of it stand: what it says is what would happen. */
async function rehearse(parts: ExchangeParts, given: Import) {
  try {
    await parts.library.write(async transaction => {
      throw new Rehearsed((await importDocument(parts, transaction, given)).changes)
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
