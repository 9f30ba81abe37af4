import { DatasetInvalid } from '../errors.ts'

const newline = 0x0a

/** Cuts bytes into lines without their ends. Holds one line at most. */
export class LineSplitter {
  readonly #take: (line: Buffer) => void
  readonly #lineBytesMax: number
  #pieces: Buffer[] = []
  #heldBytes = 0

  constructor(take: (line: Buffer) => void, lineBytesMax: number) {
    this.#take = take
    this.#lineBytesMax = lineBytesMax
  }

  write(chunk: Buffer): void {
    let from = 0
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      this.#finish(chunk.subarray(from, at))
      from = at + 1
    }
    // The chunk is its giver's again once it was looked at.
    if (from < chunk.length) this.#hold(Buffer.from(chunk.subarray(from)))
  }

  end(): void {
    if (this.#heldBytes > 0) this.#finish(Buffer.alloc(0))
  }

  #hold(piece: Buffer): void {
    this.#heldBytes += piece.length
    if (this.#heldBytes > this.#lineBytesMax) {
      throw new DatasetInvalid(`a line is longer than ${Math.floor(this.#lineBytesMax / 1024 / 1024)} MiB`)
    }
    this.#pieces.push(piece)
  }

  #finish(last: Buffer): void {
    this.#hold(last)
    const line = this.#pieces.length === 1 ? last : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#heldBytes = 0
    this.#take(line)
  }
}
