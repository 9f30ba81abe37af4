import { type CharSet, charSet } from './char-set.ts'
import type { Node } from './tree.ts'

/** One step of a matching machine. Numbers named `to`, `first`, `second` are places in the program. */
export type Instruction =
  | { readonly op: 'char'; readonly set: CharSet; readonly back: boolean }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'save'; readonly slot: number }
  /** Forgets what the groups from one slot to another held. */
  | { readonly op: 'clear'; readonly from: number; readonly to: number }
  | { readonly op: 'look'; readonly behind: boolean; readonly negative: boolean; to: number }
  | { readonly op: 'atomic'; to: number }
  | { readonly op: 'back'; readonly slot: number; readonly fold: boolean; readonly back: boolean }
  /** A turn of a loop begins here; `turned` fails when the turn matched nothing. */
  | { readonly op: 'turn'; readonly register: number }
  | { readonly op: 'turned'; readonly register: number }
  | { readonly op: 'match' }

export interface MatchingProgram {
  readonly instructions: readonly Instruction[]
  /** The slot of each named group's start; its end is the next one. Slots 0 and 1 are the whole match. */
  readonly slots: ReadonlyMap<string, number>
  readonly slotCount: number
  readonly registers: number
  /**
   * Whether what happens at a place depends on nothing but the place, and on which loops have matched nothing yet in
   * this turn: then nothing need be tried twice.
   */
  readonly forgetful: boolean
}

/** With more loops whose turns may match nothing, there would be too many cases to remember. */
const registersMax = 4

/** Longest program that is made. */
const instructionsMax = 20_000

/** `undefined` when counted repetitions make it too long. */
export function compileTree(node: Node): MatchingProgram | undefined {
  const compiler = new TreeCompiler(node)
  return compiler.compile(node) ? compiler.program : undefined
}

class TreeCompiler {
  readonly #out: Instruction[] = []
  readonly #slots = new Map<string, number>()
  readonly #forgetful: boolean
  #registers = 0

  constructor(node: Node) {
    for (const name of groupNames(node)) this.#slots.set(name, 2 + this.#slots.size * 2)
    this.#forgetful = !hasReference(node)
  }

  get program(): MatchingProgram {
    return {
      instructions: this.#out,
      slots: this.#slots,
      slotCount: 2 + this.#slots.size * 2,
      registers: this.#registers,
      forgetful: this.#forgetful && this.#registers <= registersMax,
    }
  }

  compile(node: Node): boolean {
    try {
      this.#node(node, false)
      this.#emit({ op: 'match' })
      return true
    } catch (error) {
      if (error === tooLong) return false
      throw error
    }
  }

  #emit<I extends Instruction>(instruction: I): I {
    if (this.#out.length >= instructionsMax) throw tooLong
    this.#out.push(instruction)
    return instruction
  }

  get #here(): number {
    return this.#out.length
  }

  #node(node: Node, back: boolean): void {
    switch (node.kind) {
      case 'char':
        this.#emit({ op: 'char', set: charSet(node.source, node.fold), back })
        break
      case 'sequence':
        for (const item of back ? node.items.toReversed() : node.items) this.#node(item, back)
        break
      case 'choice':
        this.#choice(node.branches, back)
        break
      case 'repeat':
        this.#repeat(node, back)
        break
      case 'group': {
        const slot = this.#slots.get(node.name)!
        this.#emit({ op: 'save', slot: back ? slot + 1 : slot })
        this.#node(node.body, back)
        this.#emit({ op: 'save', slot: back ? slot : slot + 1 })
        break
      }
      case 'back':
        this.#emit({ op: 'back', slot: this.#slots.get(node.name)!, fold: node.fold, back })
        break
      case 'atomic':
        this.#aside(this.#emit({ op: 'atomic', to: 0 }), node.body, back)
        break
      case 'look':
        this.#aside(
          this.#emit({ op: 'look', behind: node.behind, negative: node.negative, to: 0 }),
          node.body,
          node.behind,
        )
        break
    }
  }

  /** A program within the program, skipped by whoever started it. */
  #aside(start: { to: number }, body: Node, back: boolean): void {
    this.#node(body, back)
    this.#emit({ op: 'match' })
    start.to = this.#here
  }

  #choice(branches: readonly Node[], back: boolean): void {
    const ends: { to: number }[] = []
    for (const [at, branch] of branches.entries()) {
      const isLast = at === branches.length - 1
      const split = isLast ? undefined : this.#emit({ op: 'split', first: this.#here + 1, second: 0 })
      this.#node(branch, back)
      if (split) {
        ends.push(this.#emit({ op: 'jump', to: 0 }))
        split.second = this.#here
      }
    }
    for (const end of ends) end.to = this.#here
  }

  #repeat({ body, min, max, greedy }: Extract<Node, { kind: 'repeat' }>, back: boolean): void {
    for (let turn = 0; turn < min; turn++) this.#turn(body, back)
    if (max === Number.POSITIVE_INFINITY) this.#loop(body, greedy, back)
    else this.#optionalTurns(body, max - min, greedy, back)
  }

  #turn(body: Node, back: boolean): void {
    const slots = groupNames(body).map(name => this.#slots.get(name)!)
    if (slots.length > 0) this.#emit({ op: 'clear', from: Math.min(...slots), to: Math.max(...slots) + 1 })
    this.#node(body, back)
  }

  #loop(body: Node, greedy: boolean, back: boolean): void {
    const head = this.#here
    const split = this.#split(greedy)
    this.#checkedTurn(body, back, this.#register(body))
    this.#emit({ op: 'jump', to: head })
    split.leave(this.#here)
  }

  #optionalTurns(body: Node, count: number, greedy: boolean, back: boolean): void {
    const splits = []
    const register = this.#register(body)
    for (let turn = 0; turn < count; turn++) {
      splits.push(this.#split(greedy))
      this.#checkedTurn(body, back, register)
    }
    for (const split of splits) split.leave(this.#here)
  }

  /** A turn that nobody asked for may not match nothing. */
  #checkedTurn(body: Node, back: boolean, register: number | undefined): void {
    if (register !== undefined) this.#emit({ op: 'turn', register })
    this.#turn(body, back)
    if (register !== undefined) this.#emit({ op: 'turned', register })
  }

  #register(body: Node): number | undefined {
    return canBeEmpty(body) ? this.#registers++ : undefined
  }

  #split(greedy: boolean): { leave(at: number): void } {
    const body = this.#here + 1
    const split = this.#emit({ op: 'split', first: body, second: body })
    return {
      leave: at => {
        if (greedy) split.second = at
        else split.first = at
      },
    }
  }
}

const tooLong = Symbol('too long')

function childrenOf(node: Node): readonly Node[] {
  if (node.kind === 'sequence') return node.items
  if (node.kind === 'choice') return node.branches
  return 'body' in node ? [node.body] : []
}

function canBeEmpty(node: Node): boolean {
  switch (node.kind) {
    case 'char':
      return false
    case 'sequence':
      return node.items.every(canBeEmpty)
    case 'choice':
      return node.branches.some(canBeEmpty)
    case 'repeat':
      return node.min === 0 || canBeEmpty(node.body)
    case 'group':
    case 'atomic':
      return canBeEmpty(node.body)
    default:
      return true
  }
}

function groupNames(node: Node): string[] {
  const inner = childrenOf(node).flatMap(groupNames)
  return node.kind === 'group' ? [node.name, ...inner] : inner
}

function hasReference(node: Node): boolean {
  return node.kind === 'back' || childrenOf(node).some(hasReference)
}
