import type { ProjectRole } from '@super-data/contract'
import type { Reader } from './reader.ts'

interface Change<Value> {
  readonly stamp: string
  readonly value: Value
}

type History<Value> = ReadonlyMap<string, readonly Change<Value>[]>

/** Who was what in a project, at any moment. */
export class Roster {
  readonly #roles: History<ProjectRole | null>
  readonly #states: History<string>

  constructor(roles: History<ProjectRole | null>, states: History<string>) {
    this.#roles = roles
    this.#states = states
  }

  /** Everybody who ever was a member. */
  get userIds(): Iterable<string> {
    return this.#roles.keys()
  }

  /** The role just before a stamp; undefined for somebody who was no member, or could not sign in. */
  roleAt(userId: string, stamp: string): ProjectRole | undefined {
    if (valueAt(this.#states.get(userId), stamp) !== 'active') return undefined
    return valueAt(this.#roles.get(userId), stamp) ?? undefined
  }

  /** Editors and admins at a stamp. */
  votersAt(stamp: string): string[] {
    return [...this.userIds].filter(userId => isVoter(this.roleAt(userId, stamp)))
  }
}

export function isVoter(role: ProjectRole | undefined): boolean {
  return role === 'editor' || role === 'admin'
}

/** The rosters of some projects, or of all. */
export async function readRosters(
  reader: Reader,
  projectIds?: readonly string[],
): Promise<(projectId: string) => Roster> {
  let query = reader.selectFrom('member_changes').select(['project_id', 'user_id', 'role', 'stamp', 'id'])
  if (projectIds) query = query.where('project_id', 'in', projectIds)
  const changes = await query.orderBy('stamp').orderBy('id').execute()
  const states = await reader
    .selectFrom('user_changes')
    .select(['user_id', 'state', 'stamp'])
    .orderBy('stamp')
    .orderBy('id')
    .execute()
  const stateHistory = historyOf(states.map(row => ({ userId: row.user_id, stamp: row.stamp, value: row.state })))
  const byProject = Map.groupBy(changes, change => change.project_id)
  return projectId => {
    const own = byProject.get(projectId) ?? []
    const roles = own.map(row => ({ userId: row.user_id, stamp: row.stamp, value: row.role }))
    return new Roster(historyOf(roles), stateHistory)
  }
}

function historyOf<Value>(changes: readonly (Change<Value> & { readonly userId: string })[]): History<Value> {
  return Map.groupBy(changes, change => change.userId)
}

/** The last change before a stamp; changes are in the order of stamps. */
function valueAt<Value>(changes: readonly Change<Value>[] | undefined, stamp: string): Value | undefined {
  return changes?.findLast(change => change.stamp < stamp)?.value
}
