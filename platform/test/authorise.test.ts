import type { Need, ProjectRole, Role } from '@super-data/contract'
import { describe, expect, it } from 'vitest'
import { authorise, may, roleIn, type Target } from '../src/authorise.ts'
import type { Principal } from '../src/principal.ts'

const roles: Role[] = ['owner', 'admin', 'user']
const needs: Need[] = ['read', 'write', 'admin']

function principal(role: Role, extra: Partial<Principal> = {}): Principal {
  const who = { userId: 'user_1', userName: 'anna', method: 'key', keyId: 'key_1', project: 'sales' } as const
  return { ...who, role, onlyProject: false, ceiling: 'admin', ...extra }
}

function project(membership: ProjectRole | undefined, name = 'sales'): Target {
  return { kind: 'project', project: { name, membership } }
}

/** The code of the refusal, or `ok`. */
function decision(who: Principal, need: Need, target: Target): string {
  try {
    authorise(who, need, target)
    return 'ok'
  } catch (refusal) {
    return (refusal as { code: string }).code
  }
}

describe('rights in a project', () => {
  const matrix: [ProjectRole | undefined, Need, string][] = [
    ['viewer', 'read', 'ok'],
    ['viewer', 'write', 'ACCESS_DENIED'],
    ['viewer', 'admin', 'ACCESS_DENIED'],
    ['editor', 'read', 'ok'],
    ['editor', 'write', 'ok'],
    ['editor', 'admin', 'ACCESS_DENIED'],
    ['admin', 'read', 'ok'],
    ['admin', 'write', 'ok'],
    ['admin', 'admin', 'ok'],
    [undefined, 'read', 'PROJECT_MISSING'],
    [undefined, 'write', 'PROJECT_MISSING'],
    [undefined, 'admin', 'PROJECT_MISSING'],
  ]
  it.each(matrix)('a user who is %s there and needs %s gets %s', (membership, need, expected) => {
    expect(decision(principal('user'), need, project(membership))).toBe(expected)
  })

  for (const role of ['owner', 'admin'] as const) {
    for (const need of needs) {
      it(`an ${role} of the installation may ${need} in every project, member or not`, () => {
        expect(decision(principal(role), need, project(undefined))).toBe('ok')
        expect(decision(principal(role), need, project('viewer'))).toBe('ok')
      })
    }
  }

  it.each(roles)('a project that does not exist is missing for every %s', role => {
    expect(decision(principal(role), 'read', { kind: 'project', project: undefined })).toBe('PROJECT_MISSING')
  })
})

describe('rights on the installation', () => {
  const matrix: [Role, Need, string][] = [
    ['owner', 'read', 'ok'],
    ['owner', 'write', 'ok'],
    ['owner', 'admin', 'ok'],
    ['admin', 'read', 'ok'],
    ['admin', 'write', 'ok'],
    ['admin', 'admin', 'ok'],
    ['user', 'read', 'ACCESS_DENIED'],
    ['user', 'write', 'ACCESS_DENIED'],
    ['user', 'admin', 'ACCESS_DENIED'],
  ]
  it.each(matrix)('%s who needs %s gets %s', (role, need, expected) => {
    expect(decision(principal(role), need, { kind: 'installation' })).toBe(expected)
  })
})

describe('rights over people', () => {
  const matrix: [Role, Role, string][] = [
    ['owner', 'owner', 'ok'],
    ['owner', 'admin', 'ok'],
    ['owner', 'user', 'ok'],
    ['admin', 'owner', 'ACCESS_DENIED'],
    ['admin', 'admin', 'ACCESS_DENIED'],
    ['admin', 'user', 'ok'],
    ['user', 'owner', 'ACCESS_DENIED'],
    ['user', 'admin', 'ACCESS_DENIED'],
    ['user', 'user', 'ACCESS_DENIED'],
  ]
  it.each(matrix)('%s over %s gets %s', (role, over, expected) => {
    expect(decision(principal(role), 'admin', { kind: 'person', role: over })).toBe(expected)
  })
})

describe('what a credential was made for', () => {
  const ceilings: [Need, Need, string][] = [
    ['read', 'read', 'ok'],
    ['read', 'write', 'CREDENTIAL_LIMITED'],
    ['read', 'admin', 'CREDENTIAL_LIMITED'],
    ['write', 'read', 'ok'],
    ['write', 'write', 'ok'],
    ['write', 'admin', 'CREDENTIAL_LIMITED'],
    ['admin', 'read', 'ok'],
    ['admin', 'write', 'ok'],
    ['admin', 'admin', 'ok'],
  ]
  for (const target of [project('admin'), { kind: 'self' }, { kind: 'installation' }] as Target[]) {
    it.each(ceilings)(`a %s key of an owner that needs %s gets %s on ${target.kind}`, (ceiling, need, expected) => {
      expect(decision(principal('owner', { ceiling }), need, target)).toBe(expected)
    })
  }

  it.each(roles)('a key for one project does not see another, even as %s', role => {
    const who = principal(role, { onlyProject: true })
    expect(decision(who, 'read', project('admin', 'finance'))).toBe('PROJECT_MISSING')
    expect(decision(who, 'admin', project('admin', 'sales'))).toBe('ok')
  })

  it.each(['owner', 'admin'] as const)('a key for one project does nothing on the installation, even as %s', role => {
    const who = principal(role, { onlyProject: true })
    expect(decision(who, 'read', { kind: 'installation' })).toBe('CREDENTIAL_LIMITED')
    expect(decision(who, 'admin', { kind: 'person', role: 'user' })).toBe('CREDENTIAL_LIMITED')
  })

  it('a role that is too low is said before the key is', () => {
    expect(decision(principal('user', { ceiling: 'read' }), 'write', project('viewer'))).toBe('ACCESS_DENIED')
  })

  it.each(needs)('everybody may %s what is their own', need => {
    for (const role of roles) expect(decision(principal(role), need, { kind: 'self' })).toBe('ok')
  })
})

it('lists and calls decide by the same role', () => {
  expect(roleIn(principal('admin'), { name: 'sales', membership: undefined })).toBe('admin')
  expect(roleIn(principal('user'), { name: 'sales', membership: 'editor' })).toBe('editor')
  expect(roleIn(principal('user'), { name: 'sales', membership: undefined })).toBeUndefined()
  expect(may(principal('user'), 'write', project('editor'))).toBe(true)
  expect(may(principal('user'), 'write', project('viewer'))).toBe(false)
})
