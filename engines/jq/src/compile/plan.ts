import type { Owned } from '../value/access.ts'
import type { Value } from '../value/value.ts'
import type { Code, Env, Many, One, Paths } from './machine.ts'
import type { Runtime } from './runtime.ts'
import type { Site } from './site.ts'

/** The value goes away instead of being replaced. */
export const removed = Symbol('removed')
export type Removed = typeof removed

/** There was nothing to remove: whatever was there, or was not, stays so. */
export const untouched = Symbol('untouched')
export type Untouched = typeof untouched

/** Replaces what a path expression finds, without making paths. `owned` containers may be changed in place. */
export type Update = (value: Value, env: Env, replace: Replace, owned: Owned | undefined) => Replacement
export type Replace = (old: Value) => Replacement
export type Replacement = Value | Removed | Untouched

/** One output from an input nobody else will look at again: containers in `owned` may be changed in place. */
export type Linear = (input: Value, env: Env, owned: Owned) => Value

/**
 * A piece of program whose names are resolved. It becomes functions on demand, in the shape the place needs:
 * `one` where there is exactly one output (most places), `many` for any number, `paths` inside path expressions.
 */
export abstract class Plan {
  /** Where the text has it; nowhere for what no text spells out. */
  site: Site | undefined

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

export interface ParameterPlan {
  readonly name: string
  /** Bound as `$name`: evaluated before the call. */
  readonly value: boolean
  /** Also called as `name` in the body, or not a `$name` at all. */
  readonly closure: boolean
}

/** A function somebody defined: its body is filled in once its own name is in scope. */
export class FunctionPlan {
  readonly name: string
  readonly params: readonly ParameterPlan[]
  /** The function whose body holds the definition. */
  readonly enclosing: FunctionPlan | undefined
  /** How many bindings were in sight where it was defined. */
  readonly depth: number
  body!: Plan

  constructor(name: string, params: readonly ParameterPlan[], enclosing: FunctionPlan | undefined, depth: number) {
    this.name = name
    this.params = params
    this.enclosing = enclosing
    this.depth = depth
  }
}

/** The body of a function as code. `one` and `many` may answer with a `TailCall`. */
export interface FunctionCode extends Code {
  readonly fn: FunctionPlan
  /** The context of the body. */
  readonly context: Context
  /** Whether the body has one output; unknown until somebody asks. */
  single: boolean | undefined
}

/**
 * Under which assumptions code is generated: inside a function body, whether all its closure arguments have
 * exactly one output.
 */
export interface Context {
  readonly runtime: Runtime
  isSingle(plan: Plan): boolean
  /** Code for a single plan. */
  one(plan: Plan, tail?: boolean): One
  /** Code for any number of outputs, whichever kind the plan is. */
  many(plan: Plan, tail?: boolean): Many
  paths(plan: Plan): Paths
  update(plan: Plan): Update | undefined
  linear(plan: Plan): Linear | undefined
  /** Whether the arguments of that enclosing function have one output each. */
  paramsAreSingle(owner: FunctionPlan): boolean
  /** The code of a function for calls whose closure arguments all have one output, or for any. */
  codeOf(fn: FunctionPlan, singleArgs: boolean): FunctionCode
  /** Whether a function body has one output. Recursive calls inside it are assumed to have, until shown otherwise. */
  isSingleFunction(code: FunctionCode): boolean
}
