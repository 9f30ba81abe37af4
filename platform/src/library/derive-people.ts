import type { Selectable } from 'kysely'
import type { LibraryTables, LibraryTransaction } from '../state/library.ts'

type UserRow = Selectable<LibraryTables['users']>

/** Makes names, roles, states and memberships again from what was written. */
export async function derivePeople(transaction: LibraryTransaction): Promise<void> {
  await deriveUsers(transaction)
  await deriveMemberships(transaction)
}

async function deriveUsers(transaction: LibraryTransaction): Promise<void> {
  const users = await transaction.selectFrom('users').selectAll().orderBy('created_at').orderBy('id').execute()
  const changes = await transaction.selectFrom('user_changes').selectAll().orderBy('stamp').orderBy('id').execute()
  const latest = new Map(changes.map(change => [change.user_id, change]))
  const names = namesOf(users)
  const changed = users.flatMap(user => {
    const { role, state } = latest.get(user.id) ?? { role: 'user' as const, state: 'disabled' as const }
    const name = names.get(user.id) ?? user.wanted_name
    const same = user.name === name && user.role === role && user.state === state
    return same ? [] : [{ id: user.id, name, role, state }]
  })
  // Two may swap: no name is given before all that go are free.
  for (const { id } of changed) await transaction.updateTable('users').set({ name: '' }).where('id', '=', id).execute()
  for (const { id, ...derived } of changed) {
    await transaction.updateTable('users').set(derived).where('id', '=', id).execute()
  }
}

const suffixCharacters = 4

/** Whoever was first keeps a name; the others get a part of their id behind it. */
function namesOf(users: readonly UserRow[]): Map<string, string> {
  const taken = new Set<string>()
  const names = new Map<string, string>()
  for (const { id, wanted_name } of users) {
    let name = wanted_name
    for (let length = suffixCharacters; taken.has(name.toLowerCase()); length++) {
      name = `${wanted_name}-${id.slice(-length)}`
    }
    taken.add(name.toLowerCase())
    names.set(id, name)
  }
  return names
}

async function deriveMemberships(transaction: LibraryTransaction): Promise<void> {
  const changes = await transaction.selectFrom('member_changes').selectAll().orderBy('stamp').orderBy('id').execute()
  const members = new Map<string, Selectable<LibraryTables['memberships']>>()
  for (const { project_id, user_id, role, at } of changes) {
    const key = `${project_id} ${user_id}`
    if (role === null) members.delete(key)
    else members.set(key, { project_id, user_id, role, since: members.get(key)?.since ?? at })
  }
  const present = await transaction.selectFrom('memberships').selectAll().execute()
  for (const row of present) {
    const wanted = members.get(`${row.project_id} ${row.user_id}`)
    if (wanted?.role === row.role && wanted.since === row.since) {
      members.delete(`${row.project_id} ${row.user_id}`)
      continue
    }
    const gone = transaction.deleteFrom('memberships').where('project_id', '=', row.project_id)
    await gone.where('user_id', '=', row.user_id).execute()
  }
  for (const row of members.values()) await transaction.insertInto('memberships').values(row).execute()
}
