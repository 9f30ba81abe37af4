import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@super-data/base/clock'
import { DatabaseBusy } from '../errors.ts'
import type { Connection } from './connection.ts'
import type { ConnectionSource } from './dialect.ts'
import { isBusy } from './failure.ts'

/** The one connection that writes. Who may use it when is decided above: here it is always free. */
export class Writer implements ConnectionSource {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #waitMs: number

  constructor(connection: Connection, { clock, waitMs }: { clock: Clock; waitMs: number }) {
    this.#connection = connection
    this.#clock = clock
    this.#waitMs = waitMs
  }

  take(): Connection {
    return this.#connection
  }

  giveBack(): void {}

  /**
   * Takes the right to write at once, so that no later statement can find it taken. Another process may hold it: we
   * ask again without blocking this thread.
   */
  async begin(connection: Connection): Promise<void> {
    const deadline = this.#clock.elapsed() + this.#waitMs
    for (let attempt = 0; !tryBegin(connection); attempt++) {
      if (this.#clock.elapsed() > deadline) throw new DatabaseBusy()
      await sleep(Math.min(1 + attempt, 25))
    }
  }

  close(): void {
    this.#connection.close()
  }
}

function tryBegin(connection: Connection): boolean {
  try {
    connection.run('begin immediate')
    return true
  } catch (failure) {
    if (failure instanceof DatabaseBusy || isBusy(failure)) return false
    throw failure
  }
}
