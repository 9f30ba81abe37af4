import type { Clock } from '@super-data/base/clock'
import type { Ids, Random } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import type { Event } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import type { Events } from '../events/events.ts'
import { lastPosition, readWritten, toEvents } from '../events/outbox.ts'
import type { LibraryTables } from '../state/library.ts'
import type { PlatformTables, PlatformTransaction } from '../state/platform.ts'
import { type GovernedTables, governed } from '../state/shared-tables.ts'
import { SignedPost } from './signed-post.ts'
import type { DeliveryRow, WebhookRow } from './webhook-rows.ts'

export interface WebhookSettings {
  /** Whether addresses inside the network may be called. */
  readonly privateAllowed: boolean
  /** Longest one attempt may take. Default 5,000. */
  readonly timeoutMs?: number
  /** Wait before the second attempt; it doubles from one to the next. Default 1,000. */
  readonly firstRetryMs?: number
  /** Attempts before a delivery is given up. Default 12: about a day. */
  readonly attemptsMax?: number
}

export interface WebhooksParts {
  readonly library: Database<LibraryTables>
  readonly platform: Database<PlatformTables>
  readonly events: Events
  readonly clock: Clock
  readonly random: Random
  readonly ids: Ids
  readonly log: Log
  readonly settings: WebhookSettings
}

type Due = DeliveryRow & { readonly webhook: WebhookRow }

const atOnce = 8
const lookEveryMs = 5_000
const retryMsMax = 3 * 3_600_000
const keepMs = 7 * 86_400_000
/** So many deliveries given up in a row, and an address is not called any more. */
const givenUpMax = 20

/**
 * Sends events to the addresses that projects asked for: at least once, each with an id that stays the same. What has
 * to be sent is written down in one transaction with how far the events were read, so that nothing is lost by a crash.
 */
export class Webhooks implements AsyncDisposable {
  readonly privateAllowed: boolean
  readonly #parts: WebhooksParts
  readonly #settings: Required<WebhookSettings>
  readonly #post: SignedPost
  readonly #stop = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #forget: () => void
  #working: Promise<void> | undefined
  #again = false

  private constructor(parts: WebhooksParts) {
    this.#parts = parts
    this.#settings = { timeoutMs: 5_000, firstRetryMs: 1_000, attemptsMax: 12, ...parts.settings }
    this.privateAllowed = parts.settings.privateAllowed
    this.#post = new SignedPost(this.#settings)
    this.#timer = setInterval(() => this.wake(), Math.min(lookEveryMs, this.#settings.firstRetryMs)).unref()
    this.#forget = parts.events.onEvent(() => this.wake())
  }

  /** Sends from now on, until it is closed. Borrows the databases and the events. */
  static async open(parts: WebhooksParts): Promise<Webhooks> {
    const present = await parts.platform.read.selectFrom('webhook_positions').select('file').execute()
    if (present.length === 0) {
      const positions = await Promise.all(
        filesOf(parts).map(async ({ name, file }) => ({ file: name, position: await lastPosition(file.read) })),
      )
      await parts.platform.write(async transaction => {
        await transaction
          .insertInto('webhook_positions')
          .values(positions)
          .onConflict(c => c.doNothing())
          .execute()
      })
    }
    const webhooks = new Webhooks(parts)
    webhooks.wake()
    return webhooks
  }

  /** Looks for something to send, now. */
  wake(): void {
    this.#again = true
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
      // Woken after the last look and before this.
      if (this.#again && !this.#stop.signal.aborted) this.wake()
    })
  }

  async #work(): Promise<void> {
    while (this.#again && !this.#stop.signal.aborted) {
      this.#again = false
      try {
        await this.#enqueue()
        for (let due = await this.#claim(); due.length > 0; due = await this.#claim()) {
          await Promise.all(due.map(delivery => this.#deliver(delivery)))
          if (this.#stop.signal.aborted) return
        }
      } catch (failure) {
        if (!this.#stop.signal.aborted) this.#parts.log.warn({ err: failure }, 'webhooks could not be looked after')
      }
    }
  }

  /** Writes down what is to be sent of the events since the last time. */
  async #enqueue(): Promise<void> {
    const { platform } = this.#parts
    const webhooks = await platform.read.selectFrom('webhooks').selectAll().where('disabled_at', 'is', null).execute()
    const positions = await platform.read.selectFrom('webhook_positions').selectAll().execute()
    for (const { name, file } of filesOf(this.#parts)) {
      const from = positions.find(each => each.file === name)?.position ?? 0
      const { rows, position } = await readOn(file, from)
      if (position === from) continue
      const deliveries = toEvents(rows).flatMap(event => this.#deliveriesOf(event, webhooks))
      await platform.write(transaction => moveOn(transaction, { name, from, position }, deliveries))
    }
  }

  #deliveriesOf(event: Event, webhooks: readonly WebhookRow[]): DeliveryRow[] {
    const wanting = webhooks.filter(({ project, types, created_at }) => {
      const wanted = JSON.parse(types) as string[]
      return project === event.project && created_at <= event.at && (wanted.length === 0 || wanted.includes(event.type))
    })
    return wanting.map(webhook => ({
      id: this.#parts.ids.next('delivery'),
      webhook_id: webhook.id,
      event: event.id,
      type: event.type,
      subject: event.subject,
      body: JSON.stringify(event),
      state: 'waiting',
      attempts: 0,
      status: null,
      problem: null,
      next_at: this.#parts.clock.now(),
      at: event.at,
    }))
  }

  /** Takes some that are due, for longer than an attempt takes: another process leaves them alone meanwhile. */
  #claim(): Promise<Due[]> {
    const { platform, clock } = this.#parts
    return platform.write(async transaction => {
      const rows = await transaction
        .selectFrom('webhook_deliveries')
        .selectAll()
        .where('state', '=', 'waiting')
        .where('next_at', '<=', clock.now())
        .orderBy('next_at')
        .limit(atOnce)
        .execute()
      const due: Due[] = []
      for (const row of rows) {
        const found = transaction.selectFrom('webhooks').selectAll().where('id', '=', row.webhook_id)
        const webhook = await found.executeTakeFirst()
        if (webhook) due.push({ ...row, webhook })
      }
      const ids = rows.map(row => row.id)
      const next_at = clock.now() + 2 * this.#settings.timeoutMs
      if (ids.length > 0)
        await transaction.updateTable('webhook_deliveries').set({ next_at }).where('id', 'in', ids).execute()
      return due
    })
  }

  async #deliver(due: Due): Promise<void> {
    const { webhook, id, type, body } = due
    const message = { url: webhook.url, secret: webhook.secret, id, type, body, at: this.#parts.clock.now() }
    const { delivered, status, problem } = await this.#post.send(message, this.#stop.signal)
    if (this.#stop.signal.aborted && !delivered) return this.#release(id)
    const attempts = due.attempts + 1
    const dead = !delivered && attempts >= this.#settings.attemptsMax
    const state = delivered ? 'delivered' : dead ? 'dead' : 'waiting'
    const next_at = state === 'waiting' ? this.#parts.clock.now() + this.#waitAfter(attempts) : null
    await this.#parts.platform.write(async transaction => {
      const change = { state, attempts, status, problem, next_at } as const
      await transaction.updateTable('webhook_deliveries').set(change).where('id', '=', id).execute()
      await this.#countFailures(transaction, webhook.id, { delivered, dead })
    })
  }

  /** The attempt ended because this closes: the next process need not wait until the claim is over. */
  async #release(id: string): Promise<void> {
    const next_at = this.#parts.clock.now()
    await this.#parts.platform.write(async transaction => {
      await transaction.updateTable('webhook_deliveries').set({ next_at }).where('id', '=', id).execute()
    })
  }

  async #countFailures(transaction: PlatformTransaction, id: string, end: { delivered: boolean; dead: boolean }) {
    const update = transaction.updateTable('webhooks').where('id', '=', id)
    if (end.delivered) await update.set({ failures: 0 }).where('failures', '>', 0).execute()
    if (!end.dead) return
    await update.set(({ eb }) => ({ failures: eb('failures', '+', 1) })).execute()
    const disabled_at = this.#parts.clock.now()
    await update.set({ disabled_at }).where('failures', '>=', givenUpMax).execute()
  }

  /** Doubles from attempt to attempt, and differs by chance so that many do not come at once. */
  #waitAfter(attempts: number): number {
    const longest = Math.min(retryMsMax, this.#settings.firstRetryMs * 2 ** (attempts - 1))
    const [chance = 0] = this.#parts.random.bytes(1)
    return Math.round(longest * (0.5 + chance / 512))
  }

  /** Forgets deliveries that ended a week ago. */
  async prune(): Promise<void> {
    const before = this.#parts.clock.now() - keepMs
    await this.#parts.platform.write(async transaction => {
      await transaction
        .deleteFrom('webhook_deliveries')
        .where('state', '!=', 'waiting')
        .where('at', '<', before)
        .execute()
    })
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#forget()
    this.#stop.abort()
    await this.#working
    await this.#post.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function filesOf({ library, platform }: Pick<WebhooksParts, 'library' | 'platform'>) {
  return [
    { name: 'library', file: library as unknown as Database<GovernedTables> },
    { name: 'platform', file: platform as unknown as Database<GovernedTables> },
  ]
}

/** Positions start over when all events of a file were removed. */
async function readOn(file: Database<GovernedTables>, from: number) {
  const found = await readWritten(governed(file.read), from)
  if (found.rows.length > 0 || (await lastPosition(file.read)) >= from) return found
  return readWritten(governed(file.read), 0)
}

/** Another process may have been faster: then it wrote the deliveries. */
async function moveOn(
  transaction: PlatformTransaction,
  { name, from, position }: { name: string; from: number; position: number },
  deliveries: readonly DeliveryRow[],
): Promise<void> {
  const moved = await transaction
    .updateTable('webhook_positions')
    .set({ position })
    .where('file', '=', name)
    .where('position', '=', from)
    .executeTakeFirst()
  if (moved.numUpdatedRows === 0n || deliveries.length === 0) return
  await transaction
    .insertInto('webhook_deliveries')
    .values([...deliveries])
    .execute()
}
