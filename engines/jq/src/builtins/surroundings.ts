import type { Runtime } from '../compile/runtime.ts'
import { JqHalted, JqInvalidJson, JqSyntaxError } from '../errors.ts'
import { moduleMetadata } from '../modules/module-metadata.ts'
import { parse } from '../syntax/parser.ts'
import { compactJson } from '../value/json-print.ts'
import { fail, typeError } from '../value/raised.ts'
import { isNumber, toDouble, type Value } from '../value/value.ts'
import type { Family, Form } from './builtin.ts'

/** Thrown by `halt`: the run ends as if it had no more outputs. */
export const halted = { halted: true }

function nextInput(runtime: Runtime): Value {
  if (!runtime.inputs) return fail('break')
  const next = readInput(runtime.inputs)
  return next === undefined ? fail('No more inputs') : next
}

/** An input that is no JSON is an error of the program, which it can catch. */
function readInput(inputs: (() => Value | undefined) | undefined): Value | undefined {
  try {
    return inputs?.()
  } catch (error) {
    if (error instanceof JqInvalidJson) return fail(error.message)
    throw error
  }
}

const inputs: Form = {
  many:
    (_args, { runtime }) =>
    (_input, _env, emit) => {
      for (let next = readInput(runtime.inputs); next !== undefined; next = readInput(runtime.inputs)) {
        runtime.spend(1)
        const signal = emit(next)
        if (signal !== undefined) return signal
      }
      return undefined
    },
}

const debugWith: Form = {
  many: ([message], context) => {
    const messages = context.many(message!)
    const { runtime } = context
    return (input, env, emit) =>
      messages(input, env, value => {
        runtime.onDebug(value)
        return undefined
      }) ?? emit(input)
  },
}

function haltError(input: Value, code: Value): never {
  if (!isNumber(code)) return typeError(input, 'halt_error/1: number required')
  throw new JqHalted(typeof input === 'string' ? input : compactJson(input), toDouble(code), input)
}

function metadataOf({ library }: Runtime, name: Value): Value {
  if (typeof name !== 'string') return fail('modulemeta input module name must be a string')
  const text = library?.resolve(name, 'jq')
  if (text === undefined) return fail(`module not found: ${name}`)
  try {
    return moduleMetadata(parse(text))
  } catch (error) {
    if (error instanceof JqSyntaxError) return fail(`module ${name}: ${error.message}`)
    throw error
  }
}

/** What reaches outside the program: further inputs, environment, messages, the end of the run. */
export const surroundings: Family = {
  'env/0': runtime => runtime.env,
  'input/0': nextInput,
  'inputs/0': inputs,
  'debug/0': (runtime, input) => {
    runtime.onDebug(input)
    return input
  },
  'debug/1': debugWith,
  'stderr/0': (runtime, input) => {
    runtime.onStderr(input)
    return input
  },
  'input_filename/0': runtime => runtime.place().file,
  'input_line_number/0': runtime => runtime.place().line,
  'get_search_list/0': () => [],
  'halt/0': () => {
    throw halted
  },
  'halt_error/0': (_runtime, input) => haltError(input, 5),
  'halt_error/1': (_runtime, input, code) => haltError(input, code),
  'modulemeta/0': metadataOf,
}
