import { must } from '@super-data/base/errors'
import type { Handlers } from '../call.ts'
import { getProject } from '../identity/projects.ts'
import { LearningDisabled, VersionConflict } from './errors.ts'
import type { LibraryParts } from './library-parts.ts'
import { tell } from './tell.ts'
import { getToolRow } from './tool-rows.ts'

/** The way of a tool from draft to approved, and out of use. */
export function reviewHandlers({
  library,
  tools,
  reviews,
  learning,
}: LibraryParts): Pick<Handlers, 'tools.submit' | 'tools.vote' | 'tools.disable'> {
  return {
    'tools.submit': async ({ project: projectName, tool: name, justification, expectedVersion }, call) => {
      if (!learning) throw new LearningDisabled()
      const project = await getProject(library.read, projectName)
      const { userId } = must(call.principal, 'a principal')
      return call.changeLibrary(async (transaction, recording) => {
        recording.target(name)
        const row = await getToolRow(transaction, project.id, name)
        if (expectedVersion !== undefined && expectedVersion !== row.version)
          throw new VersionConflict(name, row.version)
        tell(recording, await reviews.submit(transaction, row, { userId, justification }))
        return tools.get(project.id, name, undefined, transaction)
      })
    },
    'tools.vote': async ({ project: projectName, tool: name, vote, hash, comment }, call) => {
      const project = await getProject(library.read, projectName)
      const { userId } = must(call.principal, 'a principal')
      return call.changeLibrary(async (transaction, recording) => {
        recording.target(name)
        const row = await getToolRow(transaction, project.id, name)
        recording.event('tool.voted', projectName, name)
        const cast = { userId, vote, hash, comment, needsConfirmation: false }
        tell(recording, await reviews.vote(transaction, row, cast))
        return tools.get(project.id, name, undefined, transaction)
      })
    },
    'tools.disable': async ({ project: projectName, tool: name }, call) => {
      const project = await getProject(library.read, projectName)
      const { userId } = must(call.principal, 'a principal')
      return call.changeLibrary(async (transaction, recording) => {
        recording.target(name)
        const { tool, events } = await tools.disable(transaction, { projectId: project.id, name, userId, comment: '' })
        tell(recording, events)
        return tool
      })
    },
  }
}
