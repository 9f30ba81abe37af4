import type { Delivery, Webhook } from '@super-data/contract'
import type { Kysely, Selectable } from 'kysely'
import type { PlatformTables } from '../state/platform.ts'
import { WebhookMissing } from './errors.ts'

export type Reader = Pick<Kysely<PlatformTables>, 'selectFrom'>
export type WebhookRow = Selectable<PlatformTables['webhooks']>
export type DeliveryRow = Selectable<PlatformTables['webhook_deliveries']>

/** @throws WebhookMissing */
export async function getWebhook(reader: Reader, project: string, id: string): Promise<WebhookRow> {
  const row = await reader
    .selectFrom('webhooks')
    .selectAll()
    .where('project', '=', project)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw new WebhookMissing('webhook')
  return row
}

/** @throws WebhookMissing */
export async function getDelivery(reader: Reader, webhook: string, id: string): Promise<DeliveryRow> {
  const row = await reader
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('webhook_id', '=', webhook)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw new WebhookMissing('delivery')
  return row
}

export function toWebhook(row: WebhookRow): Webhook {
  return {
    id: row.id,
    project: row.project,
    url: row.url,
    types: JSON.parse(row.types) as string[],
    state: row.disabled_at !== null ? 'disabled' : row.failures > 0 ? 'failing' : 'active',
    createdBy: row.created_by,
    createdAt: row.created_at,
  }
}

export function toDelivery(row: DeliveryRow): Delivery {
  const { event, type, subject, state, attempts, status, problem, at } = row
  return { id: row.id, event, type, subject, state, attempts, status, problem, at, nextAt: row.next_at }
}
