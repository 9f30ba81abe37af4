import type { Emit, Env, Many, Paths, Signal } from '../compile/machine.ts'
import type { Context, Plan } from '../compile/plan.ts'
import { fail, Raised } from '../value/raised.ts'
import { isNumber, isTruthy, toDouble, type Value } from '../value/value.ts'
import type { Family, Form } from './builtin.ts'

/** How deep recursion over outputs goes before it keeps a stack of its own. */
const recursionMax = 300

/**
 * Emits the input and, for each output of `next`, everything that follows from it.
 * Beyond a certain depth the outputs of one step are gathered before they are followed, so that the stack holds.
 */
function followAll(next: Many, context: Context): Many {
  const { runtime } = context
  function follow(value: Value, env: Env, emit: Emit, depth: number): Signal {
    if (depth > recursionMax) return followGathered(value, env, emit)
    if (--runtime.fuel < 0) runtime.spend(0)
    const signal = emit(value)
    if (signal !== undefined) return signal
    return next(value, env, child => follow(child, env, emit, depth + 1))
  }
  function followGathered(root: Value, env: Env, emit: Emit): Signal {
    const stack: (Value | Raised)[] = [root]
    while (stack.length > 0) {
      const value = stack.pop()!
      if (value instanceof Raised) throw value
      runtime.spend(1)
      const signal = emit(value)
      if (signal !== undefined) return signal
      const children: (Value | Raised)[] = []
      const inner = gather(next, value, env, children)
      if (inner !== undefined) return inner
      for (let child = children.pop(); child !== undefined; child = children.pop()) stack.push(child)
    }
    return undefined
  }
  return (input, env, emit) => follow(input, env, emit, 0)
}

function gather(next: Many, value: Value, env: Env, into: (Value | Raised)[]): Signal {
  try {
    return next(value, env, child => {
      into.push(child)
      return undefined
    })
  } catch (error) {
    if (!(error instanceof Raised)) throw error
    into.push(error)
    return undefined
  }
}

function followPaths(next: Paths, context: Context): Paths {
  const { runtime } = context
  const follow: Paths = (path, value, env, emit) => {
    runtime.enter()
    const signal = emit(path, value) ?? next(path, value, env, (at, child) => follow(at, child, env, emit))
    runtime.leave()
    return signal
  }
  return follow
}

function filtered(step: Plan, condition: Plan, context: Context): Many {
  const many = context.many(step)
  const test = context.many(condition)
  return (input, env, emit) =>
    many(input, env, value => test(value, env, verdict => (isTruthy(verdict) ? emit(value) : undefined)))
}

const recurse: Form = {
  many: ([step], context) => {
    if (!context.isSingle(step!)) return followAll(context.many(step!), context)
    const one = context.one(step!)
    const { runtime } = context
    return (input, env, emit) => {
      for (let value = input; ; value = one(value, env)) {
        runtime.spend(1)
        const signal = emit(value)
        if (signal !== undefined) return signal
      }
    }
  },
  paths: ([step], context) => followPaths(context.paths(step!), context),
}

const recurseWhile: Form = {
  many: ([step, condition], context) => followAll(filtered(step!, condition!, context), context),
  paths: ([step, condition], context) => {
    const next = context.paths(step!)
    const test = context.many(condition!)
    return followPaths(
      (path, value, env, emit) =>
        next(path, value, env, (at, child) =>
          test(child, env, verdict => (isTruthy(verdict) ? emit(at, child) : undefined)),
        ),
      context,
    )
  },
}

const whileForm: Form = {
  many: ([condition, update], context) => {
    const { runtime } = context
    if (context.isSingle(condition!) && context.isSingle(update!)) {
      const test = context.one(condition!)
      const next = context.one(update!)
      return (input, env, emit) => {
        for (let value = input; isTruthy(test(value, env)); value = next(value, env)) {
          runtime.spend(1)
          const signal = emit(value)
          if (signal !== undefined) return signal
        }
        return undefined
      }
    }
    const test = context.many(condition!)
    const next = context.many(update!)
    const run: Many = (value, env, emit) => {
      runtime.enter()
      const signal = test(value, env, verdict => {
        if (!isTruthy(verdict)) return undefined
        return emit(value) ?? next(value, env, child => run(child, env, emit))
      })
      runtime.leave()
      return signal
    }
    return run
  },
}

const until: Form = {
  single: ([condition, update], context) => context.isSingle(condition!) && context.isSingle(update!),
  one: ([condition, update], context) => {
    const { runtime } = context
    const test = context.one(condition!)
    const next = context.one(update!)
    return (input, env) => {
      let value = input
      while (!isTruthy(test(value, env))) {
        runtime.spend(1)
        value = next(value, env)
      }
      return value
    }
  },
  many: ([condition, update], context) => {
    const { runtime } = context
    const test = context.many(condition!)
    const next = context.many(update!)
    const run: Many = (value, env, emit) => {
      runtime.enter()
      const signal = test(value, env, verdict =>
        isTruthy(verdict) ? emit(value) : next(value, env, child => run(child, env, emit)),
      )
      runtime.leave()
      return signal
    }
    return run
  },
}

/** The outputs of the same program over and over, until it raises or somebody stops. */
const repeat: Form = {
  many: ([source], context) => {
    const many = context.many(source!)
    const { runtime } = context
    return (input, env, emit) => {
      for (;;) {
        runtime.spend(1)
        const signal = many(input, env, emit)
        if (signal !== undefined) return signal
      }
    }
  },
}

function rangeOver(from: Value, to: Value, by: number, context: Context, emit: Emit): Signal {
  if (!isNumber(from) || !isNumber(to)) return fail('Range bounds must be numeric')
  const { runtime } = context
  const start = toDouble(from)
  const end = toDouble(to)
  for (let at = start; by > 0 ? at < end : at > end; at += by) {
    if (--runtime.fuel < 0) runtime.spend(0)
    const signal = emit(at)
    if (signal !== undefined) return signal
  }
  return undefined
}

const range1: Form = {
  many: ([to], context) => {
    const ends = context.many(to!)
    return (input, env, emit) => ends(input, env, end => rangeOver(0, end, 1, context, emit))
  },
}

const range2: Form = {
  many: ([from, to], context) => {
    const starts = context.many(from!)
    const ends = context.many(to!)
    return (input, env, emit) =>
      starts(input, env, start => ends(input, env, end => rangeOver(start, end, 1, context, emit)))
  },
}

const range3: Form = {
  many: ([from, to, by], context) => {
    const starts = context.many(from!)
    const ends = context.many(to!)
    const steps = context.many(by!)
    return (input, env, emit) =>
      starts(input, env, start =>
        ends(input, env, end =>
          steps(input, env, step => {
            if (!isNumber(step)) return fail('Range bounds must be numeric')
            const size = toDouble(step)
            return size === 0 || Number.isNaN(size) ? undefined : rangeOver(start, end, size, context, emit)
          }),
        ),
      )
  },
}

/** Programs that run over their own outputs, and ranges of numbers. */
export const recursion: Family = {
  'recurse/1': recurse,
  'recurse/2': recurseWhile,
  'repeat/1': repeat,
  'while/2': whileForm,
  'until/2': until,
  'range/1': range1,
  'range/2': range2,
  'range/3': range3,
}
