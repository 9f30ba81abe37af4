import type { Context, Linear, Plan } from '../compile/plan.ts'

/** The linear form of a single plan; where there is none, everything it was given counts as shared afterwards. */
export function linearOf(plan: Plan, context: Context): Linear {
  const linear = context.linear(plan)
  if (linear) return linear
  const one = context.one(plan)
  return (input, env, owned) => {
    const result = one(input, env)
    owned.clear()
    return result
  }
}
