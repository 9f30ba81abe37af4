import type { Clock } from './clock.ts'

/** Randomness as a component. Web Crypto only, so that it runs in a browser. */
export interface Random {
  bytes(count: number): Uint8Array
}

export const systemRandom: Random = {
  bytes: count => crypto.getRandomValues(new Uint8Array(count)),
}

/** Makes ids that sort by the time they were made. */
export interface Ids {
  /** e.g. `tool_01jd3v5k8w2q7r9x4m6n8p0t2z`: 48 bits of time, 80 bits of randomness, Crockford base 32. */
  next(prefix: string): string
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** ULID layout (github.com/ulid/spec), lower case, with a prefix that says what the id names. */
export class TimeOrderedIds implements Ids {
  readonly #clock: Clock
  readonly #random: Random
  #lastTime = 0
  #lastTail: number[] = []

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  next(prefix: string): string {
    const time = Math.max(this.#clock.now(), this.#lastTime)
    this.#lastTail = time === this.#lastTime && this.#lastTail.length > 0 ? increment(this.#lastTail) : this.#fresh()
    this.#lastTime = time
    return `${prefix}_${encodeTime(time)}${this.#lastTail.map(digit => alphabet[digit]).join('')}`
  }

  #fresh(): number[] {
    return [...this.#random.bytes(16)].map(byte => byte & 31)
  }
}

function encodeTime(time: number): string {
  let rest = time
  let text = ''
  for (let place = 0; place < 10; place++) {
    text = alphabet[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** The next tail within the same millisecond, so that order holds there too. */
function increment(tail: readonly number[]): number[] {
  const next = [...tail]
  for (let place = next.length - 1; place >= 0; place--) {
    const digit = next[place]! + 1
    next[place] = digit & 31
    if (digit < 32) break
  }
  return next
}
