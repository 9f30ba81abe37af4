import type { Clock } from '@super-data/base/clock'
import { must } from '@super-data/base/errors'
import type { Event, InboxItem } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import { may } from '../authorise.ts'
import type { Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import { readNewest, toEvents } from '../events/outbox.ts'
import { findStanding } from '../identity/projects.ts'
import type { Principal } from '../principal.ts'
import type { LibraryTables } from '../state/library.ts'
import type { PlatformTables } from '../state/platform.ts'
import { governed } from '../state/shared-tables.ts'
import { OpenReviews, subjectOf, subjectVersions } from './open-reviews.ts'

export interface InboxParts {
  readonly clock: Clock
  readonly library: Database<LibraryTables>
  readonly platform: Database<PlatformTables>
}

/** Events looked through, newest first. */
const lookedThroughMax = 5_000

const decided: ReadonlySet<string> = new Set(['approved', 'rejected', 'expired', 'withdrawn', 'conflict', 'disabled'])

type InboxHandlers = Pick<Handlers, Extract<keyof Handlers, `inbox.${string}`>>

export function inboxHandlers({ library, platform, clock }: InboxParts): InboxHandlers {
  async function seenUpTo(principal: Principal): Promise<string> {
    const mark = platform.read.selectFrom('inbox_marks').select('seen').where('user_id', '=', principal.userId)
    return (await mark.executeTakeFirst())?.seen ?? ''
  }

  /** Newest first. */
  async function itemsOf(principal: Principal): Promise<InboxItem[]> {
    const seen = await seenUpTo(principal)
    const events = toEvents(await readNewest(governed(library.read), lookedThroughMax))
    const own = await subjectsOf(library, principal.userId)
    const rights = new Map<string, 'none' | 'read' | 'write'>()
    for (const project of new Set(events.map(event => event.project)))
      rights.set(project, await rightsIn(library, principal, project))
    const reviews = await OpenReviews.read(library.read, principal, clock.now())
    return events.flatMap(event => {
      const right = rights.get(event.project)
      if (right === 'none' || event.by === principal.userName) return []
      const told = toldOf(event, right === 'write', own.has(`${event.project} ${event.subject}`), reviews)
      return told === undefined ? [] : [{ ...event, seen: event.id <= seen, ...told }]
    })
  }

  const unseenOf = (items: readonly InboxItem[]) => items.filter(item => !item.seen).length

  return {
    'inbox.list': async ({ limit, cursor, unseen }, call) => {
      const before = parseCursor(cursor)
      const all = await itemsOf(must(call.principal, 'a principal'))
      const wanted = all.filter(item => (before === undefined || item.id < before) && !(unseen && item.seen))
      const page = toPage(
        wanted.slice(0, limit + 1),
        limit,
        item => item,
        item => item.id,
      )
      return { ...page, unseen: unseenOf(all) }
    },

    'inbox.seen': async ({ upTo }, call) => {
      const principal = must(call.principal, 'a principal')
      const user_id = principal.userId
      await call.changePlatform(async transaction => {
        const mark = transaction.insertInto('inbox_marks').values({ user_id, seen: upTo })
        await mark.onConflict(conflict => conflict.column('user_id').doUpdateSet({ seen: upTo })).execute()
        return { unseen: 0 }
      })
      return { unseen: unseenOf(await itemsOf(principal)) }
    },
  }
}

type Told = Pick<InboxItem, 'version' | 'hash' | 'comment' | 'todo'>

/** What an event says to somebody; undefined when it does not concern them, or no longer does. */
function toldOf(event: Event, mayVote: boolean, isOwn: boolean, reviews: OpenReviews): Told | undefined {
  const word = event.type.slice(event.type.indexOf('.') + 1)
  if (word === 'submitted' && mayVote) {
    const asked = reviews.askedBy(event)
    return asked && { ...asked, comment: null, todo: 'vote' }
  }
  if (!isOwn) return undefined
  if (word === 'voted') {
    const reject = reviews.rejectBy(event)
    return reject && { ...reject, hash: null, todo: null }
  }
  if (!decided.has(word)) return undefined
  const became = reviews.decidedBy(event)
  const todo = became && word === 'conflict' ? 'compare' : null
  return { version: null, hash: null, comment: null, ...became, todo }
}

async function rightsIn(
  library: Database<LibraryTables>,
  principal: Principal,
  name: string,
): Promise<'none' | 'read' | 'write'> {
  const project = await findStanding(library.read, principal.userId, name)
  if (!may(principal, 'read', { kind: 'project', project })) return 'none'
  return may(principal, 'write', { kind: 'project', project }) ? 'write' : 'read'
}

/** Tools and functions that somebody wrote a version of, by project. */
async function subjectsOf(library: Database<LibraryTables>, userId: string): Promise<ReadonlySet<string>> {
  const rows = await subjectVersions(library.read).where('versions.created_by', '=', userId).distinct().execute()
  return new Set(rows.map(row => `${row.project} ${subjectOf(row)}`))
}
