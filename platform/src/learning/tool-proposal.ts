import type { JsonValue, ToolDefinition } from '@super-data/contract'
import type { AskedQuestion } from './asked-questions.ts'

export interface ToolProposal {
  readonly name: string
  readonly definition: ToolDefinition
}

/** What cannot be a parameter's name: jq and tools over several datasets use them. */
const takenNames: ReadonlySet<string> = new Set(['ENV', '__loc__', '__prog_args', 'dataset'])

const examplesMax = 5

/** Longer texts may be anything, a key among them: no examples. */
const exampleCharsMax = 60

/**
 * A tool for a question that is asked again and again: what differed becomes a parameter, what was always the same
 * stays as it is.
 *
 * @param given parameters that the reader of the proposal has asked with.
 * @param isTaken whether there is a tool of that name.
 */
export function toolProposal(
  question: AskedQuestion,
  given: readonly Readonly<Record<string, JsonValue>>[],
  isTaken: (name: string) => boolean,
): ToolProposal {
  const names = parameterNames(question)
  const text = question.shape.render(names)
  const properties: Record<string, { [key: string]: JsonValue }> = {}
  for (const [place, name] of names.entries()) {
    if (name === undefined) continue
    const values = [...question.values[place]!, ...given.flatMap(params => params[name] ?? [])]
    properties[name] ??= schemaOf(values)
  }
  const name = freeName(nameOf(question, Object.keys(properties)), isTaken)
  const parameters = { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
  return {
    name,
    definition: {
      description: `Asked ${times(question.asked)} by ${people(question.users)}: ${text}`.slice(0, 1_000),
      engine: question.engine,
      ...(question.source === null ? {} : { source: question.source }),
      sources: [],
      text,
      mode: question.mode,
      parameters,
    },
  }
}

export const times = (count: number) => (count === 1 ? 'once' : `${count} times`)
export const people = (count: number) => (count === 1 ? 'one person' : `${count} people`)

/** Of each hole; undefined where the value is part of the question. Equal parameters keep their common name. */
function parameterNames({ shape, values, parameters }: AskedQuestion): (string | undefined)[] {
  const used = new Set(shape.holes.flatMap(hole => hole.parameter ?? []))
  return shape.holes.map((hole, place) => {
    if (hole.parameter !== undefined) return hole.parameter
    const varies = values[place]!.length > 1 || parameters[place] !== undefined
    if (!varies) return undefined
    const name = freeName(parameters[place] ?? hole.hint, each => used.has(each) || takenNames.has(each))
    used.add(name)
    return name
  })
}

function freeName(wanted: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(wanted)) return wanted
  for (let number = 2; ; number++) if (!isTaken(`${wanted}_${number}`)) return `${wanted}_${number}`
}

function schemaOf(values: readonly JsonValue[]): { [key: string]: JsonValue } {
  const types = [...new Set(values.map(typeOf))]
  const [first] = types
  const type = types.length === 1 && first ? first : types.every(isNumber) && first ? 'number' : undefined
  const shown = values.filter(value => JSON.stringify(value).length <= exampleCharsMax).slice(0, examplesMax)
  return { ...(type === undefined ? {} : { type }), ...(shown.length === 0 ? {} : { examples: shown }) }
}

const isNumber = (type: string | undefined) => type === 'number' || type === 'integer'

function typeOf(value: JsonValue): string | undefined {
  if (value === null) return undefined
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

/** Such as `orders_by_city`. */
function nameOf({ source, engine, shape }: AskedQuestion, parameters: readonly string[]): string {
  const data = source ?? /\bfrom "?([a-z_]\w*)/i.exec(shape.text)?.[1] ?? engine
  const by = parameters.length === 0 ? '' : `_by_${parameters.slice(0, 3).join('_and_')}`
  const name = `${data}${by}`.toLowerCase().replace(/[^a-z0-9_]+/g, '_')
  return name.replace(/^[^a-z]+/, '').slice(0, 60) || 'question'
}
