import type { JsonValue, TestCase, ToolDefinition } from '@super-data/contract'
import { type Parameters, ParametersInvalid } from './parameters.ts'

type Params = Readonly<Record<string, JsonValue>>
type Schema = ToolDefinition['parameters']

/** A call with one parameter at an edge of what its schema lets through. */
export interface EdgeCall {
  readonly parameter: string
  /** Undefined when it was left out. */
  readonly value: JsonValue | undefined
  readonly params: Params
}

/** A call that should answer: the first test case, or one with the examples of the parameters. */
export function workingCall({ tests = [], parameters }: ToolDefinition): TestCase {
  const properties = Object.entries((parameters['properties'] ?? {}) as Record<string, Schema>)
  const examples = properties.flatMap(([name, { examples }]) => (Array.isArray(examples) ? [[name, examples[0]]] : []))
  return tests[0] ?? { params: Object.fromEntries(examples), expected: null }
}

/** The first edges of all parameters come before the second ones, so that a limit of calls leaves none out. */
export function edgeCalls(parameters: Parameters, working: Params): EdgeCall[] {
  const ofEach = Object.entries(parameters.callable.properties).map(([parameter, schema]) =>
    [...edgesOf(schema), undefined].map(value => ({ parameter, value, params: changed(working, parameter, value) })),
  )
  const rounds = Math.max(0, ...ofEach.map(calls => calls.length))
  const inTurn = Array.from({ length: rounds }, (_, round) => ofEach.flatMap(calls => calls[round] ?? [])).flat()
  return inTurn.filter(({ params }) => fit(parameters, params))
}

function changed(working: Params, parameter: string, value: JsonValue | undefined): Params {
  const { [parameter]: _, ...others } = working
  return value === undefined ? others : { ...others, [parameter]: value }
}

function fit(parameters: Parameters, params: Params): boolean {
  try {
    return parameters.check(params) !== undefined
  } catch (failure) {
    if (failure instanceof ParametersInvalid) return false
    throw failure
  }
}

const edgesMax = 10
const lengthMax = 200

/** Quotes, escapes and comments of both languages: data like any other. */
const strange = '"\'\\(1) $x %_; -- é😀'

/** Some of them its schema may refuse. */
function edgesOf(schema: Schema): readonly JsonValue[] {
  const { enum: choices, type, minimum = -1, maximum = 1_000_000, maxLength } = schema
  if (Array.isArray(choices)) return choices.slice(0, edgesMax)
  const edges: Readonly<Record<string, readonly JsonValue[]>> = {
    string: ['', strange, 'x'.repeat(Math.min(Number(maxLength ?? lengthMax), lengthMax))],
    integer: [0, minimum, maximum],
    number: [0, minimum, maximum, 0.5],
    boolean: [false, true],
    array: [[]],
    object: [{}],
    null: [null],
  }
  const types = Array.isArray(type) ? type : type === undefined ? ['string', 'number', 'null'] : [type]
  return types.flatMap(each => edges[String(each)] ?? []).slice(0, edgesMax)
}
