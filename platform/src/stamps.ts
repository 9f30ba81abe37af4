import type { Clock } from '@super-data/base/clock'
import { type LibraryTransaction, lastStamp } from './state/library.ts'

const counterDigits = 4
const counterMax = 36 ** counterDigits - 1
const timeDigits = 9
/** Half of what the digits can say: no clock tells it, and whoever followed it would soon have no stamps left. */
const timeMax = 36 ** timeDigits / 2

/**
 * Hybrid logical clock: stamps that sort, as texts, in an order in which nothing comes before what it was made after,
 * whatever the clocks of the installations say. `<milliseconds>-<counter>-<node>`, the first two in base 36.
 *
 * The last stamp is kept in the library itself, so that processes on one home never make the same one.
 */
export class Stamps {
  /** Names this installation; random, kept in `platform.db`. */
  readonly nodeId: string
  readonly #clock: Clock

  constructor(nodeId: string, clock: Clock) {
    this.nodeId = nodeId
    this.#clock = clock
  }

  /** A stamp after every one that was made or seen here. One for each row that is written. */
  async next(transaction: LibraryTransaction): Promise<string> {
    const stamp = stampAfter(await lastStamp(transaction), this.#clock.now(), this.nodeId)
    await keep(transaction, stamp)
    return stamp
  }

  /**
   * What is stamped from now on comes after this one, which another installation made, however wrong its clock or the
   * one here is: what is done with somebody's work must never sort before it.
   */
  async see(transaction: LibraryTransaction, stamp: string): Promise<void> {
    if (!(timeOf(stamp) < timeMax)) return
    if (stamp > (await lastStamp(transaction))) await keep(transaction, stamp)
  }
}

/** The milliseconds a stamp says. */
export function timeOf(stamp: string): number {
  return Number.parseInt(stamp.slice(0, timeDigits), 36)
}

/** Sorts after every stamp of that millisecond's past, before those of its own. */
export function stampAt(time: number): string {
  return `${time.toString(36).padStart(timeDigits, '0')}-`
}

function stampAfter(last: string, now: number, nodeId: string): string {
  const lastTime = last === '' ? 0 : timeOf(last)
  const lastCounter = last === '' ? 0 : Number.parseInt(last.slice(timeDigits + 1, timeDigits + 1 + counterDigits), 36)
  if (now > lastTime) return toStamp(now, 0, nodeId)
  return lastCounter < counterMax ? toStamp(lastTime, lastCounter + 1, nodeId) : toStamp(lastTime + 1, 0, nodeId)
}

function toStamp(time: number, counter: number, nodeId: string): string {
  return `${stampAt(time)}${counter.toString(36).padStart(counterDigits, '0')}-${nodeId}`
}

async function keep(transaction: LibraryTransaction, stamp: string): Promise<void> {
  await transaction
    .insertInto('last_stamp')
    .values({ one: 1, stamp })
    .onConflict(conflict => conflict.column('one').doUpdateSet({ stamp }))
    .execute()
}
