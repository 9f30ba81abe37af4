const startSize = 1_024

/**
 * What choices left behind, as pairs of numbers: a place in the program and one in the text to go on from, or a slot
 * (below zero) and what it held before.
 */
export class BacktrackStack {
  #pairs = new Int32Array(startSize)
  #size = 0
  /** The pair taken last. */
  pc = 0
  at = 0

  pushChoice(pc: number, at: number): void {
    this.#push(pc, at)
  }

  pushSlot(slot: number, was: number): void {
    this.#push(-1 - slot, was)
  }

  /** Takes pairs off, putting back slots, down to the last choice; false when there is none. */
  backtrack(slots: Int32Array): boolean {
    while (this.#size > 0) {
      this.at = this.#pairs[--this.#size]!
      this.pc = this.#pairs[--this.#size]!
      if (this.pc >= 0) return true
      slots[-1 - this.pc] = this.at
    }
    return false
  }

  #push(first: number, second: number): void {
    if (this.#size + 2 > this.#pairs.length) this.#grow()
    this.#pairs[this.#size++] = first
    this.#pairs[this.#size++] = second
  }

  #grow(): void {
    const larger = new Int32Array(this.#pairs.length * 2)
    larger.set(this.#pairs)
    this.#pairs = larger
  }
}
