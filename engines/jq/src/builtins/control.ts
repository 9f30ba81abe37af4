import type { Context } from '../compile/context.ts'
import {
  type Emit,
  type EmitPath,
  type Env,
  type Many,
  type Path,
  type Paths,
  rethrow,
  type Signal,
  stop,
} from '../compile/machine.ts'
import type { Plan } from '../compile/plan.ts'
import { getAt, getIndex, getPath } from '../value/access.ts'
import { compare } from '../value/order.ts'
import { fail, preview, Raised } from '../value/raised.ts'
import { isNumber, isTruthy, kindOf, toDouble, type Value } from '../value/value.ts'
import { below, type Family, type Form } from './builtin.ts'

/** Like `any`: `true` as soon as one output decides. */
function decides(decisive: boolean): Form {
  return {
    one: ([source, condition], context) => {
      const many = context.many(source!)
      const test = context.many(condition!)
      return (input, env) => {
        let answer = !decisive
        const signal = many(input, env, value =>
          test(value, env, verdict => {
            if (isTruthy(verdict) !== decisive) return undefined
            answer = decisive
            return stop
          }),
        )
        if (answer !== decisive) rethrow(signal)
        return answer
      }
    },
  }
}

/** The same over the elements of the input. */
function decidesElements(decisive: boolean): Form {
  return {
    one: ([condition], context) => {
      const test = context.many(condition!)
      const { runtime } = context
      return (input, env) => {
        for (const item of elements(input)) {
          runtime.spend(1)
          let decided = false
          const signal = test(item, env, verdict => {
            decided = isTruthy(verdict) === decisive
            return decided ? stop : undefined
          })
          if (decided) return decisive
          rethrow(signal)
        }
        return !decisive
      }
    },
  }
}

function elements(value: Value): Value[] {
  if (Array.isArray(value)) return value
  if (kindOf(value) === 'object') return Object.values(value as object)
  return fail(`Cannot iterate over ${kindOf(value)} (${preview(value)})`)
}

/** Turns a filter on values into builtins such as `arrays` that pass their input or nothing. */
function passes(test: (value: Value) => boolean): Form {
  return {
    many: () => (input, _env, emit) => (test(input) ? emit(input) : undefined),
    paths: () => (path, value, _env, emit) => (test(value) ? emit(path, value) : undefined),
    update: () => (value, _env, replace) => (test(value) ? replace(value) : value),
  }
}

const select: Form = {
  many: ([condition], context) => {
    if (context.isSingle(condition!)) {
      const test = context.one(condition!)
      return (input, env, emit) => (isTruthy(test(input, env)) ? emit(input) : undefined)
    }
    const test = context.many(condition!)
    return (input, env, emit) => test(input, env, verdict => (isTruthy(verdict) ? emit(input) : undefined))
  },
  paths: ([condition], context) => {
    const test = context.many(condition!)
    return (path, value, env, emit) => test(value, env, verdict => (isTruthy(verdict) ? emit(path, value) : undefined))
  },
  update: ([condition], context) => {
    if (!context.isSingle(condition!)) return undefined
    const test = context.one(condition!)
    return (value, env, replace) => (isTruthy(test(value, env)) ? replace(value) : value)
  },
}

/** Emits at most so many outputs of a producer that takes values or paths alike. */
function takeOnly<E extends (...args: never[]) => Signal>(count: number, run: (emit: E) => Signal, emit: E): Signal {
  let left = count
  let done = false
  const signal = run(((...args: never[]) => {
    left--
    const answer = emit(...args)
    if (answer !== undefined || left > 0) return answer
    done = true
    return stop
  }) as E)
  return done && signal === stop ? undefined : signal
}

function skipFirst<E extends (...args: never[]) => Signal>(count: number, run: (emit: E) => Signal, emit: E): Signal {
  let left = count
  return run(((...args: never[]) => (left-- > 0 ? undefined : emit(...args))) as E)
}

type Slicer = <E extends (...args: never[]) => Signal>(count: number, run: (emit: E) => Signal, emit: E) => Signal

function countOf(value: Value, problem: string): number {
  if (!isNumber(value)) return compare(value, 0) < 0 ? fail(problem) : Number.POSITIVE_INFINITY
  const count = toDouble(value)
  return count < 0 ? fail(problem) : Math.ceil(count)
}

/** `limit`, `skip`, `nth`: a count, then a producer. */
function counted(problem: string, slice: Slicer): Form {
  return {
    many: ([count, source], context) => {
      const counts = context.many(count!)
      const many = context.many(source!)
      return (input, env, emit) =>
        counts(input, env, n => slice<Emit>(countOf(n, problem), each => many(input, env, each), emit))
    },
    paths: ([count, source], context) => {
      const counts = context.many(count!)
      const paths = source!.paths(context)
      return (path, value, env, emit) =>
        counts(value, env, n => slice<EmitPath>(countOf(n, problem), each => paths(path, value, env, each), emit))
    },
  }
}

const first: Form = {
  many: ([source], context) => {
    const many = context.many(source!)
    return (input, env, emit) => takeOnly<Emit>(1, each => many(input, env, each), emit)
  },
  paths: ([source], context) => {
    const paths = source!.paths(context)
    return (path, value, env, emit) => takeOnly<EmitPath>(1, each => paths(path, value, env, each), emit)
  },
}

const last: Form = {
  many: ([source], context) => {
    const many = context.many(source!)
    return (input, env, emit) => {
      let latest: Value | undefined
      const signal = many(input, env, value => {
        latest = value
        return undefined
      })
      if (signal !== undefined) return signal
      return latest === undefined ? undefined : emit(latest)
    }
  },
  paths: ([source], context) => {
    const paths = source!.paths(context)
    return (path, value, env, emit) => {
      let latest: { path: Path; value: Value } | undefined
      const signal = paths(path, value, env, (at, found) => {
        latest = { path: at, value: found }
        return undefined
      })
      if (signal !== undefined) return signal
      const { path: at, value: found } = latest ?? {}
      return latest === undefined ? undefined : emit(at, found!)
    }
  },
}

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
  paths: ([step], context) => followPaths(step!.paths(context), context),
}

const recurseWhile: Form = {
  many: ([step, condition], context) => followAll(filtered(step!, condition!, context), context),
  paths: ([step, condition], context) => {
    const next = step!.paths(context)
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

const isEmpty: Form = {
  one: ([source], context) => {
    const many = context.many(source!)
    return (input, env) => {
      let empty = true
      const signal = many(input, env, () => {
        empty = false
        return stop
      })
      if (empty) rethrow(signal)
      return empty
    }
  },
}

const empty: Form = {
  many: () => () => undefined,
  paths: () => () => undefined,
  update: () => value => value,
}

const errorOf: Form = {
  many: ([message], context) => {
    const messages = context.many(message!)
    return (input, env) =>
      messages(input, env, value => {
        throw new Raised(value)
      })
  },
}

/** `getpath`, which also works inside path expressions. */
const getPathForm: Form = {
  single: ([path], context) => context.isSingle(path!),
  one: ([path], context) => {
    const keys = context.one(path!)
    return (input, env) => getPath(input, keys(input, env))
  },
  many: ([path], context) => {
    const keys = context.many(path!)
    return (input, env, emit) => keys(input, env, at => emit(getPath(input, at)))
  },
  paths: ([where], context) => {
    const keys = context.many(where!)
    return (path, value, env, emit) =>
      keys(value, env, at => {
        if (path === undefined) return fail(`Invalid path expression with result ${preview(value)}`)
        const found = getPath(value, at)
        return emit(below(path, at as Value[]), found)
      })
  },
}

/** A builtin that is an index with a fixed key: `first` and `last`. */
function element(at: number): Form {
  return {
    one: () => input => getIndex(input, at),
    paths: () => (path, value, _env, emit) => {
      if (path === undefined) fail(`Invalid path expression near attempt to access element ${at} of ${preview(value)}`)
      const found = getIndex(value, at)
      return emit(below(path as null, [at]), found)
    },
  }
}

const nth: Form = {
  single: ([index], context) => context.isSingle(index!),
  one: ([index], context) => {
    const at = context.one(index!)
    return (input, env) => getAt(input, at(input, env))
  },
  many: ([index], context) => {
    const indices = context.many(index!)
    return (input, env, emit) => indices(input, env, at => emit(getAt(input, at)))
  },
  paths: ([index], context) => {
    const indices = context.many(index!)
    return (path, value, env, emit) =>
      indices(value, env, at => {
        if (path === undefined) return fail(`Invalid path expression with result ${preview(value)}`)
        return emit(below(path, [at]), getAt(value, at))
      })
  },
}

/** `src == s` for any pair: the two arities of `IN`. */
const within: Form = {
  one: ([source], context) => {
    const many = context.many(source!)
    return (input, env) => contains(emit => many(input, env, emit), input)
  },
}

const withinOf: Form = {
  one: ([needles, source], context) => {
    const left = context.many(needles!)
    const right = context.many(source!)
    return (input, env) => {
      let found = false
      const signal = right(input, env, value =>
        left(input, env, needle => {
          found = compare(needle, value) === 0
          return found ? stop : undefined
        }),
      )
      if (!found) rethrow(signal)
      return found
    }
  },
}

function contains(run: (emit: Emit) => Signal, needle: Value): boolean {
  let found = false
  const signal = run(value => {
    found = compare(value, needle) === 0
    return found ? stop : undefined
  })
  if (!found) rethrow(signal)
  return found
}

const scalarKinds = new Set(['null', 'boolean', 'number', 'string'])

/** Selection, iteration, recursion: builtins that steer other programs. */
export const control: Family = {
  'empty/0': empty,
  'error/0': (_runtime, input) => {
    throw new Raised(input)
  },
  'error/1': errorOf,
  'not/0': (_runtime, input) => !isTruthy(input),
  'select/1': select,
  'recurse/1': recurse,
  'recurse/2': recurseWhile,
  'repeat/1': repeat,
  'while/2': whileForm,
  'until/2': until,
  'range/1': range1,
  'range/2': range2,
  'range/3': range3,
  'first/0': element(0),
  'last/0': element(-1),
  'nth/1': nth,
  'first/1': first,
  'last/1': last,
  'limit/2': counted("limit doesn't support negative count", (count, run, emit) =>
    count === 0 ? undefined : takeOnly(count, run, emit),
  ),
  'skip/2': counted("skip doesn't support negative count", skipFirst),
  'nth/2': counted("nth doesn't support negative indices", (count, run, emit) =>
    takeOnly(1, (each: typeof emit) => skipFirst(count, run, each), emit),
  ),
  'isempty/1': isEmpty,
  'any/2': decides(true),
  'all/2': decides(false),
  'any/1': decidesElements(true),
  'all/1': decidesElements(false),
  'any/0': (_runtime, input) => elements(input).some(isTruthy),
  'all/0': (_runtime, input) => elements(input).every(isTruthy),
  'IN/1': within,
  'IN/2': withinOf,
  'getpath/1': getPathForm,
  'arrays/0': passes(Array.isArray),
  'objects/0': passes(value => kindOf(value) === 'object'),
  'iterables/0': passes(value => !scalarKinds.has(kindOf(value))),
  'scalars/0': passes(value => scalarKinds.has(kindOf(value))),
  'booleans/0': passes(value => typeof value === 'boolean'),
  'numbers/0': passes(isNumber),
  'strings/0': passes(value => typeof value === 'string'),
  'nulls/0': passes(value => value === null),
  'values/0': passes(value => value !== null),
  'finites/0': passes(value => isNumber(value) && Number.isFinite(toDouble(value))),
  'normals/0': passes(
    value => isNumber(value) && Math.abs(toDouble(value)) >= 2 ** -1022 && Number.isFinite(toDouble(value)),
  ),
}
