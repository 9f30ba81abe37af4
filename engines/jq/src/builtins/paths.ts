import { type Emit, type EmitPath, PathCell, rethrow, type Signal } from '../compile/machine.ts'
import type { Plan } from '../compile/plan.ts'
import type { Runtime } from '../compile/runtime.ts'
import { RecursePlan } from '../plans/access.ts'
import { pathKeys } from '../plans/assign.ts'
import { CommaPlan } from '../plans/basic.ts'
import { deletePaths, getPath, type Owned, setPath } from '../value/access.ts'
import { isBigLiteral } from '../value/big-literal.ts'
import { isTruthy, type Value } from '../value/value.ts'
import type { Family, Form } from './builtin.ts'

const pathOf: Form = {
  many: ([body], context) => {
    const paths = context.paths(body!)
    return (input, env, emit) => paths(null, input, env, (path, value) => emit(pathKeys(path, value, context.runtime)))
  },
}

/** Hands on the path of everything inside a value, not of the value itself. */
const everyPath = new RecursePlan()

const pathsForm: Form = {
  many: (_args, context) => {
    const paths = context.paths(everyPath)
    return (input, env, emit) =>
      paths(null, input, env, (path, value) =>
        path === null ? undefined : emit(pathKeys(path, value, context.runtime)),
      )
  },
}

const pathsWhere: Form = {
  many: ([condition], context) => {
    const paths = context.paths(everyPath)
    const test = context.many(condition!)
    return (input, env, emit) =>
      paths(null, input, env, (path, value) =>
        test(value, env, verdict =>
          isTruthy(verdict) && path !== null ? emit(pathKeys(path, value, context.runtime)) : undefined,
        ),
      )
  },
}

function gatherPaths(runtime: Runtime, run: (emit: EmitPath) => Signal): Value[] {
  const found: Value[] = []
  rethrow(
    run((path, value) => {
      found.push(pathKeys(path, value, runtime))
      return undefined
    }),
  )
  return found
}

const del: Form = {
  one: ([target], context) => {
    const fixed = fixedPaths(target!)
    if (fixed) {
      return input => {
        for (const path of fixed) getPath(input, path)
        return deletePaths(input, fixed)
      }
    }
    const paths = context.paths(target!)
    return (input, env) =>
      deletePaths(
        input,
        gatherPaths(context.runtime, emit => paths(null, input, env, emit)),
      )
  },
}

/** The paths of a comma list, when all of them are spelled out. */
function fixedPaths(plan: Plan): Value[][] | undefined {
  if (plan instanceof CommaPlan) {
    const left = fixedPaths(plan.left)
    const right = left && fixedPaths(plan.right)
    return right && [...left, ...right]
  }
  const path = plan.fixedPath()
  return path && [path]
}

const pick: Form = {
  one: ([target], context) => {
    const paths = context.paths(target!)
    return (input, env) => {
      const owned: Owned = new Set()
      let result: Value = null
      for (const path of gatherPaths(context.runtime, emit => paths(null, input, env, emit))) {
        const item = getPath(input, path)
        result = setPath(result, path, item, owned)
      }
      return result
    }
  },
}

/** Leaves as `[path, value]` events, and a closing `[path]` after the last one of each container. */
const toStream: Form = {
  many: (_args, { runtime }) => {
    function walk(value: Value, path: PathCell | null, emit: Emit): Signal {
      runtime.spend(1)
      const keys = childKeys(value)
      if (keys.length === 0) return emit([pathKeys(path, null, runtime), value])
      for (const key of keys) {
        const signal = walk((value as { [key: string]: Value })[key]!, new PathCell(path, key), emit)
        if (signal !== undefined) return signal
      }
      const last = new PathCell(path, keys.at(-1)!)
      return emit([pathKeys(last, null, runtime)])
    }
    return (input, _env, emit) => walk(input, null, emit)
  },
}

function childKeys(value: Value): (string | number)[] {
  if (Array.isArray(value)) return Array.from(value.keys())
  return typeof value === 'object' && value !== null && !isBigLiteral(value) ? Object.keys(value) : []
}

/** Values put together again from the events of a stream. */
const fromStream: Form = {
  many: ([events], context) => {
    const many = context.many(events!)
    return (input, env, emit) => {
      let owned: Owned = new Set()
      let value: Value = null
      return many(input, env, event => {
        const path = getPath(event, [0])
        const leaf = Array.isArray(event) && event.length === 2
        const depth = Array.isArray(path) ? path.length : 0
        if (leaf) value = setPath(value, path, event[1]!, owned)
        if (leaf ? depth > 0 : depth !== 1) return undefined
        const done = value
        owned = new Set()
        value = null
        return emit(done)
      })
    }
  },
}

export const pathBuiltins: Family = {
  'path/1': pathOf,
  'paths/0': pathsForm,
  'paths/1': pathsWhere,
  'del/1': del,
  'pick/1': pick,
  'setpath/2': (_runtime, input, path, value) => setPath(input, path, value),
  'delpaths/1': (_runtime, input, paths) => deletePaths(input, paths),
  'tostream/0': toStream,
  'fromstream/1': fromStream,
}
