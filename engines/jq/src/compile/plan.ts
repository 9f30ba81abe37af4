import type { Owned } from '../value/access.ts'
import type { Value } from '../value/value.ts'
import type { Context } from './context.ts'
import type { Env, Many, One, Paths } from './machine.ts'

/** The value goes away instead of being replaced. */
export const removed = Symbol('removed')
export type Removed = typeof removed

/** Replaces what a path expression finds, without making paths. `owned` containers may be changed in place. */
export type Update = (value: Value, env: Env, replace: Replace, owned: Owned | undefined) => Value | Removed
export type Replace = (old: Value) => Value | Removed

/** One output from an input nobody else will look at again: containers in `owned` may be changed in place. */
export type Linear = (input: Value, env: Env, owned: Owned) => Value

/**
 * A piece of program whose names are resolved. It becomes functions on demand, in the shape the place needs:
 * `one` where there is exactly one output (most places), `many` for any number, `paths` inside path expressions.
 */
export abstract class Plan {
  /** Whether it has exactly one output, whatever the input (errors aside). */
  abstract single(context: Context): boolean

  /** Asked for only when `single`. In `tail` position it may return a `TailCall`. */
  one(_context: Context, _tail?: boolean): One {
    throw new Error('not single')
  }

  /** Asked for only when not `single`. */
  abstract many(context: Context, tail?: boolean): Many

  paths(context: Context): Paths {
    return valuesAsPaths(context.many(this))
  }

  /** A direct way to update what it finds, where one exists and does the same. */
  update(_context: Context): Update | undefined {
    return undefined
  }

  /** A way to compute that may recycle its input. Only for single plans. */
  linear(_context: Context): Linear | undefined {
    return undefined
  }

  /** Whether outputs may share containers with the input. */
  sharesInput(): boolean {
    return true
  }

  /** The one path it finds, when that is known before the program runs. */
  fixedPath(): Value[] | undefined {
    return undefined
  }

  /** The value, when it is known before the program runs. */
  constant(): Value | undefined {
    return undefined
  }
}

/** Outputs of a program that makes values: only one that is its very input has been found rather than made. */
export function valuesAsPaths(many: Many): Paths {
  return (path, value, env, emit) => many(value, env, made => emit(made === value ? path : undefined, made))
}
