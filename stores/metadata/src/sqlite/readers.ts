import { DatabaseClosed } from '../errors.ts'
import { Slots } from '../slots.ts'
import { Connection } from './connection.ts'
import type { ConnectionSource } from './dialect.ts'

/** Single reads share one; each read transaction and stream has one of its own. */
const readersMax = 8
const limits = { slots: readersMax, waitingMax: 10_000, waitMs: 30_000 }

/** Connections that only read, opened as they are needed. */
export class Readers implements ConnectionSource {
  readonly #file: string
  readonly #slots = new Slots(limits)
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()
  #closed = false

  constructor(file: string) {
    this.#file = file
  }

  /** @throws DatabaseClosed · DatabaseBusy when all are taken for too long */
  take(): Promise<Connection> | Connection {
    if (this.#closed) throw new DatabaseClosed()
    const turn = this.#slots.acquire()
    return turn === undefined ? this.#next() : turn.then(() => this.#next())
  }

  giveBack(connection: Connection): void {
    // Whatever a reader left open would keep later reads at an old state.
    if (this.#closed) return
    if (connection.inTransaction) connection.run('rollback')
    this.#idle.push(connection)
    this.#slots.release()
  }

  begin(connection: Connection): void {
    connection.run('begin')
  }

  close(): void {
    this.#closed = true
    for (const connection of this.#all) connection.close()
    this.#all.clear()
  }

  #next(): Connection {
    const idle = this.#idle.pop()
    if (idle) return idle
    try {
      const connection = Connection.open(this.#file, { readOnly: true, busyMs: 1000, foreignKeys: true })
      this.#all.add(connection)
      return connection
    } catch (failure) {
      this.#slots.release()
      throw failure
    }
  }
}
