import { must } from '@super-data/base/errors'
import type { Output } from '@super-data/contract'
import type { Call, Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import { getProject } from '../identity/projects.ts'
import { FunctionMissing, ToolMissing } from './errors.ts'
import type { LibraryParts } from './library-parts.ts'
import type { Reviewed } from './reviews.ts'
import { getToolRow } from './tool-rows.ts'
import { diffVersions } from './version-diff.ts'
import { allVersions, findVotedVersion, type VersionRow } from './version-rows.ts'
import { viewHistory } from './version-view.ts'

type Own = 'tools.history' | 'tools.diff' | 'functions.history' | 'functions.diff'

/** How tools and functions came to be what they are. */
export function historyHandlers({ library, functions, clock }: LibraryParts): Pick<Handlers, Own> {
  const { read } = library

  async function historyOf(owner: Reviewed, page: { limit: number; cursor?: string | undefined }) {
    const before = Number(parseCursor(page.cursor) ?? Number.MAX_SAFE_INTEGER)
    const versions = (await allVersions(read, owner.id)).filter(version => version.version < before)
    const newest = versions.slice(-(page.limit + 1))
    const items = await viewHistory(read, owner, newest, clock.now())
    const itself = (item: Output<'tools.history'>['items'][number]) => item
    return toPage(items, page.limit, itself, item => String(item.version))
  }

  async function diffOf(
    owner: Reviewed,
    wanted: { readonly from?: number | undefined; readonly to?: number | undefined },
    missing: (version: number) => Error,
    call: Call,
  ): Promise<Output<'tools.diff'>> {
    const versions = await allVersions(read, owner.id)
    const find = (number: number): VersionRow => {
      const found = versions.find(version => version.version === number)
      if (!found) throw missing(number)
      return found
    }
    const to = wanted.to ?? owner.version
    const inUse = owner.approved_version ?? 0
    const from = wanted.from ?? (inUse > 0 && inUse < to ? inUse : Math.max(1, to - 1))
    const difference = await diffVersions(read, find(from), find(to))
    if (wanted.from !== undefined) return difference
    const { userId } = must(call.principal, 'a principal')
    const voted = await findVotedVersion(read, { ownerId: owner.id, userId, before: to })
    if (voted === undefined || voted.version === from) return difference
    return { ...difference, sinceYourVote: await diffVersions(read, voted, find(to)) }
  }

  return {
    'tools.history': async input => {
      const project = await getProject(read, input.project)
      return historyOf(await getToolRow(read, project.id, input.tool), input)
    },
    'tools.diff': async (input, call) => {
      const project = await getProject(read, input.project)
      const missing = (version: number) => new ToolMissing(`${input.tool} in version ${version}`)
      return diffOf(await getToolRow(read, project.id, input.tool), input, missing, call)
    },
    'functions.history': async input => {
      const project = await getProject(read, input.project)
      return historyOf(await functions.owner(read, project.id, input.function), input)
    },
    'functions.diff': async (input, call) => {
      const project = await getProject(read, input.project)
      const missing = (version: number) => new FunctionMissing(`${input.function} in version ${version}`)
      return diffOf(await functions.owner(read, project.id, input.function), input, missing, call)
    },
  }
}
