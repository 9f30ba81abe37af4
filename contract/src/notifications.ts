import { z } from 'zod'
import { event } from './events.ts'
import { id, instant, page, paging, projectName } from './names.ts'
import { operation } from './operation.ts'

export const webhook = z.object({
  id,
  project: projectName,
  url: z.string(),
  types: z.array(z.string()).describe('Kinds of events; none means all.'),
  state: z.enum(['active', 'failing', 'disabled']).describe('disabled: too many deliveries in a row were given up.'),
  createdBy: z.string(),
  createdAt: instant,
})
export type Webhook = z.output<typeof webhook>

export const delivery = z.object({
  id,
  event: id,
  type: z.string(),
  subject: z.string(),
  state: z.enum(['waiting', 'delivered', 'dead']).describe('dead: given up; can be sent again.'),
  attempts: z.int().nonnegative(),
  status: z.int().nullable().describe('HTTP status of the last answer.'),
  problem: z.string().nullable(),
  nextAt: instant.nullable(),
  at: instant,
})
export type Delivery = z.output<typeof delivery>

export const listWebhooks = operation({
  name: 'webhooks.list',
  summary: 'List where a project’s events are sent.',
  route: { method: 'GET', path: '/projects/{project}/webhooks' },
  access: { target: 'project', need: 'admin' },
  effect: 'read',
  input: z.object({ project: projectName, ...paging }),
  output: page(webhook),
})

export const createWebhook = operation({
  name: 'webhooks.create',
  summary: 'Send a project’s events to an address, signed; the secret is shown once.',
  route: { method: 'POST', path: '/projects/{project}/webhooks' },
  positional: ['url'],
  access: { target: 'project', need: 'admin' },
  effect: 'write',
  showsSecret: true,
  input: z.object({
    project: projectName,
    url: z
      .url({ protocol: /^https?$/, error: 'an http or https address' })
      .max(2_000)
      .refine(isWithoutCredentials, 'without user and password: everybody who may see the webhook would read them')
      .describe('Where to. What arrives there is signed: the address needs no credentials.'),
    types: z.array(event.shape.type).max(50).default([]).describe('Kinds of events; none means all.'),
  }),
  output: webhook.extend({ secret: z.string().describe('Key of the signatures. Shown this once.') }),
})

export const deleteWebhook = operation({
  name: 'webhooks.delete',
  summary: 'Stop sending events to an address.',
  route: { method: 'DELETE', path: '/projects/{project}/webhooks/{webhook}' },
  positional: ['webhook'],
  access: { target: 'project', need: 'admin' },
  effect: 'destructive',
  input: z.object({ project: projectName, webhook: id }),
  output: webhook,
})

export const listDeliveries = operation({
  name: 'webhooks.deliveries',
  summary: 'Show what was sent to an address and how it went, newest first.',
  route: { method: 'GET', path: '/projects/{project}/webhooks/{webhook}/deliveries' },
  positional: ['webhook'],
  access: { target: 'project', need: 'admin' },
  effect: 'read',
  input: z.object({ project: projectName, webhook: id, state: delivery.shape.state.optional(), ...paging }),
  output: page(delivery),
})

export const redeliver = operation({
  name: 'webhooks.redeliver',
  summary: 'Send an event again that was given up, or delivered.',
  route: { method: 'POST', path: '/projects/{project}/webhooks/{webhook}/deliveries/{delivery}/redeliver' },
  positional: ['webhook', 'delivery'],
  access: { target: 'project', need: 'admin' },
  effect: 'write',
  input: z.object({ project: projectName, webhook: id, delivery: id }),
  output: delivery,
})

export const inboxItem = event.extend({
  seen: z.boolean(),
  version: z.int().nullable().describe('Where one version is meant.'),
  hash: z.string().nullable().describe('Of that version: a vote names it.'),
  comment: z.string().nullable().describe('What was said with a reject.'),
  todo: z
    .enum(['vote', 'compare'])
    .nullable()
    .describe(
      '`vote`: read that version, and approve or reject it. `compare`: another version was decided first and answers; see the difference, and save yours on top of it.',
    ),
})
export type InboxItem = z.output<typeof inboxItem>

export const listInbox = operation({
  name: 'inbox.list',
  summary: 'Show what concerns you: proposals that wait for your vote, rejects of yours, and what became of them.',
  route: { method: 'GET', path: '/inbox' },
  access: { target: 'self' },
  effect: 'read',
  input: z.object({ ...paging, unseen: z.stringbool().or(z.boolean()).default(false).describe('Only what is new.') }),
  output: page(inboxItem).extend({ unseen: z.int().nonnegative() }),
})

export const markInbox = operation({
  name: 'inbox.seen',
  summary: 'Mark the inbox as seen, up to an item.',
  route: { method: 'POST', path: '/inbox/seen' },
  positional: ['upTo'],
  access: { target: 'self' },
  effect: 'write',
  input: z.object({ upTo: id.describe('Id of the newest item you have seen.') }),
  output: z.object({ unseen: z.int().nonnegative() }),
})

function isWithoutCredentials(url: string): boolean {
  const { username, password } = URL.parse(url) ?? { username: '', password: '' }
  return username === '' && password === ''
}
