import type { Code, Many, One, Paths } from './machine.ts'
import type { Context, FunctionCode, FunctionPlan, Plan } from './plan.ts'

/** An argument as code; each shape is compiled the first time it is needed. */
export class ClosureCode implements Code {
  one: One
  many: Many
  paths: Paths

  constructor(plan: Plan, context: Context) {
    this.one = (input, env) => {
      this.one = context.one(plan)
      return this.one(input, env)
    }
    this.many = (input, env, emit) => {
      this.many = context.many(plan)
      return this.many(input, env, emit)
    }
    this.paths = (path, value, env, emit) => {
      this.paths = context.paths(plan)
      return this.paths(path, value, env, emit)
    }
  }
}

/** A function body as code; each shape is compiled the first time it is needed. */
export class BodyCode implements FunctionCode {
  readonly fn: FunctionPlan
  readonly context: Context
  single: boolean | undefined
  one: One
  many: Many
  paths: Paths

  constructor(fn: FunctionPlan, context: Context) {
    this.fn = fn
    this.context = context
    this.one = (input, env) => {
      this.one = context.one(fn.body, true)
      return this.one(input, env)
    }
    this.many = (input, env, emit) => {
      this.many = context.many(fn.body, true)
      return this.many(input, env, emit)
    }
    this.paths = (path, value, env, emit) => {
      this.paths = context.paths(fn.body)
      return this.paths(path, value, env, emit)
    }
  }
}
