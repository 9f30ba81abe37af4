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
import { type EventDraft, hasEvent, insertEvents, newestEvent, pruneEvents, readEvents, toEvent } from './outbox.ts'
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

/** The library's outbox and the platform's. */
type Files = readonly [Database<GovernedTables>, Database<GovernedTables>]

const pruneEveryMs = 3_600_000
const batchMax = 500

/** What happened, from the outboxes of both governed files, in one order: that of the commits in this process. */
export class Events implements EventStream, AsyncDisposable {
  readonly #files: Files
  readonly #parts: EventParts
  readonly #settings: EventSettings
  readonly #clock: Clock
  readonly #ids: Ids
  readonly #turns = new Turns()
  readonly #listeners = new Set<(event: Event) => void>()
  readonly #feeds = new Set<Feed>()
  /** Every event up to this id is committed: ids are given and committed one turn at a time. */
  #published: string
  #timer: NodeJS.Timeout | undefined
  #pruning: Promise<void> = Promise.resolve()
  #closed = false

  private constructor(parts: EventParts, settings: EventSettings, files: Files, newest: { id: string; at: number }) {
    this.#parts = parts
    this.#settings = settings
    this.#files = files
    this.#published = newest.id
    // A clock that was set back must not make ids that sort before those already stored.
    const { clock } = parts
    this.#clock = { now: () => Math.max(clock.now(), newest.at + 1), elapsed: () => clock.elapsed() }
    this.#ids = new TimeOrderedIds(this.#clock, parts.random)
  }

  /** Borrows the databases. */
  static async open(parts: EventParts, settings: EventSettings = defaultEventSettings): Promise<Events> {
    const files = [parts.library, parts.platform] as unknown as Files
    const newest = await Promise.all(files.map(file => newestEvent(file.read)))
    const ids = newest.map(event => event.id).sort()
    const at = Math.max(...newest.map(event => event.at))
    const events = new Events(parts, settings, files, { id: ids.at(-1) ?? '', at })
    events.#timer = setInterval(() => void events.prune(), pruneEveryMs).unref()
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
          if (event.id <= last) continue
          last = event.id
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
    for (const file of this.#files) if (await hasEvent(file.read, after)) return after
    return ''
  }

  async #stored(after: string, feed: Feed): Promise<Event[]> {
    const range = { after, upTo: this.#published, limit: batchMax }
    const rows = (await Promise.all(this.#files.map(file => readEvents(file.read, range)))).flat()
    const batch = rows.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, batchMax)
    if (rows.length >= batchMax) feed.fallBehind()
    return batch.map(toEvent)
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
  async commit<Tables extends GovernedTables, T>(
    file: Database<Tables>,
    work: (transaction: Transaction<Tables>) => Promise<{ value: T; drafts: readonly EventDraft[] }>,
  ): Promise<T> {
    let settle: (committed: boolean) => void = () => {}
    let committed = false
    let over = false
    try {
      const result = await file.write(async transaction => {
        const { value, drafts } = await work(transaction)
        const settleThese = await this.write(governed(transaction), drafts)
        // A transaction that ran out of time is over before its work is.
        if (over) settleThese(false)
        else settle = settleThese
        return value
      })
      committed = true
      return result
    } finally {
      over = true
      settle(committed)
    }
  }

  /**
   * Writes events as the last thing of a transaction. Nobody else's are committed or told of until the result is
   * called: with true once the transaction is committed, with false when it was not. `change` and `commit` see to it.
   */
  async write(transaction: GovernedTransaction, drafts: readonly EventDraft[]): Promise<(committed: boolean) => void> {
    if (drafts.length === 0) return () => {}
    const endTurn = await this.#turns.take()
    try {
      const events = drafts.map(draft => ({ id: this.#ids.next('event'), at: this.#clock.now(), ...draft }))
      await insertEvents(transaction, events)
      return committed => {
        if (committed) for (const event of events) this.#publish(event)
        endTurn()
      }
    } catch (failure) {
      endTurn()
      throw failure
    }
  }

  #publish(event: Event): void {
    this.#published = event.id
    for (const feed of this.#feeds) feed.push(event)
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (failure) {
        this.#parts.log.error({ err: failure, event: event.id }, 'an event listener failed')
      }
    }
  }

  /** Forgets what is older than the settings keep. A failure is only logged: it is tried again in an hour. */
  prune(): Promise<void> {
    this.#pruning = this.#pruning.then(() => this.#prune())
    return this.#pruning
  }

  async #prune(): Promise<void> {
    const limits = { olderThan: this.#clock.now() - this.#settings.keepMs, rowsMax: this.#settings.rowsMax }
    try {
      for (const file of this.#files) await file.write(transaction => pruneEvents(transaction, limits))
    } catch (failure) {
      this.#parts.log.warn({ err: failure }, 'old events could not be removed')
    }
  }

  /** Ends every follower. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    for (const feed of this.#feeds) feed.end()
    this.#feeds.clear()
    await this.#pruning
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
