import { z } from 'zod'
import { id, instant, page, paging, projectName, userName } from './names.ts'
import { operation } from './operation.ts'

/** Roles on the installation. */
export const role = z.enum(['owner', 'admin', 'user'])
export type Role = z.output<typeof role>

/** Roles in a project: viewers read and call, editors also write and vote, admins also manage members. */
export const projectRole = z.enum(['admin', 'editor', 'viewer'])
export type ProjectRole = z.output<typeof projectRole>

export const user = z.object({
  id,
  name: userName,
  email: z.string().nullable(),
  role,
  state: z.enum(['invited', 'active', 'disabled']),
  createdAt: instant,
})
export type User = z.output<typeof user>

export const key = z.object({
  id,
  label: z.string(),
  userId: id,
  project: projectName.describe('Where calls go that name no project.'),
  /** The first characters, so that people can tell keys apart. */
  prefix: z.string(),
  need: z.enum(['read', 'write', 'admin']).describe('The most this key may do.'),
  onlyProject: z.boolean().describe('True when the key works in its project alone.'),
  createdAt: instant,
  expiresAt: instant.nullable(),
  lastUsedAt: instant.nullable(),
  revokedAt: instant.nullable(),
})
export type Key = z.output<typeof key>

export const keyWithSecret = key.extend({ secret: z.string().describe('Shown this once.') })

export const clientSettings = z
  .object({ name: z.string(), file: z.string(), content: z.string() })
  .describe('Ready to paste settings of one MCP client.')

export const whoami = operation({
  name: 'identity.whoami',
  summary: 'Say who is calling and what they may do.',
  route: { method: 'GET', path: '/whoami' },
  access: { target: 'self' },
  effect: 'read',
  input: z.object({}),
  output: z.object({
    user,
    project: projectName,
    projects: z.array(z.object({ name: projectName, role: projectRole })),
    method: z.enum(['key', 'jwt', 'header', 'local']),
  }),
})

export const listUsers = operation({
  name: 'users.list',
  summary: 'List the people and services of this installation.',
  route: { method: 'GET', path: '/users' },
  access: { target: 'installation', need: 'admin' },
  effect: 'read',
  input: z.object({ ...paging }),
  output: page(user),
})

export const inviteUser = operation({
  name: 'users.invite',
  summary: 'Invite somebody: makes a one-time link that turns into their key.',
  route: { method: 'POST', path: '/users/invite' },
  positional: ['name'],
  access: { target: 'installation', need: 'admin' },
  effect: 'write',
  showsSecret: true,
  input: z.object({
    name: userName,
    email: z.email().optional(),
    role: role.default('user'),
    project: projectName.default('default').describe('The project they join.'),
    projectRole: projectRole.default('editor'),
    expiresInHours: z.coerce.number().int().min(1).max(720).default(72),
  }),
  output: z.object({ user, link: z.string().describe('Shown this once; works once.'), expiresAt: instant }),
})

export const redeemInvitation = operation({
  name: 'users.redeem',
  summary: 'Turn an invitation into a key.',
  route: { method: 'POST', path: '/invitations/redeem' },
  positional: ['token'],
  access: { target: 'public' },
  effect: 'write',
  showsSecret: true,
  input: z.object({ token: z.string().min(20).max(200).describe('The last part of the invitation link.') }),
  output: z.object({ user, key: keyWithSecret, clients: z.array(clientSettings) }),
})

export const updateUser = operation({
  name: 'users.update',
  summary: 'Change a role, or disable and enable somebody.',
  route: { method: 'PATCH', path: '/users/{user}' },
  positional: ['user'],
  access: { target: 'installation', need: 'admin' },
  effect: 'destructive',
  input: z.object({
    user: userName,
    role: role.optional(),
    state: z.enum(['active', 'disabled']).optional(),
  }),
  output: user,
})

export const listKeys = operation({
  name: 'keys.list',
  summary: 'List your keys, or everybody’s as an admin.',
  route: { method: 'GET', path: '/keys' },
  access: { target: 'self' },
  effect: 'read',
  input: z.object({
    ...paging,
    all: z.stringbool().or(z.boolean()).default(false).describe('Everybody’s; admins only.'),
  }),
  output: page(key),
})

export const createKey = operation({
  name: 'keys.create',
  summary: 'Make a key; its secret is shown once.',
  route: { method: 'POST', path: '/keys' },
  positional: ['label'],
  access: { target: 'self' },
  effect: 'write',
  showsSecret: true,
  input: z.object({
    label: z.string().min(1).max(100),
    user: userName.optional().describe('For somebody else; admins only.'),
    project: projectName.default('default'),
    onlyProject: z.boolean().default(false).describe('Make it work in its project alone.'),
    need: z.enum(['read', 'write', 'admin']).default('admin').describe('The most the key may do.'),
    expiresInDays: z.coerce.number().int().min(1).max(3650).optional(),
  }),
  output: keyWithSecret,
})

export const revokeKey = operation({
  name: 'keys.revoke',
  summary: 'Revoke a key at once.',
  route: { method: 'DELETE', path: '/keys/{key}' },
  positional: ['key'],
  access: { target: 'self' },
  effect: 'destructive',
  input: z.object({ key: id }),
  output: key,
})

export const rotateKey = operation({
  name: 'keys.rotate',
  summary: 'Replace a key by a new one with the same rights; the old one stops at once.',
  route: { method: 'POST', path: '/keys/{key}/rotate' },
  positional: ['key'],
  access: { target: 'self' },
  effect: 'destructive',
  showsSecret: true,
  input: z.object({ key: id }),
  output: keyWithSecret,
})

export const project = z.object({ id, name: projectName, description: z.string(), createdAt: instant })
export type Project = z.output<typeof project>

export const listProjects = operation({
  name: 'projects.list',
  summary: 'List the projects you are a member of.',
  route: { method: 'GET', path: '/projects' },
  access: { target: 'self' },
  effect: 'read',
  input: z.object({ ...paging }),
  output: page(project.extend({ role: projectRole })),
})

export const createProject = operation({
  name: 'projects.create',
  summary: 'Make a project; you become its admin.',
  route: { method: 'POST', path: '/projects' },
  positional: ['name'],
  access: { target: 'installation', need: 'admin' },
  effect: 'write',
  input: z.object({ name: projectName, description: z.string().max(500).default('') }),
  output: project,
})

export const member = z.object({ user: userName, role: projectRole, since: instant })

export const listMembers = operation({
  name: 'members.list',
  summary: 'List who belongs to a project.',
  route: { method: 'GET', path: '/projects/{project}/members' },
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({ project: projectName, ...paging }),
  output: page(member),
})

export const setMember = operation({
  name: 'members.set',
  summary: 'Add somebody to a project, or change their role in it.',
  route: { method: 'PUT', path: '/projects/{project}/members/{user}' },
  positional: ['user', 'role'],
  access: { target: 'project', need: 'admin' },
  effect: 'write',
  input: z.object({ project: projectName, user: userName, role: projectRole }),
  output: member,
})

export const removeMember = operation({
  name: 'members.remove',
  summary: 'Take somebody out of a project.',
  route: { method: 'DELETE', path: '/projects/{project}/members/{user}' },
  positional: ['user'],
  access: { target: 'project', need: 'admin' },
  effect: 'destructive',
  input: z.object({ project: projectName, user: userName }),
  output: z.object({ removed: z.boolean() }),
})

export const auditEntry = z.object({
  id,
  at: instant,
  user: z.string().nullable(),
  operation: z.string(),
  project: z.string().nullable(),
  target: z.string().nullable(),
  outcome: z.enum(['ok', 'refused', 'failed']),
  code: z.string().nullable(),
  requestId: z.string(),
  door: z.enum(['http', 'mcp', 'cli']),
})
export type AuditEntry = z.output<typeof auditEntry>

export const listAudit = operation({
  name: 'audit.list',
  summary: 'List what was changed and what was refused, newest first.',
  route: { method: 'GET', path: '/audit' },
  access: { target: 'installation', need: 'admin' },
  effect: 'read',
  input: z.object({ ...paging, user: userName.optional(), operation: z.string().max(100).optional() }),
  output: page(auditEntry),
})

export const verifyAudit = operation({
  name: 'audit.verify',
  summary: 'Check that no line of the audit was changed or removed since it was written.',
  route: { method: 'GET', path: '/audit/verify' },
  access: { target: 'installation', need: 'admin' },
  effect: 'read',
  input: z.object({}),
  output: z.object({
    intact: z.boolean(),
    files: z.array(
      z.object({
        file: z.enum(['library', 'platform']).describe('Changes of the library, and all the rest.'),
        lines: z.int(),
        head: z
          .string()
          .nullable()
          .describe(
            'A hash over all lines. Whoever replaces a whole file replaces it too: note it down elsewhere, and compare.',
          ),
        brokenAt: z.int().nullable().describe('The first place where a line is missing or not as it was written.'),
      }),
    ),
  }),
})
