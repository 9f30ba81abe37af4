import type { Plan } from '../compile/plan.ts'
import { RecursePlan } from '../plans/access.ts'
import { arrays } from './arrays.ts'
import { type Apply, type Family, type Form, planOf } from './builtin.ts'
import { control } from './control.ts'
import { counting } from './counting.ts'
import { dates } from './dates.ts'
import { formatting } from './formats.ts'
import { mathematics } from './math.ts'
import { pathBuiltins } from './paths.ts'
import { preludeNames } from './prelude.ts'
import { recursion } from './recursion.ts'
import { regex } from './regex.ts'
import { strings } from './strings.ts'
import { surroundings } from './surroundings.ts'
import { types } from './types.ts'

const listing: Family = {
  'builtins/0': () => builtinNames(),
}

const native = new Map<string, Apply | Form>(
  [
    control,
    counting,
    recursion,
    types,
    strings,
    arrays,
    pathBuiltins,
    regex,
    formatting,
    dates,
    mathematics,
    surroundings,
    listing,
  ].flatMap(family => Object.entries(family)),
)

/** The plan of a call of a native builtin, or `undefined` when there is none of that name and arity. */
export function planBuiltin(key: string, args: readonly Plan[]): Plan | undefined {
  if (key === 'recurse/0') return new RecursePlan()
  const builtin = native.get(key)
  return builtin && planOf(builtin, args)
}

let names: string[] | undefined

/** Every builtin as `name/arity`, without the private ones. */
export function builtinNames(): string[] {
  names ??= [...native.keys(), ...preludeNames(), 'recurse/0'].filter(name => !name.startsWith('_')).sort()
  return [...names]
}

export function isBuiltin(key: string): boolean {
  return native.has(key) || key === 'recurse/0' || preludeNames().includes(key)
}
