import { Cell, type Env, type Many, type One, type Path, type Paths, rethrow, type Signal } from '../compile/machine.ts'
import { type Context, Plan } from '../compile/plan.ts'
import type { Owned } from '../value/access.ts'
import type { Value } from '../value/value.ts'
import { type BindingPlan, binder } from './binding.ts'

export interface LoopParts {
  readonly source: Plan
  readonly binding: BindingPlan
  readonly initial: Plan
  readonly update: Plan
}

/** Runs over the source and hands on the bindings of each turn. */
type Turns = (input: Value, env: Env, turn: (env: Env) => Signal) => Signal

function turnsOf({ source, binding }: LoopParts, context: Context): Turns {
  const many = context.many(source)
  const [only] = binding.alternatives
  if (binding.alternatives.length === 1 && only!.pattern.kind === 'variable') {
    return (input, env, turn) => many(input, env, value => turn(new Cell(value, env)))
  }
  const bind = binder(binding, context)
  return (input, env, turn) => many(input, env, value => bind(value, input, env, turn))
}

/** `reduce source as pattern (initial; update)` */
export class ReducePlan extends Plan {
  readonly #parts: LoopParts
  constructor(parts: LoopParts) {
    super()
    this.#parts = parts
  }

  single(context: Context): boolean {
    return context.isSingle(this.#parts.initial)
  }

  override one(context: Context): One {
    const initial = context.one(this.#parts.initial)
    const fold = this.#fold(context)
    return (input, env) => fold(input, env, initial(input, env))
  }

  many(context: Context): Many {
    const initial = context.many(this.#parts.initial)
    const fold = this.#fold(context)
    return (input, env, emit) => initial(input, env, start => emit(fold(input, env, start)))
  }

  /** The state after the last turn. A turn without output leaves null, one with several leaves its last. */
  #fold(context: Context): (input: Value, env: Env, start: Value) => Value {
    const turns = turnsOf(this.#parts, context)
    const { update } = this.#parts
    if (context.isSingle(update)) return this.#foldSingle(turns, context)
    const many = context.many(update)
    return (input, env, start) => {
      let state = start
      rethrow(
        turns(input, env, inner => {
          const old = state
          state = null
          return many(old, inner, value => {
            state = value
            return undefined
          })
        }),
      )
      return state
    }
  }

  #foldSingle(turns: Turns, context: Context): (input: Value, env: Env, start: Value) => Value {
    const linear = context.linear(this.#parts.update)
    if (linear) {
      return (input, env, start) => {
        const owned: Owned = new Set()
        let state = start
        rethrow(
          turns(input, env, inner => {
            state = linear(state, inner, owned)
            return undefined
          }),
        )
        return state
      }
    }
    const one = context.one(this.#parts.update)
    return (input, env, start) => {
      let state = start
      rethrow(
        turns(input, env, inner => {
          state = one(state, inner)
          return undefined
        }),
      )
      return state
    }
  }

  override paths(context: Context): Paths {
    const turns = turnsOf(this.#parts, context)
    const initial = context.paths(this.#parts.initial)
    const update = context.paths(this.#parts.update)
    return (path, value, env, emit) =>
      initial(path, value, env, (startPath, start) => {
        let state: { path: Path; value: Value } = { path: startPath, value: start }
        const signal = turns(value, env, inner => {
          const old = state
          state = { path: undefined, value: null }
          return update(old.path, old.value, inner, (at, found) => {
            state = { path: at, value: found }
            return undefined
          })
        })
        return signal === undefined ? emit(state.path, state.value) : signal
      })
  }

  override sharesInput(): boolean {
    return true
  }
}

/** `foreach source as pattern (initial; update; extract)` */
export class ForeachPlan extends Plan {
  readonly #parts: LoopParts
  readonly #extract: Plan | undefined
  constructor(parts: LoopParts, extract: Plan | undefined) {
    super()
    this.#parts = parts
    this.#extract = extract
  }

  single(): boolean {
    return false
  }

  many(context: Context): Many {
    const turns = turnsOf(this.#parts, context)
    const initial = context.many(this.#parts.initial)
    const update = context.many(this.#parts.update)
    const extract = this.#extract && context.many(this.#extract)
    return (input, env, emit) =>
      initial(input, env, start => {
        let state = start
        return turns(input, env, inner => {
          const old = state
          state = null
          return update(old, inner, value => {
            state = value
            return extract ? extract(value, inner, emit) : emit(value)
          })
        })
      })
  }

  override paths(context: Context): Paths {
    const turns = turnsOf(this.#parts, context)
    const initial = context.paths(this.#parts.initial)
    const update = context.paths(this.#parts.update)
    const extract = this.#extract && context.paths(this.#extract)
    return (path, value, env, emit) =>
      initial(path, value, env, (startPath, start) => {
        let state: { path: Path; value: Value } = { path: startPath, value: start }
        return turns(value, env, inner => {
          const old = state
          state = { path: undefined, value: null }
          return update(old.path, old.value, inner, (at, found) => {
            state = { path: at, value: found }
            return extract ? extract(at, found, inner, emit) : emit(at, found)
          })
        })
      })
  }
}
