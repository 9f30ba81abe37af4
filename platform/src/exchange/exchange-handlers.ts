import { must } from '@super-data/base/errors'
import type { ImportChange } from '@super-data/contract'
import { TransactionTimeout } from '@super-data/metadata'
import { authorise, may, type Target } from '../authorise.ts'
import type { Handlers } from '../call.ts'
import { findStanding, getProject } from '../identity/projects.ts'
import { LearningDisabled } from '../library/errors.ts'
import { functionVersions } from '../library/function-rows.ts'
import type { LibraryParts } from '../library/library-parts.ts'
import { tell } from '../library/tell.ts'
import { TakenNames } from '../library/tool-name.ts'
import { getToolRow } from '../library/tool-rows.ts'
import { ImportTooLong } from './errors.ts'
import type { Import } from './import-change.ts'
import { type Batch, batchesOf, type DocumentFunction, type ImportParts, importEntries } from './import-library.ts'
import { verifyDocument, writeDocument } from './library-document.ts'
import { type Proofs, type ProvingParts, proveTools } from './prove-tools.ts'

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
      const proofs = await proveTools(parts, given)
      if (dryRun) return { dryRun, changes: await rehearse(parts, given, functions, proofs) }
      const entries = [...functions, ...document.tools]
      const changes: ImportChange[] = []
      for (const batch of isWhole(given) ? [entries] : batchesOf(entries)) {
        const imported = call.changeLibrary(async (transaction, recording) => {
          recording.target(document.hash.slice(0, 12))
          const { changes, events } = await importEntries(parts, transaction, given, { entries: batch, proofs })
          tell(recording, events)
          return changes
        })
        changes.push(...(await imported.catch(tooLong)))
      }
      return { dryRun, changes }
    },
  }
}

async function newest({ tools }: ExchangeParts, projectId: string) {
  const all = await tools.all(projectId)
  return all
    .filter(({ tool }) => tool.disabled_at === null)
    .map(({ tool, version }) => ({ ...version, name: tool.name }))
}

/** One that differs refuses them all; and how many may wait is counted over all. */
const isWhole = ({ onConflict, unlimited }: Import) => onConflict === 'refuse' || !unlimited

function tooLong(failure: unknown): never {
  throw failure instanceof TransactionTimeout ? new ImportTooLong(Number(failure.details['limitMs'])) : failure
}

/** Does it all and lets none of it stand: what it says is what would happen. Each batch of tools needs the functions. */
async function rehearse(parts: ExchangeParts, given: Import, functions: readonly DocumentFunction[], proofs: Proofs) {
  const { tools } = given.document
  const taken = await TakenNames.read(parts.library.read, given.project.id)
  const changes: ImportChange[] = []
  for (const batch of isWhole(given) ? [tools] : batchesOf(tools)) {
    const rehearsed = await rehearseBatch(parts, given, { entries: [...functions, ...batch], proofs, taken })
    changes.push(...(changes.length === 0 ? rehearsed : rehearsed.slice(functions.length)))
  }
  return changes
}

async function rehearseBatch(parts: ExchangeParts, given: Import, batch: Batch): Promise<readonly ImportChange[]> {
  try {
    await parts.library.write(async transaction => {
      throw new Rehearsed((await importEntries(parts, transaction, given, batch)).changes)
    })
  } catch (outcome) {
    if (outcome instanceof Rehearsed) return outcome.changes
    return tooLong(outcome)
  }
  throw new Error('a rehearsal was committed')
}

/** Carries the outcome out of the transaction that must not be committed. */
class Rehearsed extends Error {
  readonly changes: readonly ImportChange[]
  constructor(changes: Rehearsed['changes']) {
    super('a rehearsal ended')
    this.changes = changes
  }
}
