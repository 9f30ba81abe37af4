import { Buffer } from 'node:buffer'
import type { Value } from '../value/value.ts'
import type { Shape } from './call.ts'
import { headerBytes } from './frames.ts'

export const shapeMarks: Readonly<Record<Shape, number>> = { value: 0x76, array: 0x61, outputs: 0x6f }

/** Bytes before the first line of an items frame: the header and the mark of the shape. */
const leadBytes = headerBytes + 1
const linesBytesMax = 64 * 1024
const linesMax = 256
/** Items do not wait longer than this for company. */
const lingerMs = 50

export interface ItemsLimits {
  readonly items: number
  readonly bytes: number
}

export interface ItemsSettings {
  readonly streaming: boolean
  readonly limits: ItemsLimits
  /** From `itemsFrame`: where lines are collected. One serves writers that come one after the other. */
  readonly frame: Buffer
}

export function itemsFrame(): Buffer {
  return Buffer.allocUnsafeSlow(leadBytes + linesBytesMax)
}

export interface ItemsOutlet {
  /**
   * Sends lines on their way: room for the header first, then the mark of the shape, then JSON texts ended by `\n`.
   * The bytes are good until it returns.
   */
  send(frame: Buffer): void
  print(value: Value): string
  elapsed(): number
}

/** Thrown through the running program when it has given enough. Never leaves the child. */
export class Enough extends Error {
  readonly by: 'outputs' | 'bytes' | 'caller'
  constructor(by: 'outputs' | 'bytes' | 'caller') {
    super('enough')
    this.by = by
  }
}

export interface ItemsSummary {
  readonly shape: Shape
  readonly outputs: number
  readonly items: number
  readonly bytes: number
}

/**
 * Turns outputs into items and items into frames. Holds the first output back until it is clear whether it is the only
 * one; from the second on, and always when `streaming`, outputs go out as they come.
 */
export class ItemsWriter {
  readonly #limits: ItemsLimits
  readonly #outlet: ItemsOutlet
  #shape: Shape | undefined
  #held: { readonly value: Value } | undefined
  #outputs = 0
  #items = 0
  #bytes = 0
  readonly #frame: Buffer
  #at = leadBytes
  #lines = 0
  #sentAt: number

  constructor(settings: ItemsSettings, outlet: ItemsOutlet) {
    this.#frame = settings.frame
    this.#limits = settings.limits
    this.#outlet = outlet
    this.#shape = settings.streaming ? 'outputs' : undefined
    this.#sentAt = outlet.elapsed()
  }

  get summary(): ItemsSummary {
    return { shape: this.#shape ?? 'outputs', outputs: this.#outputs, items: this.#items, bytes: this.#bytes }
  }

  /** @throws Enough when this output shows that there is more than the limits allow. */
  output(value: Value): void {
    this.#outputs++
    if (this.#shape === undefined) {
      if (this.#held === undefined) {
        this.#held = { value }
        return
      }
      this.#shape = 'outputs'
      this.#item(this.#takeHeld())
    }
    this.#item(value)
  }

  /** Says what was held back; the last frame is the caller's to send. @throws Enough as `output` does. */
  end(): void {
    if (this.#held === undefined) return
    const value = this.#takeHeld()
    this.#shape = Array.isArray(value) ? 'array' : 'value'
    const items = Array.isArray(value) ? value : [value]
    for (const item of items) this.#item(item)
  }

  /** Sends lines that have waited long enough. */
  flushIfDue(): void {
    if (this.#lines > 0 && this.#outlet.elapsed() - this.#sentAt > lingerMs) this.flush()
  }

  flush(): void {
    const rest = this.takeFrame()
    if (rest) this.#outlet.send(rest)
  }

  /** The frame of the lines that still wait, if any. */
  takeFrame(): Buffer | undefined {
    if (this.#lines === 0) return undefined
    const frame = this.#frame.subarray(0, this.#at)
    this.#seal(frame)
    return frame
  }

  #takeHeld(): Value {
    const value = this.#held?.value ?? null
    this.#held = undefined
    return value
  }

  #item(value: Value): void {
    if (this.#items >= this.#limits.items) throw new Enough('outputs')
    const text = this.#outlet.print(value)
    // A character is at most three bytes of UTF-8: most lines need no exact count to know that they fit.
    const fits = text.length * 3 + 1 <= this.#frame.length - this.#at
    if (!fits) this.flush()
    if (text.length * 3 + 1 > linesBytesMax) this.#longLine(text)
    else this.#shortLine(text)
    if (this.#lines >= linesMax) this.flush()
    else this.flushIfDue()
  }

  #shortLine(text: string): void {
    const written = this.#frame.write(text, this.#at, 'utf8')
    this.#count(written)
    this.#at += written
    this.#frame[this.#at++] = 0x0a
    this.#lines++
  }

  #longLine(text: string): void {
    const bytes = Buffer.byteLength(text)
    this.#count(bytes)
    const frame = Buffer.allocUnsafe(leadBytes + bytes + 1)
    frame.write(text, leadBytes, 'utf8')
    frame[leadBytes + bytes] = 0x0a
    this.#seal(frame)
    this.#outlet.send(frame)
  }

  #count(bytes: number): void {
    if (this.#bytes + bytes > this.#limits.bytes) throw new Enough('bytes')
    this.#bytes += bytes
    this.#items++
  }

  #seal(frame: Buffer): void {
    frame[headerBytes] = shapeMarks[this.#shape ?? 'outputs']
    this.#at = leadBytes
    this.#lines = 0
    this.#sentAt = this.#outlet.elapsed()
  }
}
