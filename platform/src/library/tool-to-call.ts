import { must } from '@super-data/base/errors'
import { may } from '../authorise.ts'
import type { Call } from '../call.ts'
import { findStanding, getProject, type ProjectRow } from '../identity/projects.ts'
import { ToolNotApproved } from './errors.ts'
import type { LibraryParts } from './library-parts.ts'
import { pinsOf, readVersionTexts } from './pinned-functions.ts'
import { readSavedVersion } from './saved-version.ts'
import type { CompiledTool } from './tool-checker.ts'
import { getToolRow, getVersionRow, type ToolRow } from './tool-rows.ts'
import { stateOf, type VersionRow } from './version-rows.ts'

export interface ToolToCall {
  readonly compiled: CompiledTool
  /** Not approved: somebody tries it. */
  readonly draft: boolean
}

interface Wanted {
  readonly project: string
  readonly tool: string
  readonly version?: number | undefined
}

/**
 * The version a call means: the approved one, or one that its caller may try.
 *
 * @throws ToolMissing · ToolNotApproved · ToolAltered
 */
export async function toolToCall(parts: LibraryParts, input: Wanted, call: Call): Promise<ToolToCall> {
  const found = await findMeant(parts, input)
  if (found.approved !== undefined) return { compiled: found.approved, draft: false }
  const saved = await readSaved(parts, found)
  if (!(await mayTry(parts, { ...found, named: input.version !== undefined }, call))) {
    throw new ToolNotApproved(found.tool.name, stateOf(found.tool, found.row, parts.clock.now()))
  }
  return { compiled: parts.checker.compile(found.project.name, saved), draft: true }
}

/** The same version for whoever only reads it: reviewers read what nobody may call yet. @throws ToolMissing · ToolAltered */
export async function toolToRead(parts: LibraryParts, input: Wanted): Promise<CompiledTool> {
  const found = await findMeant(parts, input)
  return found.approved ?? parts.checker.compile(found.project.name, await readSaved(parts, found))
}

interface Saved {
  readonly project: ProjectRow
  readonly tool: ToolRow
  readonly row: VersionRow
}

async function findMeant(
  parts: LibraryParts,
  input: Wanted,
): Promise<(Saved & { readonly approved?: undefined }) | { readonly approved: CompiledTool }> {
  const project = await getProject(parts.library.read, input.project)
  const approved = await parts.catalogue.find(project, input.tool)
  if (approved && input.version === undefined) return { approved }
  const tool = await getToolRow(parts.library.read, project.id, input.tool)
  const version = input.version ?? tool.approved_version ?? tool.version
  if (approved && version === tool.approved_version) return { approved }
  return { project, tool, row: await getVersionRow(parts.library.read, tool, version) }
}

async function readSaved(parts: LibraryParts, { tool, row }: Saved) {
  return readSavedVersion(tool.name, row, await readVersionTexts(parts.library.read, pinsOf(row)))
}

/** Its author may try a version; any other editor may by naming the version. */
async function mayTry(parts: LibraryParts, tried: Saved & { readonly named: boolean }, call: Call): Promise<boolean> {
  if (tried.tool.disabled_at !== null) return false
  const principal = must(call.principal, 'a principal')
  if (tried.row.created_by === principal.userId) return true
  if (!tried.named) return false
  const standing = await findStanding(parts.library.read, principal.userId, tried.project.name)
  return may(principal, 'write', { kind: 'project', project: standing })
}
