import { must } from '@super-data/base/errors'
import { authorise } from '../authorise.ts'
import type { Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import { findStanding, getProject } from '../identity/projects.ts'
import { FunctionInUse, ToolStateConflict } from './errors.ts'
import { usersOf, viewImpact } from './function-impact.ts'
import type { LibraryParts } from './library-parts.ts'
import { tell } from './tell.ts'

type Own =
  | 'functions.list'
  | 'functions.get'
  | 'functions.create'
  | 'functions.rollback'
  | 'functions.disable'
  | 'functions.restore'
  | 'functions.impact'

export function functionHandlers(parts: LibraryParts): Pick<Handlers, Own> {
  return { ...readingHandlers(parts), ...savingHandlers(parts), ...disablingHandlers(parts) }
}

function readingHandlers({
  functions,
  library,
  clock,
}: LibraryParts): Pick<Handlers, 'functions.list' | 'functions.get' | 'functions.impact'> {
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
    'functions.impact': async input => {
      const { read } = library
      const project = await getProject(read, input.project)
      const newest = await functions.row(read, project.id, input.function)
      const version = input.version ?? newest.version
      const target = await functions.versionOf(read, project.id, newest, version)
      return viewImpact(read, project.id, target, clock.now())
    },
  }
}

function savingHandlers({
  functions,
  library,
}: LibraryParts): Pick<Handlers, 'functions.create' | 'functions.rollback'> {
  return {
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
    'functions.rollback': async (input, call) => {
      const project = await getProject(library.read, input.project)
      const { function: reference, version, expectedVersion } = input
      const { userId } = must(call.principal, 'a principal')
      return call.changeLibrary(async (transaction, recording) => {
        recording.target(reference)
        const change = { projectId: project.id, userId, reference, version, expectedVersion }
        const saved = await functions.rollBack(transaction, change)
        tell(recording, saved.events)
        return saved.function
      })
    },
  }
}

function disablingHandlers({
  functions,
  library,
  reviews,
}: LibraryParts): Pick<Handlers, 'functions.disable' | 'functions.restore'> {
  return {
    'functions.disable': async (input, call) => {
      const principal = must(call.principal, 'a principal')
      const project = await getProject(library.read, input.project)
      if (input.force) {
        const standing = await findStanding(library.read, principal.userId, input.project)
        authorise(principal, 'admin', { kind: 'project', project: standing })
      }
      return call.changeLibrary(async (transaction, recording) => {
        const owner = await functions.owner(transaction, project.id, input.function)
        recording.target(owner.name)
        if (owner.disabled_at !== null) throw new ToolStateConflict(owner.name, 'disabled', 'in use')
        const users = await usersOf(transaction, project.id, owner.id)
        const names = [...new Set(users.map(user => user.name))].sort()
        if (names.length > 0 && !input.force) throw new FunctionInUse(owner.name, names)
        const change = { disabled: true, userId: principal.userId, comment: input.comment }
        tell(recording, await reviews.setDisabled(transaction, owner, change))
        return functions.get(project.id, owner.name, undefined, transaction)
      })
    },
    'functions.restore': async (input, call) => {
      const { userId } = must(call.principal, 'a principal')
      const project = await getProject(library.read, input.project)
      return call.changeLibrary(async (transaction, recording) => {
        const owner = await functions.owner(transaction, project.id, input.function)
        recording.target(owner.name)
        if (owner.disabled_at === null) throw new ToolStateConflict(owner.name, 'in use', 'disabled')
        tell(
          recording,
          await reviews.setDisabled(transaction, owner, { disabled: false, userId, comment: input.comment }),
        )
        return functions.get(project.id, owner.name, undefined, transaction)
      })
    },
  }
}

const referenceOf = ({ name, arity }: { name: string; arity: number }) => `${name}/${arity}`
