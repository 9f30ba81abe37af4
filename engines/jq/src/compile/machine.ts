import type { Value } from '../value/value.ts'

/** One binding: a variable's value, an argument, or the identity of a label. Never changed after it is made. */
export class Cell {
  readonly value: Value | Closure
  readonly parent: Env
  constructor(value: Value | Closure, parent: Env) {
    this.value = value
    this.parent = parent
  }
}

/** All bindings in sight, innermost first. The compiler knows how many steps away each one is. */
export type Env = Cell | null

/** An argument that is a program: what to run, and the bindings it was written among. */
export class Closure {
  readonly code: Code
  readonly env: Env
  constructor(code: Code, env: Env) {
    this.code = code
    this.env = env
  }
}

/**
 * Why a producer should stop: `undefined` means it should not. Otherwise the cell of the label that was broken out of,
 * `stop`, or a `TailCall` for the caller to carry on with. Whoever gets one returns it at once, unless it is its own.
 * Where a value has to be returned instead, it is thrown.
 */
export type Signal = object | undefined

/** Enough outputs: meant for the nearest consumer that has asked to stop. */
export const stop: Signal = { stop: true }

export type Emit = (value: Value) => Signal
/** Runs a program that has exactly one output. */
export type One = (input: Value, env: Env) => Value
/** Runs a program and hands each output on as soon as it is there. */
export type Many = (input: Value, env: Env, emit: Emit) => Signal

/** Where a value was found, innermost key last; `null` is the root itself. */
export class PathCell {
  readonly parent: PathCell | null
  readonly key: Value
  readonly length: number
  constructor(parent: PathCell | null, key: Value) {
    this.parent = parent
    this.key = key
    this.length = parent === null ? 1 : parent.length + 1
  }
}

/** `undefined`: the value was computed, not found. */
export type Path = PathCell | null | undefined
export type EmitPath = (path: Path, value: Value) => Signal
/** Runs a program and hands on where each output was found. */
export type Paths = (path: Path, value: Value, env: Env, emit: EmitPath) => Signal

/** A piece of program in each shape it may be needed in. */
export interface Code {
  readonly one: One
  readonly many: Many
  readonly paths: Paths
}

/** A call in last position, not made yet: the caller's loop makes it, so the stack does not grow. */
export class TailCall {
  readonly code: Code
  readonly input: Value
  readonly env: Env
  readonly emit: Emit | undefined
  constructor(code: Code, input: Value, env: Env, emit: Emit | undefined) {
    this.code = code
    this.input = input
    this.env = env
    this.emit = emit
  }
}

/** The bindings `hops` steps out. */
export function outer(env: Env, hops: number): Env {
  let at = env
  for (let hop = 0; hop < hops; hop++) at = at!.parent
  return at
}

/** Passes on a signal from where only values can be returned. */
export function rethrow(signal: Signal): void {
  if (signal !== undefined) throw signal
}
