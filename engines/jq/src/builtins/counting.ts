import { type Emit, type EmitPath, type Path, type Signal, stop } from '../compile/machine.ts'
import { getAt, getIndex } from '../value/access.ts'
import { subtract } from '../value/arithmetic.ts'
import { compare } from '../value/order.ts'
import { fail, preview } from '../value/raised.ts'
import { isNumber, toDouble, type Value } from '../value/value.ts'
import { below, type Family, type Form } from './builtin.ts'

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
  if (compare(value, 0) < 0) return fail(problem)
  return Math.ceil(toDouble(isNumber(value) ? value : (subtract(value, 1) as number)))
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
      const paths = context.paths(source!)
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
    const paths = context.paths(source!)
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
    const paths = context.paths(source!)
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

/** So many outputs of a program, or the element at a place. */
export const counting: Family = {
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
}
