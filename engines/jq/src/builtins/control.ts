import { type Emit, rethrow, type Signal, stop } from '../compile/machine.ts'
import { getPath } from '../value/access.ts'
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
  'finites/0': passes(value => isNumber(value) && Math.abs(toDouble(value)) !== Number.POSITIVE_INFINITY),
  'normals/0': passes(
    value => isNumber(value) && Math.abs(toDouble(value)) >= 2 ** -1022 && Number.isFinite(toDouble(value)),
  ),
}
