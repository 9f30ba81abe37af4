import type { Env, Signal } from '../compile/machine.ts'
import type { Context, Plan } from '../compile/plan.ts'
import type { Value } from '../value/value.ts'

/** Every combination of the outputs of several plans, all given the same input. */
export type Product = (input: Value, env: Env, use: (values: Value[]) => Signal) => Signal

/** The first plan varies slowest. The array handed out is a fresh one each time. */
export function productOf(plans: readonly Plan[], context: Context): Product {
  const build = plans.reduceRight<(input: Value, env: Env, sofar: Value[], use: (values: Value[]) => Signal) => Signal>(
    (rest, plan) => {
      const many = context.many(plan)
      return (input, env, sofar, use) => many(input, env, value => rest(input, env, [...sofar, value], use))
    },
    (_input, _env, values, use) => use(values),
  )
  return (input, env, use) => build(input, env, [], use)
}
