import type { JsonValue, ToolDefinition } from '@super-data/contract'

type Schema = { [keyword: string]: JsonValue }

const depthMax = 4
const propertiesMax = 30
const elementsMax = 100
/** It stands in every list of tools. */
const charactersMax = 1_000

/**
 * What a tool answered its test cases, as a JSON Schema of the answer: seen, not promised. The cases passed, so what
 * they expect is what came. Nothing in it is required and nothing closed.
 *
 * @returns undefined without test cases.
 */
export function seenOutput({ engine, tests = [] }: ToolDefinition): Schema | undefined {
  if (tests.length === 0) return undefined
  const seen = tests.map(test => test.expected)
  const part = engine === 'jq' ? 'value' : 'rows'
  for (let depth = depthMax; ; depth--) {
    const schema = { type: 'object', properties: { [part]: schemaOf(seen, depth) } }
    if (depth === 0 || JSON.stringify(schema).length <= charactersMax) return schema
  }
}

function schemaOf(values: readonly JsonValue[], depth: number): Schema {
  const types = [...new Set(values.map(typeOf))].sort()
  const type = types.length === 1 ? types[0]! : types
  if (depth === 0) return { type }
  const elements = values.filter(Array.isArray).flatMap(list => list.slice(0, elementsMax))
  const items = elements.length === 0 ? {} : { items: schemaOf(elements.slice(0, elementsMax), depth - 1) }
  return { type, ...items, ...propertiesOf(values.filter(isObject), depth) }
}

function propertiesOf(objects: readonly Schema[], depth: number): Schema {
  const names = [...new Set(objects.flatMap(Object.keys))].slice(0, propertiesMax)
  if (names.length === 0) return {}
  const valuesOf = (name: string) => objects.filter(each => Object.hasOwn(each, name)).map(each => each[name]!)
  return { properties: Object.fromEntries(names.map(name => [name, schemaOf(valuesOf(name), depth - 1)])) }
}

function isObject(value: JsonValue): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
