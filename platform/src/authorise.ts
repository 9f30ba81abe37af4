import { PlatformError } from '@super-data/base/errors'
import type { Need, ProjectRole, Role } from '@super-data/contract'
import type { Principal } from './principal.ts'

/** What somebody wants to touch. A project comes with the facts the decision needs; undefined when there is none of that name. */
export type Target =
  | { readonly kind: 'self' }
  | { readonly kind: 'installation' }
  /** Somebody else, by the role they have or are to get. */
  | { readonly kind: 'person'; readonly role: Role }
  | { readonly kind: 'project'; readonly project: ProjectFacts | undefined }

export interface ProjectFacts {
  readonly name: string
  /** The principal's own membership. */
  readonly membership: ProjectRole | undefined
}

/** The most each role may do on the installation as a whole; undefined: nothing. */
export const installationRights: Readonly<Record<Role, Need | undefined>> = {
  owner: 'admin',
  admin: 'admin',
  user: undefined,
}

/** The most each role may do to people of another: only owners touch those who could otherwise take over. */
export const personRights: Readonly<Record<Role, Readonly<Record<Role, Need | undefined>>>> = {
  owner: { owner: 'admin', admin: 'admin', user: 'admin' },
  admin: { owner: 'read', admin: 'read', user: 'admin' },
  user: { owner: undefined, admin: undefined, user: undefined },
}

/** The role an installation role gives in every project, member or not. */
export const everywhereRole: Readonly<Record<Role, ProjectRole | undefined>> = {
  owner: 'admin',
  admin: 'admin',
  user: undefined,
}

/** The most each role may do in its project. */
export const projectRights: Readonly<Record<ProjectRole, Need>> = {
  viewer: 'read',
  editor: 'write',
  admin: 'admin',
}

const rank: Readonly<Record<Need, number>> = { read: 1, write: 2, admin: 3 }

/** No such project, or not yours to see: the same answer, so that names cannot be guessed. */
export class ProjectMissing extends PlatformError {
  readonly code = 'PROJECT_MISSING'
  readonly kind = 'missing'
  constructor() {
    super('there is no such project, or you are not a member of it', {
      hint: '`projects list` shows those you can use; an admin can add you to one.',
    })
  }
}

/** You see it, but your role does not allow this. */
export class AccessDenied extends PlatformError {
  readonly code = 'ACCESS_DENIED'
  readonly kind = 'denied'
  constructor(need: Need, where: 'project' | 'installation') {
    super(`this needs ${need} rights ${where === 'project' ? 'in the project' : 'on the installation'}`, {
      hint:
        where === 'project' ? 'Ask an admin of the project for a higher role.' : 'Ask an owner of the installation.',
      details: { need, where },
    })
  }
}

/** You might, but the credential you used was made for less. */
export class CredentialLimited extends PlatformError {
  readonly code = 'CREDENTIAL_LIMITED'
  readonly kind = 'denied'
  constructor(need: Need) {
    super('the key used does not allow this', {
      hint: 'Use a key that was made with more rights, or for more than one project.',
      details: { need },
    })
  }
}

/**
 * The one decision about rights: may this principal do that to this target?
 *
 * @throws ProjectMissing when the principal may not even see the project · AccessDenied when its role is too low ·
 * CredentialLimited when the role would do but the credential was made for less.
 */
export function authorise(principal: Principal, need: Need, target: Target): void {
  if (target.kind === 'project') {
    const role = roleIn(principal, target.project)
    if (role === undefined) throw new ProjectMissing()
    if (rank[projectRights[role]] < rank[need]) throw new AccessDenied(need, 'project')
  }
  if (target.kind === 'installation' || target.kind === 'person') {
    const rights =
      target.kind === 'person' ? personRights[principal.role][target.role] : installationRights[principal.role]
    if (rights === undefined || rank[rights] < rank[need]) throw new AccessDenied(need, 'installation')
    if (principal.onlyProject) throw new CredentialLimited(need)
  }
  if (rank[principal.ceiling] < rank[need]) throw new CredentialLimited(need)
}

/** The same decision as a question. */
export function may(principal: Principal, need: Need, target: Target): boolean {
  try {
    authorise(principal, need, target)
    return true
  } catch {
    return false
  }
}

/** What the principal is in a project; undefined when it may not see it. Listing and calling both decide by this. */
export function roleIn(principal: Principal, project: ProjectFacts | undefined): ProjectRole | undefined {
  if (project === undefined) return undefined
  if (principal.onlyProject && project.name !== principal.project) return undefined
  return everywhereRole[principal.role] ?? project.membership
}
