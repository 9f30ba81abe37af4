import type { Output } from '@super-data/contract'
import type { Handlers } from '../call.ts'
import { getProject } from '../identity/projects.ts'
import type { LibraryParts } from './library-parts.ts'
import type { Reader } from './reader.ts'

type Item = Output<'activity.list'>['items'][number]
type Person = Output<'activity.list'>['people'][number]

const dayMs = 86_400_000
const itemsMax = 500

/** Who did what in a project's library, read from what was written. */
export function activityHandlers({ library, clock }: LibraryParts): Pick<Handlers, 'activity.list'> {
  return {
    'activity.list': async ({ project: name, days }) => {
      const project = await getProject(library.read, name)
      const from = clock.now() - days * dayMs
      const items = await itemsSince(library.read, project.id, from)
      return { from, people: peopleOf(items), items: items.slice(0, itemsMax) }
    },
  }
}

async function itemsSince(reader: Reader, projectId: string, from: number): Promise<Item[]> {
  const names = await namesOf(reader)
  const owners = await ownersOf(reader, projectId)
  const facts = [
    ...(await versionsSince(reader, from)),
    ...(await reviewsSince(reader, from)),
    ...(await endsSince(reader, from)),
  ]
  const items = facts.flatMap(({ owner_id, user_id, at, did, version, comment }): Item[] => {
    const owner = owners.get(owner_id)
    return owner ? [{ at, user: names.get(user_id) ?? 'unknown', did, ...owner, version, comment }] : []
  })
  return items.sort((one, other) => other.at - one.at)
}

type Fact = Omit<Item, 'user' | 'kind' | 'subject'> & { readonly owner_id: string; readonly user_id: string }

async function versionsSince(reader: Reader, from: number): Promise<Fact[]> {
  const rows = await reader.selectFrom('versions').selectAll().where('created_at', '>=', from).execute()
  return rows.map(row => ({
    ...{ owner_id: row.owner_id, user_id: row.created_by, at: row.created_at },
    ...{ did: 'created', version: row.version, comment: '' },
  }))
}

async function reviewsSince(reader: Reader, from: number): Promise<Fact[]> {
  const submissions = reader
    .selectFrom('submissions')
    .innerJoin('versions', 'versions.id', 'submissions.version_id')
    .select(['versions.owner_id', 'versions.version', 'submissions.submitted_by as user_id'])
    .select(['submissions.submitted_at as at', 'submissions.justification as comment'])
    .where('submissions.submitted_at', '>=', from)
  const votes = reader
    .selectFrom('votes')
    .innerJoin('submissions', 'submissions.id', 'votes.submission_id')
    .innerJoin('versions', 'versions.id', 'submissions.version_id')
    .select([
      'versions.owner_id',
      'versions.version',
      'votes.user_id',
      'votes.at',
      'votes.comment',
      'votes.vote as did',
    ])
    .where('votes.at', '>=', from)
  const withdrawals = reader
    .selectFrom('withdrawals')
    .innerJoin('submissions', 'submissions.id', 'withdrawals.submission_id')
    .innerJoin('versions', 'versions.id', 'submissions.version_id')
    .select(['versions.owner_id', 'versions.version', 'withdrawals.withdrawn_by as user_id', 'withdrawals.at'])
    .where('withdrawals.at', '>=', from)
  return [
    ...(await submissions.execute()).map((row): Fact => ({ ...row, did: 'submitted' })),
    ...(await votes.execute()),
    ...(await withdrawals.execute()).map((row): Fact => ({ ...row, did: 'withdrawn', comment: '' })),
  ]
}

async function endsSince(reader: Reader, from: number): Promise<Fact[]> {
  const rows = await reader.selectFrom('disablings').selectAll().where('at', '>=', from).execute()
  return rows.map(row => ({
    ...{ owner_id: row.owner_id, user_id: row.changed_by, at: row.at },
    ...{ did: row.disabled === 1 ? 'disabled' : 'restored', version: null, comment: row.comment },
  }))
}

async function namesOf(reader: Reader): Promise<ReadonlyMap<string, string>> {
  const rows = await reader.selectFrom('users').select(['id', 'name']).execute()
  return new Map(rows.map(row => [row.id, row.name]))
}

async function ownersOf(reader: Reader, projectId: string) {
  const tools = await reader.selectFrom('tools').select(['id', 'name']).where('project_id', '=', projectId).execute()
  const functions = await reader
    .selectFrom('functions')
    .select(['id', 'name', 'arity'])
    .where('project_id', '=', projectId)
    .execute()
  return new Map<string, Pick<Item, 'kind' | 'subject'>>([
    ...tools.map(({ id, name }) => [id, { kind: 'tool', subject: name }] as const),
    ...functions.map(({ id, name, arity }) => [id, { kind: 'function', subject: `${name}/${arity}` }] as const),
  ])
}

function peopleOf(items: readonly Item[]): Person[] {
  const byUser = Map.groupBy(items, item => item.user)
  const people = [...byUser].map(([user, own]): Person => {
    const count = (...did: Item['did'][]) => own.filter(item => did.includes(item.did)).length
    const lastAt = Math.max(...own.map(item => item.at))
    return { user, created: count('created'), submitted: count('submitted'), votes: count('approve', 'reject'), lastAt }
  })
  return people.sort((one, other) => other.lastAt - one.lastAt)
}
