import { BacktrackStack } from './backtrack-stack.ts'
import type { Instruction, MatchingProgram } from './instructions.ts'

/** Work of one search, counted while it goes on. */
export interface Work {
  /** Called every so many instructions; throws to end the search. */
  spend(instructions: number): void
}

const countedAtOnce = 1_024
/** Most places that are remembered: 32 MB of bits. */
const memoryBitsMax = 2 ** 28

/**
 * A backtracking matcher that can be stopped, with the results of JavaScript's own. Expressions without references are
 * matched in time proportional to their length times that of the text: no place is tried twice.
 */
export class MatchingMachine {
  readonly #program: MatchingProgram
  readonly #text: string
  readonly #work: Work
  /** Places where groups start and end, then where turns of loops began; −1 for nowhere. */
  readonly #slots: Int32Array
  /** In how many ways loops can have matched nothing yet. */
  readonly #cases: number
  /** One bit for each instruction at each place of the text, in each case, that was tried in vain. */
  readonly #tried: Uint32Array | undefined
  /** Highest place tried since the last match. */
  #highest = 0
  /** Bits set inside the lookaround that runs now. */
  #journal: number[] | undefined
  #count = 0

  constructor(program: MatchingProgram, text: string, work: Work) {
    this.#program = program
    this.#text = text
    this.#work = work
    this.#slots = new Int32Array(program.slotCount + program.registers)
    this.#cases = 1 << (program.forgetful ? program.registers : 0)
    const bits = this.#bitsAt(text.length + 1)
    if (program.forgetful && bits <= memoryBitsMax) this.#tried = new Uint32Array(Math.ceil(bits / 32))
  }

  /** Start and end of the first match from `from` on, and of its groups by slot; −1 where a group took no part. */
  find(from: number): Int32Array | undefined {
    this.#forget(from)
    for (let start = from; start <= this.#text.length; start += this.#width(start)) {
      this.#slots.fill(-1)
      const end = this.#run(0, start, new BacktrackStack())
      if (end < 0) continue
      this.#tell()
      this.#slots[0] = start
      this.#slots[1] = end
      return this.#slots.slice(0, this.#program.slotCount)
    }
    this.#tell()
    return undefined
  }

  /** What led to the last match may do so again. */
  #forget(from: number): void {
    if (!this.#tried) return
    const first = this.#bitsAt(from) >>> 5
    const last = this.#bitsAt(this.#highest + 1) >>> 5
    this.#tried.fill(0, first, last + 1)
    this.#count += Math.max(0, last - first) >>> 3
    this.#highest = from
  }

  #bitsAt(place: number): number {
    return place * this.#program.instructions.length * this.#cases
  }

  #width(at: number): number {
    return (this.#text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  }

  /** Where the match ends that begins with this instruction at this place; −1 when there is none. */
  #run(startPc: number, start: number, stack: BacktrackStack): number {
    let end = this.#advance(startPc, start, stack)
    while (end < 0 && stack.backtrack(this.#slots)) end = this.#advance(stack.pc, stack.at, stack)
    return end
  }

  /** Goes on until something fails (−1) or the end is reached. */
  #advance(startPc: number, start: number, stack: BacktrackStack): number {
    const { instructions } = this.#program
    let pc = startPc
    let at = start
    for (;;) {
      if (++this.#count >= countedAtOnce) this.#tell()
      if (!this.#isFirstVisit(pc, at)) return -1
      const instruction = instructions[pc]!
      switch (instruction.op) {
        case 'char':
          at = instruction.back ? this.#charBefore(instruction.set, at) : this.#charAfter(instruction.set, at)
          if (at < 0) return -1
          pc++
          break
        case 'split':
          stack.pushChoice(instruction.second, at)
          pc = instruction.first
          break
        case 'jump':
          pc = instruction.to
          break
        case 'match':
          return at
        case 'look':
          if (!this.#look(instruction, pc + 1, at, stack)) return -1
          pc = instruction.to
          break
        case 'atomic':
          at = this.#aside(pc + 1, at, stack)
          if (at < 0) return -1
          pc = instruction.to
          break
        case 'back':
          at = this.#reference(instruction, at)
          if (at < 0) return -1
          pc++
          break
        default:
          if (!this.#note(instruction, at, stack)) return -1
          pc++
      }
    }
  }

  #note(instruction: Instruction, at: number, stack: BacktrackStack): boolean {
    if (instruction.op === 'save') this.#setSlot(instruction.slot, at, stack)
    if (instruction.op === 'clear') {
      for (let slot = instruction.from; slot <= instruction.to; slot++) this.#setSlot(slot, -1, stack)
    }
    if (instruction.op !== 'turn' && instruction.op !== 'turned') return true
    const slot = this.#program.slotCount + instruction.register
    if (instruction.op === 'turned') return this.#slots[slot] !== at
    this.#setSlot(slot, at, stack)
    return true
  }

  #setSlot(slot: number, at: number, stack: BacktrackStack): void {
    stack.pushSlot(slot, this.#slots[slot]!)
    this.#slots[slot] = at
  }

  #tell(): void {
    this.#work.spend(this.#count)
    this.#count = 0
  }

  #isFirstVisit(pc: number, at: number): boolean {
    if (!this.#tried) return true
    const bit = this.#bitsAt(at) + pc * this.#cases + this.#case(at)
    const word = bit >>> 5
    const mask = 1 << (bit & 31)
    if ((this.#tried[word]! & mask) !== 0) return false
    this.#tried[word]! |= mask
    this.#journal?.push(bit)
    if (at > this.#highest) this.#highest = at
    return true
  }

  /** Which loops have matched nothing in their turn so far. */
  #case(at: number): number {
    let which = 0
    const { slotCount, registers } = this.#program
    for (let register = 0; register < registers; register++) {
      if (this.#slots[slotCount + register] === at) which |= 1 << register
    }
    return which
  }

  #charAfter(set: { has(code: number): boolean }, at: number): number {
    const code = this.#text.codePointAt(at)
    if (code === undefined || !set.has(code)) return -1
    return at + (code > 0xffff ? 2 : 1)
  }

  #charBefore(set: { has(code: number): boolean }, at: number): number {
    if (at === 0) return -1
    const pair = at > 1 ? this.#text.codePointAt(at - 2)! : 0
    if (pair > 0xffff) return set.has(pair) ? at - 2 : -1
    return set.has(this.#text.charCodeAt(at - 1)) ? at - 1 : -1
  }

  #look({ negative }: { readonly negative: boolean }, pc: number, at: number, stack: BacktrackStack): boolean {
    if (!negative) return this.#aside(pc, at, stack) >= 0
    const kept = this.#slots.slice()
    const found = this.#aside(pc, at, new BacktrackStack())
    this.#slots.set(kept)
    return found < 0
  }

  /**
   * Runs the program within the program: where it ends, or −1. Nothing in it is tried again, and its groups stay. What
   * led to success is no failure to others who come by the same places.
   */
  #aside(pc: number, at: number, stack: BacktrackStack): number {
    const outerJournal = this.#journal
    const journal: number[] = []
    if (this.#tried) this.#journal = journal
    const before = this.#slots.slice()
    const end = this.#run(pc, at, new BacktrackStack())
    this.#journal = outerJournal
    if (end < 0) {
      for (const bit of journal) outerJournal?.push(bit)
      return -1
    }
    for (const bit of journal) this.#tried![bit >>> 5]! &= ~(1 << (bit & 31))
    for (let slot = 0; slot < before.length; slot++) {
      if (before[slot] !== this.#slots[slot]) stack.pushSlot(slot, before[slot]!)
    }
    return end
  }

  #reference({ slot, fold, back }: Extract<Instruction, { op: 'back' }>, at: number): number {
    const [from, to] = [this.#slots[slot]!, this.#slots[slot + 1]!]
    if (from < 0 || to < 0) return at
    const start = back ? at - (to - from) : at
    const end = start + (to - from)
    if (start < 0 || end > this.#text.length) return -1
    const same = this.#text.slice(from, to) === this.#text.slice(start, end)
    if (!same && !(fold && equalFolded(this.#text.slice(from, to), this.#text.slice(start, end)))) return -1
    return back ? start : end
  }
}

function equalFolded(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase() || a.toUpperCase() === b.toUpperCase()
}
