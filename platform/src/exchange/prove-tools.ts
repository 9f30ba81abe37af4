import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LibraryDocument } from '@super-data/contract'
import type { LibraryParts } from '../library/library-parts.ts'
import { type ProvenTool, proveTool, readToolContext, type ToolContext } from '../library/proposal.ts'
import { definitionHash } from '../library/saved-version.ts'
import { DocumentResolver } from './document-resolver.ts'
import { DocumentInvalid, ImportTooLong } from './errors.ts'
import { type Import, isNew, toolChange } from './import-change.ts'
import { type Refusal, toRefusal } from './refusal.ts'

export type ProvingParts = Pick<LibraryParts, 'library' | 'catalogue' | 'checker' | 'checks' | 'clock'>
type DocumentTool = LibraryDocument['tools'][number]

type Proof = { readonly tool: ProvenTool } | { readonly refusal: Refusal }

/** What became of each tool of a document that is to be brought in. */
export type Proofs = ReadonlyMap<DocumentTool, Proof>

/** Longest that the checks of one document may take. */
const provingMsMax = 300_000

/**
 * Checks the tools of a document as proposals are checked, before anything is written: test cases take their time.
 *
 * @throws ImportTooLong
 */
export async function proveTools(parts: ProvingParts, given: Import): Promise<Proofs> {
  const { project, principal, document, signal, allowSimilar } = given
  const started = parts.clock.elapsed()
  const run = { project: project.name, principal, signal, allowSimilar }
  const context = await readToolContext(parts, project.id, run)
  const proofs = new Map<DocumentTool, Proof>()
  for (const each of document.tools) {
    // Thousands of tools are no reason to let others wait.
    await nextTurn()
    const { change } = await toolChange(parts.library.read, given, each)
    if (!isNew(change)) continue
    if (parts.clock.elapsed() - started > provingMsMax) throw new ImportTooLong(provingMsMax)
    proofs.set(each, await prove(parts, given, each, context))
  }
  return proofs
}

async function prove(
  parts: ProvingParts,
  { project, document, approve }: Import,
  { name, definition, functions: pins, hash }: DocumentTool,
  context: ToolContext,
): Promise<Proof> {
  const functions = new DocumentResolver(project.id, document, pins)
  try {
    const tool = await proveTool(parts, { project, name, definition, functions, awayAllowed: approve }, context)
    if (definitionHash(tool.checked.definition, tool.checked.functions) === hash) return { tool }
    throw new DocumentInvalid([`${name} is not what its text says`])
  } catch (failure) {
    return { refusal: toRefusal(failure, ['unavailable']) }
  }
}
