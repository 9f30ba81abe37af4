import { must } from '@super-data/base/errors'
import type { Handlers } from '../call.ts'
import { getProject } from '../identity/projects.ts'
import { LearningDisabled } from './errors.ts'
import type { LibraryParts } from './library-parts.ts'

/** The way of a tool from draft to approved, and out of use. */
export function reviewHandlers({
  library,
  tools,
  proposals,
  learning,
}: LibraryParts): Pick<Handlers, 'tools.submit' | 'tools.vote' | 'tools.disable'> {
  return {
    'tools.submit': async ({ project: projectName, tool: name, justification, expectedVersion }, call) => {
      if (!learning) throw new LearningDisabled()
      const project = await getProject(library.read, projectName)
      return call.changeLibrary(async (transaction, recording) => {
        recording.target(name)
        await proposals.submit(transaction, { projectId: project.id, name, justification, expectedVersion })
        const tool = await tools.get(project.id, name, undefined, transaction)
        recording.event(tool.state === 'approved' ? 'tool.approved' : 'tool.submitted', projectName, name)
        return tool
      })
    },
    'tools.vote': async ({ project: projectName, tool: name, vote, hash, comment }, call) => {
      const project = await getProject(library.read, projectName)
      const { userId } = must(call.principal, 'a principal')
      return call.changeLibrary(async (transaction, recording) => {
        recording.target(name)
        await proposals.vote(transaction, { projectId: project.id, name, userId, vote, hash, comment })
        const tool = await tools.get(project.id, name, undefined, transaction)
        recording.event('tool.voted', projectName, name)
        if (tool.state === 'approved') recording.event('tool.approved', projectName, name)
        if (tool.state === 'rejected') recording.event('tool.rejected', projectName, name)
        return tool
      })
    },
    'tools.disable': async ({ project: projectName, tool: name }, call) => {
      const project = await getProject(library.read, projectName)
      return call.changeLibrary(async (transaction, recording) => {
        recording.target(name)
        const tool = await tools.disable(transaction, project.id, name)
        recording.event('tool.disabled', projectName, name)
        return tool
      })
    },
  }
}
