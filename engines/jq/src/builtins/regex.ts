import type { Emit, Env, Signal } from '../compile/machine.ts'
import type { Context, Plan } from '../compile/plan.ts'
import type { Runtime } from '../compile/runtime.ts'
import { collector } from '../plans/construct.ts'
import { productOf } from '../plans/product.ts'
import { type Found, Matcher } from '../regex/matcher.ts'
import { problemText, type TranslatedPattern, translatePattern } from '../regex/pattern-syntax.ts'
import { add } from '../value/arithmetic.ts'
import { fail, typeError } from '../value/raised.ts'
import { codePointLength, OffsetCounter } from '../value/text.ts'
import { isTruthy, type JqObject, kindOf, setOwn, type Value } from '../value/value.ts'
import type { Family, Form } from './builtin.ts'

/** A pattern with its flags, ready to be matched. */
interface Expression {
  readonly matcher: Matcher
  readonly groups: TranslatedPattern['groups']
  readonly global: boolean
}

const cacheMax = 200
const cache = new Map<string, Expression>()

/** The expression of a pattern and its flags; the most recent ones are kept. */
function expressionFor(pattern: Value, flags: Value): Expression {
  if (typeof pattern !== 'string') return typeError(pattern, 'is not a string')
  if (flags !== null && typeof flags !== 'string') return typeError(flags, 'is not a string')
  const key = `${flags ?? ''}/${pattern}`
  const known = cache.get(key)
  if (known) return known
  const expression = buildExpression(pattern, flags ?? '')
  if (cache.size >= cacheMax) cache.delete(cache.keys().next().value!)
  cache.set(key, expression)
  return expression
}

function buildExpression(pattern: string, flags: string): Expression {
  if (!/^[gimnpslx]*$/.test(flags)) return fail(`${flags} is not a valid modifier string`)
  try {
    const { source, groups } = translatePattern(pattern, {
      extended: flags.includes('x'),
      dotAll: /[pm]/.test(flags),
    })
    const body = flags.includes('n') ? neverEmpty(source) : source
    return { matcher: new Matcher(pattern, body, flags.includes('i')), groups, global: flags.includes('g') }
  } catch (error) {
    const problem = problemText(error)
    if (problem === undefined) throw error
    return fail(`${pattern} (at offset 0) is not a valid regex: ${problem}`)
  }
}

/** Remembers what was left at the start and asks that some of it is gone at the end. */
function neverEmpty(source: string): string {
  return `(?=(?<rest>[\\s\\S]*))(?:${source})(?!\\k<rest>(?![\\s\\S]))`
}

function subject(input: Value): string {
  return typeof input === 'string' ? input : typeError(input, 'cannot be matched, as it is not a string')
}

/** Finds matches in a text until somebody has enough. */
function eachMatch(
  text: string,
  { matcher, global }: Expression,
  runtime: Runtime,
  use: (match: Found) => Signal,
): Signal {
  const find = matcher.finder(text, runtime)
  let from = 0
  for (;;) {
    const match = find(from)
    if (!match) return undefined
    const signal = use(match)
    if (signal !== undefined || !global) return signal
    const { start, end } = match
    from = end > start ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1)
    if (from > text.length) return undefined
  }
}

function describeMatch(text: string, match: Found, groups: Expression['groups'], counter: OffsetCounter): Value {
  const { start, end } = match
  const offset = counter.codePoints(start)
  const string = text.slice(start, end)
  return {
    offset,
    length: codePointLength(string),
    string,
    captures: groups.map(({ number, name }) => describeGroup(text, match.group(number), name, counter)),
  }
}

function describeGroup(
  text: string,
  span: readonly [number, number] | undefined,
  name: string | null,
  counter: OffsetCounter,
): Value {
  if (!span) return { offset: -1, length: 0, string: null, name }
  const string = text.slice(...span)
  return { offset: counter.codePoints(span[0]), length: codePointLength(string), string, name }
}

function groupText(text: string, match: Found, number: number): Value {
  const span = match.group(number)
  return span ? text.slice(...span) : null
}

function namedCaptures(text: string, match: Found, groups: Expression['groups']): JqObject {
  const captured: JqObject = {}
  for (const { number, name } of groups) {
    if (name !== null) setOwn(captured, name, groupText(text, match, number))
  }
  return captured
}

/** `match("re")` also takes `["re", "flags"]`. */
function patternOf(value: Value): [Value, Value] {
  if (typeof value === 'string') return [value, null]
  if (Array.isArray(value) && value.length > 0) return [value[0]!, value[1] ?? null]
  return fail(`${kindOf(value)} not a string or array`)
}

type Use = (text: string, expression: Expression, runtime: Runtime, emit: Emit) => Signal

/** Two arities of one builtin: a pattern that may bring its flags, or pattern and flags. */
function matching(args: readonly Plan[], context: Context, use: Use) {
  const product = productOf([...args].reverse(), context)
  return (input: Value, env: Env, emit: Emit) =>
    product(input, env, values => {
      const [pattern, flags] = args.length === 1 ? patternOf(values[0]!) : [values[1]!, values[0]!]
      return use(subject(input), expressionFor(pattern, flags), context.runtime, emit)
    })
}

/** The same for those that look for every match: here a pattern is a string, and flags are given apart. */
function matchingAll(args: readonly Plan[], context: Context, use: Use) {
  const product = productOf([...args].reverse(), context)
  return (input: Value, env: Env, emit: Emit) =>
    product(input, env, values => {
      const [pattern, flags] = args.length === 1 ? [values[0]!, null] : [values[1]!, values[0]!]
      return use(subject(input), expressionFor(pattern, withFlags(flags, 'g')), context.runtime, emit)
    })
}

function withFlags(flags: Value, more: string): Value {
  if (more === '') return flags
  return flags === null ? more : add(more, flags)
}

const emitMatches: Use = (text, expression, runtime, emit) => {
  const counter = new OffsetCounter(text)
  const { groups } = expression
  return eachMatch(text, expression, runtime, match => emit(describeMatch(text, match, groups, counter)))
}

const matchForm: Form = { many: (args, context) => matching(args, context, emitMatches) }

const testForm: Form = {
  single: (args, context) => args.every(arg => context.isSingle(arg)),
  one: (args, context) => {
    const [pattern, flags] = args.map(arg => context.one(arg))
    const { runtime } = context
    return (input, env) => {
      const second = flags?.(input, env) ?? null
      const given = pattern!(input, env)
      const [source, mode] = flags ? [given, second] : patternOf(given)
      return expressionFor(source, mode).matcher.test(subject(input), runtime)
    }
  },
  many: (args, context) =>
    matching(args, context, (text, { matcher }, runtime, emit) => emit(matcher.test(text, runtime))),
}

const captureForm: Form = {
  many: (args, context) =>
    matching(args, context, (text, expression, runtime, emit) =>
      eachMatch(text, expression, runtime, match => emit(namedCaptures(text, match, expression.groups))),
    ),
}

const scanForm: Form = {
  many: (args, context) =>
    matchingAll(args, context, (text, expression, runtime, emit) =>
      eachMatch(text, expression, runtime, match => {
        if (expression.groups.length === 0) return emit(text.slice(match.start, match.end))
        return emit(expression.groups.map(({ number }) => groupText(text, match, number)))
      }),
    ),
}

function splitBy(text: string, expression: Expression, runtime: Runtime): string[] {
  const parts: string[] = []
  let from = 0
  eachMatch(text, expression, runtime, ({ start, end }) => {
    parts.push(text.slice(from, start))
    from = end
    return undefined
  })
  parts.push(text.slice(from))
  return parts
}

const splitsForm: Form = {
  many: (args, context) =>
    matchingAll(args, context, (text, expression, runtime, emit) => emitAll(splitBy(text, expression, runtime), emit)),
}

/** `sub` and `gsub`: every output of the replacement gives one output of the whole. */
function substitution(more: string): Form {
  return {
    many: ([pattern, replacement, flags], context) => {
      const heads = productOf(flags ? [pattern!, flags] : [pattern!], context)
      const replacements = collector(replacement!, context)
      return (input, env, emit) =>
        heads(input, env, ([source, mode]) => {
          const text = subject(input)
          const expression = expressionFor(source!, withFlags(mode ?? null, more))
          const results = substituted(text, expression, context.runtime, captures => replacements(captures, env))
          return emitAll(results, emit)
        })
    },
  }
}

/** The texts with every match replaced: one for each output of the replacement. */
function substituted(
  text: string,
  expression: Expression,
  runtime: Runtime,
  replace: (captures: Value) => Value[],
): Value[] {
  const results: Value[] = []
  let from = 0
  eachMatch(text, expression, runtime, match => {
    const gap = text.slice(from, match.start)
    replace(namedCaptures(text, match, expression.groups)).forEach((item, at) => {
      results[at] = add(results[at] ?? null, add(gap, item))
    })
    from = match.end
    return undefined
  })
  if (!results.some(isTruthy)) return [text]
  return results.map(result => add(result, text.slice(from)))
}

function emitAll(values: Value[], emit: Emit): Signal {
  for (const value of values) {
    const signal = emit(value)
    if (signal !== undefined) return signal
  }
  return undefined
}

export const regex: Family = {
  'match/1': matchForm,
  'match/2': matchForm,
  'test/1': testForm,
  'test/2': testForm,
  'capture/1': captureForm,
  'capture/2': captureForm,
  'scan/1': scanForm,
  'scan/2': scanForm,
  'splits/1': splitsForm,
  'splits/2': splitsForm,
  'split/2': {
    many: (args, context) =>
      matchingAll(args, context, (text, expression, runtime, emit) => emit(splitBy(text, expression, runtime))),
  },
  'sub/2': substitution(''),
  'sub/3': substitution(''),
  'gsub/2': substitution('g'),
  'gsub/3': substitution('g'),
}
