import type { Emit, Env, Signal } from '../compile/machine.ts'
import type { Context, Plan } from '../compile/plan.ts'
import { collector } from '../plans/construct.ts'
import { productOf } from '../plans/product.ts'
import { add } from '../value/arithmetic.ts'
import { fail, typeError } from '../value/raised.ts'
import { codePointLength, OffsetCounter } from '../value/text.ts'
import { isTruthy, type JqObject, kindOf, setOwn, type Value } from '../value/value.ts'
import type { Family, Form } from './builtin.ts'
import { PatternProblem, type TranslatedPattern, translatePattern } from './regex-syntax.ts'

interface Matcher {
  readonly expression: RegExp
  readonly groups: TranslatedPattern['groups']
  readonly global: boolean
}

const cacheMax = 200
const cache = new Map<string, Matcher>()

/** The matcher for a pattern and its flags; the most recent ones are kept. */
function matcherFor(pattern: Value, flags: Value): Matcher {
  if (typeof pattern !== 'string') return typeError(pattern, 'cannot be matched, as it is not a string')
  if (flags !== null && typeof flags !== 'string') return typeError(flags, 'is not a string')
  const key = `${flags ?? ''}/${pattern}`
  const known = cache.get(key)
  if (known) return known
  const matcher = buildMatcher(pattern, flags ?? '')
  if (cache.size >= cacheMax) cache.delete(cache.keys().next().value!)
  cache.set(key, matcher)
  return matcher
}

function buildMatcher(pattern: string, flags: string): Matcher {
  if (!/^[gimnpslx]*$/.test(flags)) return fail(`${flags} is not a valid modifier string`)
  try {
    const { source, groups } = translatePattern(pattern, {
      extended: flags.includes('x'),
      dotAll: /[pm]/.test(flags),
    })
    const body = flags.includes('n') ? neverEmpty(source) : source
    const expression = new RegExp(body, `gdv${flags.includes('i') ? 'i' : ''}`)
    return { expression, groups, global: flags.includes('g') }
  } catch (error) {
    const problem = error instanceof PatternProblem || error instanceof SyntaxError ? error.message : undefined
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

/** Runs a matcher over a text until somebody has enough. */
function eachMatch(text: string, { expression, global }: Matcher, use: (match: RegExpExecArray) => Signal): Signal {
  let from = 0
  for (;;) {
    expression.lastIndex = from
    const match = expression.exec(text)
    if (!match) return undefined
    const signal = use(match)
    if (signal !== undefined || !global) return signal
    const [start, end] = match.indices![0]!
    from = end > start ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1)
    if (from > text.length) return undefined
  }
}

function describeMatch(match: RegExpExecArray, groups: Matcher['groups'], counter: OffsetCounter): Value {
  const [start] = match.indices![0]!
  const offset = counter.codePoints(start)
  return {
    offset,
    length: codePointLength(match[0]),
    string: match[0],
    captures: groups.map(({ number, name }) => describeGroup(match, number, name, counter)),
  }
}

function describeGroup(match: RegExpExecArray, number: number, name: string | null, counter: OffsetCounter): Value {
  const span = match.indices!.groups![`group${number}`]
  const string = match.groups![`group${number}`]
  if (!span || string === undefined) return { offset: -1, length: 0, string: null, name }
  return { offset: counter.codePoints(span[0]), length: codePointLength(string), string, name }
}

function namedCaptures(match: RegExpExecArray, groups: Matcher['groups']): JqObject {
  const captured: JqObject = {}
  for (const { number, name } of groups) {
    if (name !== null) setOwn(captured, name, match.groups![`group${number}`] ?? null)
  }
  return captured
}

/** `match("re")` also takes `["re", "flags"]`. */
function patternOf(value: Value): [Value, Value] {
  if (typeof value === 'string') return [value, null]
  if (Array.isArray(value) && value.length > 0) return [value[0]!, value[1] ?? null]
  return fail(`${kindOf(value)} not a string or array`)
}

type Use = (text: string, matcher: Matcher, emit: Emit) => Signal

/** Two arities of one builtin: a pattern that may bring its flags, or pattern and flags. */
function matching(args: readonly Plan[], context: Context, use: Use, more = '') {
  const product = productOf([...args].reverse(), context)
  return (input: Value, env: Env, emit: Emit) =>
    product(input, env, values => {
      const [pattern, flags] = args.length === 1 ? patternOf(values[0]!) : [values[1]!, values[0]!]
      const text = subject(input)
      return use(text, matcherFor(pattern, withFlags(flags, more)), emit)
    })
}

function withFlags(flags: Value, more: string): Value {
  if (more === '') return flags
  return flags === null ? more : add(more, flags)
}

const emitMatches: Use = (text, matcher, emit) => {
  const counter = new OffsetCounter(text)
  return eachMatch(text, matcher, match => emit(describeMatch(match, matcher.groups, counter)))
}

const matchForm: Form = { many: (args, context) => matching(args, context, emitMatches) }

function tests(text: string, { expression }: Matcher): boolean {
  expression.lastIndex = 0
  return expression.test(text)
}

const testForm: Form = {
  single: (args, context) => args.every(arg => context.isSingle(arg)),
  one: (args, context) => {
    const [pattern, flags] = args.map(arg => context.one(arg))
    return (input, env) => {
      const second = flags?.(input, env) ?? null
      const given = pattern!(input, env)
      const [source, mode] = flags ? [given, second] : patternOf(given)
      return tests(subject(input), matcherFor(source, mode))
    }
  },
  many: (args, context) => matching(args, context, (text, matcher, emit) => emit(tests(text, matcher))),
}

const captureForm: Form = {
  many: (args, context) =>
    matching(args, context, (text, matcher, emit) =>
      eachMatch(text, matcher, match => emit(namedCaptures(match, matcher.groups))),
    ),
}

const scanForm: Form = {
  many: (args, context) =>
    matching(
      args,
      context,
      (text, matcher, emit) =>
        eachMatch(text, matcher, match => {
          if (matcher.groups.length === 0) return emit(match[0])
          return emit(matcher.groups.map(({ number }) => match.groups![`group${number}`] ?? null))
        }),
      'g',
    ),
}

function splitBy(text: string, matcher: Matcher): string[] {
  const parts: string[] = []
  let from = 0
  eachMatch(text, matcher, match => {
    const [start, end] = match.indices![0]!
    parts.push(text.slice(from, start))
    from = end
    return undefined
  })
  parts.push(text.slice(from))
  return parts
}

const splitsForm: Form = {
  many: (args, context) =>
    matching(
      args,
      context,
      (text, matcher, emit) => {
        for (const part of splitBy(text, matcher)) {
          const signal = emit(part)
          if (signal !== undefined) return signal
        }
        return undefined
      },
      'g',
    ),
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
          const matcher = matcherFor(source!, withFlags(mode ?? null, more))
          return emitSubstituted(text, matcher, captures => replacements(captures, env), emit)
        })
    },
  }
}

function emitSubstituted(text: string, matcher: Matcher, replace: (captures: Value) => Value[], emit: Emit): Signal {
  const results: Value[] = []
  let from = 0
  eachMatch(text, matcher, match => {
    const [start, end] = match.indices![0]!
    const gap = text.slice(from, start)
    replace(namedCaptures(match, matcher.groups)).forEach((item, at) => {
      results[at] = add(results[at] ?? null, add(gap, item))
    })
    from = end
    return undefined
  })
  if (!results.some(isTruthy)) return emit(text)
  for (const result of results) {
    const signal = emit(add(result, text.slice(from)))
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
    many: (args, context) => matching(args, context, (text, matcher, emit) => emit(splitBy(text, matcher)), 'g'),
  },
  'sub/2': substitution(''),
  'sub/3': substitution(''),
  'gsub/2': substitution('g'),
  'gsub/3': substitution('g'),
}
