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

/**
 * The version a call means: the approved one, or one that its caller may try.
 *
 * @throws ToolMissing · ToolNotApproved · ToolAltered
 */
export async function toolToCall(
  parts: LibraryParts,
  input: { project: string; tool: string; version?: number | undefined },
  call: Call,
): Promise<ToolToCall> {
  const project = await getProject(parts.library.read, input.project)
  const approved = await parts.catalogue.find(project, input.tool)
  if (approved && input.version === undefined) return { compiled: approved, draft: false }
  const tool = await getToolRow(parts.library.read, project.id, input.tool)
  const version = input.version ?? tool.approved_version ?? tool.version
  if (approved && version === tool.approved_version) return { compiled: approved, draft: false }
  const row = await getVersionRow(parts.library.read, tool, version)
  const texts = await readVersionTexts(parts.library.read, pinsOf(row))
  const saved = readSavedVersion(tool.name, row, texts)
  if (!(await mayTry(parts, { project, tool, row, named: input.version !== undefined }, call))) {
    throw new ToolNotApproved(tool.name, stateOf(tool, row, parts.clock.now()))
  }
  return { compiled: parts.checker.compile(project.name, saved), draft: true }
}

/** Its author may try a version; any other editor may by naming the version. */
async function mayTry(
  parts: LibraryParts,
  tried: { project: ProjectRow; tool: ToolRow; row: VersionRow; named: boolean },
  call: Call,
): Promise<boolean> {
  if (tried.tool.disabled_at !== null) return false
  const principal = must(call.principal, 'a principal')
  if (tried.row.created_by === principal.userId) return true
  if (!tried.named) return false
  const standing = await findStanding(parts.library.read, principal.userId, tried.project.name)
  return may(principal, 'write', { kind: 'project', project: standing })
}
