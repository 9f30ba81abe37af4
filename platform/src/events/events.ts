import type { Clock } from '@super-data/base/clock'
import { type Ids, type Random, TimeOrderedIds } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import type { Event } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import type { Transaction } from 'kysely'
import type { EventStream } from '../door.ts'
import type { Principal } from '../principal.ts'
import type { LibraryTables } from '../state/library.ts'
import type { PlatformTables } from '../state/platform.ts'
import { type GovernedTables, type GovernedTransaction, governed } from '../state/shared-tables.ts'
import { Feed } from './feed.ts'
import {
  type EventDraft,
  hasEvent,
  insertEvents,
  lastPosition,
  newestEvent,
  pruneEvents,
  readEvents,
  readWritten,
  toEvents,
} from './outbox.ts'
import { Turns } from './turns.ts'

/** Says what a principal may see at this moment. */
export interface Sight {
  /** Undefined when the principal would no longer get in. */
  current(principal: Principal): Promise<Principal | undefined>
  mayRead(principal: Principal, project: string): Promise<boolean>
}

export interface EventSettings {
  readonly keepMs: number
  /** Events kept in each file at most. */
  readonly rowsMax: number
}

export const defaultEventSettings: EventSettings = { keepMs: 7 * 86_400_000, rowsMax: 100_000 }

export interface EventParts {
  readonly library: Database<LibraryTables>
  readonly platform: Database<PlatformTables>
  readonly sight: Sight
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** The outbox of the library or of the platform, read up to a position. */
interface Outbox {
  readonly file: Database<GovernedTables>
  position: number
}

const lookEveryMs = 1_000
const pruneEveryMs = 3_600_000
const batchMax = 500
const lateMax = 1_000

/**
 * What happened, from the outboxes of both governed files, in one order: that of the commits. Those of other processes
 * on the same home are found by looking. One that was committed at the very moment of another with a higher id may
 * come after it, but comes.
 */
export class Events implements EventStream, AsyncDisposable {
  readonly #outboxes: readonly Outbox[]
  readonly #parts: EventParts
  readonly #settings: EventSettings
  readonly #clock: Clock
  readonly #ids: Ids
  readonly #turns = new Turns()
  readonly #listeners = new Set<(event: Event) => void>()
  readonly #feeds = new Set<Feed>()
  /** The highest id that was told of. */
  #published: string
  /** Ids told of after a higher one. */
  readonly #late = new Set<string>()
  /** Ids are not made for earlier times than this. */
  #latestAt: number
  #looking: Promise<void> = Promise.resolve()
  #pruning: Promise<void> = Promise.resolve()
  #timers: readonly NodeJS.Timeout[] = []
  #closed = false

  private constructor(
    parts: EventParts,
    settings: EventSettings,
    outboxes: readonly Outbox[],
    newest: { id: string; at: number },
  ) {
    this.#parts = parts
    this.#settings = settings
    this.#outboxes = outboxes
    this.#published = newest.id
    this.#latestAt = newest.at + 1
    // A clock that was set back must not make ids that sort before those already stored.
    const { clock } = parts
    this.#clock = { now: () => Math.max(clock.now(), this.#latestAt), elapsed: () => clock.elapsed() }
    this.#ids = new TimeOrderedIds(this.#clock, parts.random)
  }

  /** Borrows the databases. */
  static async open(parts: EventParts, settings: EventSettings = defaultEventSettings): Promise<Events> {
    const files = [parts.library, parts.platform] as unknown as Database<GovernedTables>[]
    // The positions first: what is written meanwhile is then told twice rather than never.
    const outboxes = await Promise.all(files.map(async file => ({ file, position: await lastPosition(file.read) })))
    const newest = await Promise.all(files.map(file => newestEvent(file.read)))
    const ids = newest.map(event => event.id).sort()
    const at = Math.max(...newest.map(event => event.at))
    const events = new Events(parts, settings, outboxes, { id: ids.at(-1) ?? '', at })
    events.#timers = [
      setInterval(() => void events.#look(), lookEveryMs).unref(),
      setInterval(() => void events.prune(), pruneEveryMs).unref(),
    ]
    await events.prune()
    return events
  }

  onEvent(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  follow(principal: Principal, options: { after?: string; signal: AbortSignal }): AsyncIterable<Event> {
    const feed = new Feed(options.after !== undefined)
    const end = () => {
      this.#feeds.delete(feed)
      feed.end()
    }
    if (options.signal.aborted || this.#closed) feed.end()
    else this.#feeds.add(feed)
    options.signal.addEventListener('abort', end, { once: true })
    const from = { after: options.after, published: this.#published }
    return this.#follow(principal, feed, from, () => {
      options.signal.removeEventListener('abort', end)
      end()
    })
  }

  async *#follow(
    principal: Principal,
    feed: Feed,
    from: { readonly after: string | undefined; readonly published: string },
    end: () => void,
  ): AsyncGenerator<Event> {
    try {
      let last = from.after === undefined ? from.published : await this.#known(from.after)
      while (!feed.ended) {
        const batch = feed.catchUp() ? await this.#stored(last, feed) : feed.take()
        for (const event of batch) {
          if (feed.ended) return
          if (event.id <= last && !this.#late.has(event.id)) continue
          if (event.id > last) last = event.id
          const now = await this.#parts.sight.current(principal)
          if (now === undefined) return
          if (await this.#parts.sight.mayRead(now, event.project)) yield event
        }
        if (batch.length === 0) await feed.wait()
      }
    } finally {
      end()
    }
  }

  /** Where to start after an id the follower has seen: from the oldest kept, when nobody knows it any more. */
  async #known(after: string): Promise<string> {
    for (const { file } of this.#outboxes) if (await hasEvent(file.read, after)) return after
    return ''
  }

  async #stored(after: string, feed: Feed): Promise<Event[]> {
    const range = { after, upTo: this.#published, limit: batchMax }
    const rows = (await Promise.all(this.#outboxes.map(({ file }) => readEvents(file.read, range)))).flat()
    const batch = rows.sort(byId).slice(0, batchMax)
    if (rows.length >= batchMax) feed.fallBehind()
    return toEvents(batch)
  }

  /** Writes events that belong to no change of a file, such as a dataset that changed on disk. */
  record<Tables extends GovernedTables>(file: Database<Tables>, drafts: readonly EventDraft[]): Promise<void> {
    return this.change(file, async () => drafts)
  }

  /** Changes a file outside any call, in one transaction with the events that `work` returns. */
  change<Tables extends GovernedTables>(
    file: Database<Tables>,
    work: (transaction: Transaction<Tables>) => Promise<readonly EventDraft[]>,
  ): Promise<void> {
    return this.commit(file, async transaction => ({ value: undefined, drafts: await work(transaction) }))
  }

  /** Runs a transaction with the events it ends with, and tells of them once it is committed. */
  commit<Tables extends GovernedTables, T>(
    file: Database<Tables>,
    work: (transaction: Transaction<Tables>) => Promise<{ value: T; drafts: readonly EventDraft[] }>,
  ): Promise<T> {
    return this.commitBy(write => file.write(write), work)
  }

  /**
   * The same for a transaction that comes with something: with what was merged into the file just before.
   *
   * @param transact runs its argument within the transaction, and commits.
   */
  async commitBy<Tables extends GovernedTables, Given extends unknown[], T>(
    transact: (work: (transaction: Transaction<Tables>, ...given: Given) => Promise<T>) => Promise<T>,
    work: (transaction: Transaction<Tables>, ...given: Given) => Promise<{ value: T; drafts: readonly EventDraft[] }>,
  ): Promise<T> {
    let settle: (committed: boolean) => Promise<void> = async () => {}
    let committed = false
    let over = false
    try {
      const result = await transact(async (transaction, ...given) => {
        const { value, drafts } = await work(transaction, ...given)
        const settleThese = await this.write(governed(transaction), drafts)
        // A transaction that ran out of time is over before its work is.
        if (over) await settleThese(false)
        else settle = settleThese
        return value
      })
      committed = true
      return result
    } finally {
      over = true
      await settle(committed)
    }
  }

  /**
   * Writes events as the last thing of a transaction. Nobody else's are committed or told of until the result is
   * called: with true once the transaction is committed, with false when it was not. `change` and `commit` see to it.
   */
  async write(
    transaction: GovernedTransaction,
    drafts: readonly EventDraft[],
  ): Promise<(committed: boolean) => Promise<void>> {
    if (drafts.length === 0) return async () => {}
    const endTurn = await this.#turns.take()
    try {
      const events = drafts.map(draft => ({ id: this.#ids.next('event'), at: this.#clock.now(), key: null, ...draft }))
      await insertEvents(transaction, events)
      return async committed => {
        if (committed) await this.#look()
        endTurn()
      }
    } catch (failure) {
      endTurn()
      throw failure
    }
  }

  /** Tells of what was written since the last look, here or by another process. One look at a time. */
  #look(): Promise<void> {
    this.#looking = this.#looking.then(async () => {
      try {
        const found = await Promise.all(this.#outboxes.map(readNew))
        for (const { outbox, position } of found) outbox.position = position
        for (const event of toEvents(found.flatMap(({ rows }) => rows).sort(byId))) this.#publish(event)
      } catch (failure) {
        // Nothing is lost: the next look starts where this one did.
        if (!this.#closed) this.#parts.log.warn({ err: failure }, 'new events could not be read')
      }
    })
    return this.#looking
  }

  #publish(event: Event): void {
    if (event.id > this.#published) this.#published = event.id
    else this.#addLate(event.id)
    this.#latestAt = Math.max(this.#latestAt, event.at)
    for (const feed of this.#feeds) feed.push(event)
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (failure) {
        this.#parts.log.error({ err: failure, event: event.id }, 'an event listener failed')
      }
    }
  }

  #addLate(id: string): void {
    this.#late.add(id)
    const oldest = this.#late.values().next().value
    if (this.#late.size > lateMax && oldest !== undefined) this.#late.delete(oldest)
  }

  /** Forgets what is older than the settings keep. A failure is only logged: it is tried again in an hour. */
  prune(): Promise<void> {
    this.#pruning = this.#pruning.then(() => this.#prune())
    return this.#pruning
  }

  async #prune(): Promise<void> {
    const limits = { olderThan: this.#clock.now() - this.#settings.keepMs, rowsMax: this.#settings.rowsMax }
    try {
      for (const { file } of this.#outboxes) await file.write(transaction => pruneEvents(transaction, limits))
    } catch (failure) {
      this.#parts.log.warn({ err: failure }, 'old events could not be removed')
    }
  }

  /** Ends every follower. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers) clearInterval(timer)
    for (const feed of this.#feeds) feed.end()
    this.#feeds.clear()
    await Promise.all([this.#looking, this.#pruning])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1)

/** Reads on in an outbox. When all its events were removed, positions start over. */
async function readNew(outbox: Outbox) {
  const reader = outbox.file.read
  const found = await readWritten(reader, outbox.position)
  const restarted = found.rows.length === 0 && (await lastPosition(reader)) < outbox.position
  return { outbox, ...(restarted ? await readWritten(reader, 0) : found) }
}
