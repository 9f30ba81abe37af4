import type { Buffer } from 'node:buffer'
import type { Clock } from '@super-data/base/clock'
import { JqTimeExceeded } from '../errors.ts'
import type { Value } from '../value/value.ts'
import type { JqAnswer } from './call.ts'
import type { Channel } from './channel.ts'
import { Conversation, PoolGone } from './conversation.ts'
import { DocumentCache } from './document-cache.ts'
import { JqTimeout } from './errors.ts'
import { type Frame, ProtocolMismatch } from './frames.ts'
import { Enough, ItemsWriter, itemsFrame } from './items-writer.ts'
import { parseInput, print } from './json-text.ts'
import { PreparedPrograms, type RunProgram } from './prepared-programs.ts'
import { type CallHead, type ChildReport, type ChildSettings, readCall, toFailed } from './protocol.ts'
import { RecordsReader } from './records.ts'

/** Resident memory is looked at once in so many calls, and after every document that was loaded. */
const rssEveryCalls = 64

/** Runs one call after the other in the child. Whatever a program does ends as `done` or `failed`, or with the process. */
export class Executor {
  readonly #channel: Channel
  readonly #settings: ChildSettings
  readonly #clock: Clock
  readonly #programs: PreparedPrograms
  readonly #documents: DocumentCache
  readonly #frame = itemsFrame()
  #calls = 0

  constructor(channel: Channel, settings: ChildSettings, clock: Clock) {
    this.#channel = channel
    this.#settings = settings
    this.#clock = clock
    this.#programs = new PreparedPrograms({ env: settings.env, clock })
    this.#documents = new DocumentCache(settings)
  }

  /** @throws PoolGone when nobody listens any more. */
  answer(frame: Frame): void {
    const conversation = new Conversation(this.#channel, frame.call)
    this.#calls++
    try {
      const { head, text } = readCall(frame.payload)
      this.#run(conversation, head, text)
    } catch (failure) {
      if (failure instanceof PoolGone || failure instanceof ProtocolMismatch) throw failure
      conversation.failed(toFailed(failure, this.#report()))
    }
  }

  #run(conversation: Conversation, head: CallHead, text: Buffer): void {
    const endsAt = this.#clock.elapsed() + head.limits.timeMs
    const writer = this.#writer(conversation, head, endsAt)
    const stopped = untilEnough(head.limits.timeMs, () => {
      const run = this.#programs.prepare(head, endsAt)
      const emit = (value: Value) => writer.output(value)
      if (head.mode === 'records' && head.input.kind !== 'none') this.#runRecords(conversation, head, text, run, writer)
      else run(this.#document(conversation, head, text), emit)
      writer.end()
    })
    const answer: JqAnswer = { ...writer.summary, stopped }
    const last = stopped === 'caller' ? undefined : writer.takeFrame()
    conversation.done({ answer, child: this.#report() }, last)
  }

  #writer(conversation: Conversation, head: CallHead, endsAt: number): ItemsWriter {
    const { outputs, bytes, timeMs } = head.limits
    const elapsed = () => this.#clock.elapsed()
    const send = (frame: Buffer) => {
      if (elapsed() > endsAt) throw new JqTimeout(timeMs)
      conversation.sendItems(frame)
    }
    const streaming = head.mode === 'records' && head.input.kind !== 'none'
    return new ItemsWriter(
      { streaming, limits: { items: outputs ?? Number.POSITIVE_INFINITY, bytes }, frame: this.#frame },
      { send, print, elapsed },
    )
  }

  #document(conversation: Conversation, { input }: CallHead, text: Buffer): Value {
    if (input.kind === 'none') return null
    if (input.kind === 'json') return parseInput(text.toString())
    return this.#documents.get(input, () => conversation.pull())
  }

  #runRecords(
    conversation: Conversation,
    { input }: CallHead,
    text: Buffer,
    run: RunProgram,
    writer: ItemsWriter,
  ): void {
    const format = input.kind === 'file' ? input.format : 'json'
    const pull = input.kind === 'file' ? () => conversation.pull() : once(text)
    const reader = new RecordsReader(pull, { format, recordBytesMax: this.#settings.recordBytesMax })
    const next = () => {
      const index = reader.index
      const record = reader.next()
      return record === undefined ? undefined : parseInput(record, index)
    }
    const emit = (value: Value) => writer.output(value)
    for (let record = next(); record !== undefined; record = next()) {
      run(record, emit, next)
      writer.flushIfDue()
    }
  }

  #report(): ChildReport {
    const warm = this.#documents.takeChanges()
    const look = warm !== undefined || this.#calls % rssEveryCalls === 0
    return { ...(warm ? { warm } : {}), ...(look ? { rssBytes: process.memoryUsage.rss() } : {}) }
  }
}

/** Runs until the end or until somebody has enough. @throws JqTimeout when the program notices that its time is up. */
function untilEnough(timeMs: number, work: () => void): JqAnswer['stopped'] {
  try {
    work()
    return false
  } catch (reason) {
    if (reason instanceof Enough) return reason.by
    throw reason instanceof JqTimeExceeded ? new JqTimeout(timeMs, reason) : reason
  }
}

function once(bytes: Buffer): () => Buffer | undefined {
  let rest: Buffer | undefined = bytes
  return () => {
    const given = rest
    rest = undefined
    return given
  }
}
