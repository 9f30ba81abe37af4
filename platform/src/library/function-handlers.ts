import { must } from '@super-data/base/errors'
import type { Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import { getProject } from '../identity/projects.ts'
import type { LibraryParts } from './library-parts.ts'
import { tell } from './tell.ts'

export function functionHandlers({
  functions,
  library,
  reviews,
}: LibraryParts): Pick<Handlers, Extract<keyof Handlers, `functions.${string}`>> {
  return {
    'functions.list': async ({ project: name, limit, cursor }) => {
      const project = await getProject(library.read, name)
      const after = parseCursor(cursor)
      const items = await functions.list(project.id, { limit: limit + 1, ...(after ? { after } : {}) })
      return toPage(items, limit, item => item, referenceOf)
    },
    'functions.get': async input => {
      const project = await getProject(library.read, input.project)
      return functions.get(project.id, input.function, input.version)
    },
    'functions.create': async (input, call) => {
      const project = await getProject(library.read, input.project)
      const { definition, description, expectedVersion } = input
      const { userId } = must(call.principal, 'a principal')
      return call.changeLibrary(async (transaction, recording) => {
        const change = { projectId: project.id, userId, definition, description, expectedVersion }
        const saved = await functions.save(transaction, change)
        recording.target(referenceOf(saved.function))
        tell(recording, saved.events)
        return saved.function
      })
    },
    'functions.disable': async (input, call) => {
      const project = await getProject(library.read, input.project)
      const { userId } = must(call.principal, 'a principal')
      return call.changeLibrary(async (transaction, recording) => {
        const row = await functions.row(transaction, project.id, input.function)
        recording.target(referenceOf(row))
        const change = { disabled: true, userId, comment: '' }
        tell(recording, await reviews.setDisabled(transaction, { id: row.owner_id }, change))
        return functions.get(project.id, referenceOf(row), undefined, transaction)
      })
    },
  }
}

const referenceOf = ({ name, arity }: { name: string; arity: number }) => `${name}/${arity}`
