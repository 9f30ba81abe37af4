import type { Clock } from '@super-data/base/clock'
import { must } from '@super-data/base/errors'
import type { Ids, Random } from '@super-data/base/ids'
import type { Database } from '@super-data/metadata'
import type { Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import { randomSecret } from '../identity/secrets.ts'
import type { PlatformTables } from '../state/platform.ts'
import { checkHost } from './address-guard.ts'
import { WebhooksTooMany } from './errors.ts'
import { getDelivery, getWebhook, toDelivery, toWebhook } from './webhook-rows.ts'
import type { Webhooks } from './webhooks.ts'

const webhooksMax = 20

export interface WebhookParts {
  readonly platform: Database<PlatformTables>
  readonly webhooks: Webhooks
  readonly clock: Clock
  readonly ids: Ids
  readonly random: Random
}

type WebhookHandlers = Pick<Handlers, Extract<keyof Handlers, `webhooks.${string}`>>

export function webhookHandlers({ platform, webhooks, clock, ids, random }: WebhookParts): WebhookHandlers {
  return {
    'webhooks.list': async ({ project, limit, cursor }) => {
      const after = parseCursor(cursor) ?? ''
      const rows = await platform.read
        .selectFrom('webhooks')
        .selectAll()
        .where('project', '=', project)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit + 1)
        .execute()
      return toPage(rows, limit, toWebhook, row => row.id)
    },

    'webhooks.create': async ({ project, url, types }, call) => {
      if (!webhooks.privateAllowed) checkHost(new URL(url))
      return call.changePlatform(async (transaction, record) => {
        const present = await transaction.selectFrom('webhooks').select('id').where('project', '=', project).execute()
        if (present.length >= webhooksMax) throw new WebhooksTooMany(webhooksMax)
        const row = {
          id: ids.next('webhook'),
          project,
          url,
          types: JSON.stringify(types),
          secret: randomSecret(random),
          failures: 0,
          disabled_at: null,
          created_by: must(call.principal, 'a principal').userName,
          created_at: clock.now(),
        }
        await transaction.insertInto('webhooks').values(row).execute()
        record.target(row.id)
        return { ...toWebhook(row), secret: row.secret }
      })
    },

    'webhooks.delete': ({ project, webhook }, call) =>
      call.changePlatform(async (transaction, record) => {
        const row = await getWebhook(transaction, project, webhook)
        record.target(row.id)
        await transaction.deleteFrom('webhook_deliveries').where('webhook_id', '=', row.id).execute()
        await transaction.deleteFrom('webhooks').where('id', '=', row.id).execute()
        return toWebhook(row)
      }),

    'webhooks.deliveries': async ({ project, webhook, state, limit, cursor }) => {
      const { id } = await getWebhook(platform.read, project, webhook)
      const before = parseCursor(cursor)
      let query = platform.read.selectFrom('webhook_deliveries').selectAll().where('webhook_id', '=', id)
      if (state) query = query.where('state', '=', state)
      if (before) query = query.where('id', '<', before)
      const rows = await query
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      return toPage(rows, limit, toDelivery, row => row.id)
    },

    'webhooks.redeliver': async ({ project, webhook, delivery }, call) => {
      const again = await call.changePlatform(async (transaction, record) => {
        const { id } = await getWebhook(transaction, project, webhook)
        const row = await getDelivery(transaction, id, delivery)
        record.target(id)
        const change = { state: 'waiting', attempts: 0, next_at: clock.now() } as const
        await transaction.updateTable('webhook_deliveries').set(change).where('id', '=', row.id).execute()
        await transaction.updateTable('webhooks').set({ disabled_at: null }).where('id', '=', id).execute()
        return toDelivery({ ...row, ...change })
      })
      webhooks.wake()
      return again
    },
  }
}
