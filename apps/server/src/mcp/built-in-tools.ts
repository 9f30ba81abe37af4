import type { Tool } from '@modelcontextprotocol/server'
import {
  type McpToolName,
  mcpTools,
  type Need,
  type Operation,
  type OperationName,
  operations,
} from '@super-data/contract'
import { z } from 'zod'

/** One tool that agents see, with the operations behind its actions. */
export interface BuiltInTool {
  readonly name: McpToolName
  readonly listed: Tool
  /** By action. */
  readonly operations: ReadonlyMap<string, OperationName>
  /** Every argument some action takes. */
  readonly fields: ReadonlySet<string>
}

type Schema = Readonly<Record<string, unknown>>

/** Bounds are left to the check at the call: its messages say as much, only when needed. */
const leftOut = new Set([
  '$schema',
  'additionalProperties',
  'default',
  'exclusiveMinimum',
  'format',
  'maxItems',
  'maximum',
  'maxLength',
  'minItems',
  'minimum',
  'minLength',
  'pattern',
  'propertyNames',
])

/** Parts of answers that explain themselves when they come. */
const unlisted = new Set([
  ...['approvedAt', 'checks', 'createdAt', 'expiresAt', 'id', 'justification', 'origin', 'review', 'submittedAt'],
  ...['submittedBy', 'follows', 'createdBy', 'active', 'approvedBy', 'from', 'to', 'changes', 'since', 'at', 'unused'],
  ...['sinceYourVote', 'outputSchema'],
])

/** What puts something before the team. */
const proposing: ReadonlySet<string> = new Set(['tools.submit', 'tools.propose', 'functions.submit'])

/** Several sets of tools are made of the same operations, and making schemas is what takes time at a start. */
const schemasMade = { input: new WeakMap<z.ZodType, Schema>(), output: new WeakMap<z.ZodType, Schema>() }

const toolNames = Object.keys(mcpTools) as McpToolName[]
const ofPostgres = (name: string) => name.startsWith('pg_')
const ofAll = toolNames.filter(name => !ofPostgres(name))

/** The built-in tools, in the order agents read them. Made once, from the declarations. */
export const builtInTools: ReadonlyMap<string, BuiltInTool> = toolsOf(ofAll, () => true)

/** The built-in tools where nothing may be proposed. */
export const builtInToolsWithoutLearning: ReadonlyMap<string, BuiltInTool> = toolsOf(
  ofAll,
  ({ name }) => !proposing.has(name),
)

/** The tools of PostgreSQL, by the most that somebody may do there: what is not allowed is not offered. */
export const postgresTools: Readonly<Record<Need, ReadonlyMap<string, BuiltInTool>>> = {
  read: toolsOf(toolNames.filter(ofPostgres), needing('read')),
  write: toolsOf(toolNames.filter(ofPostgres), needing('read', 'write')),
  admin: toolsOf(toolNames.filter(ofPostgres), needing('read', 'write', 'admin')),
}

function needing(...needs: readonly Need[]) {
  return ({ access }: Operation) => !('need' in access) || needs.includes(access.need)
}

function toolsOf(names: readonly McpToolName[], offered: (operation: Operation) => boolean) {
  return new Map<string, BuiltInTool>(names.map(name => [name, describeTool(name, offered)]))
}

function describeTool(name: McpToolName, offered: (operation: Operation) => boolean): BuiltInTool {
  const actions = actionsOf(name).filter(([, operation]) => offered(operation))
  const inputs = actions.map(([, operation]) => operation.input)
  const properties = merge(inputs.map(input => propertiesOf(input, 'input')))
  const effects = actions.map(([, operation]) => operation.effect)
  return {
    name,
    operations: new Map(actions.map(([operationName, operation]) => [operation.mcp!.action, operationName])),
    fields: new Set(Object.keys(properties)),
    listed: {
      name,
      description: `${aboutTool(name, actions.length < actionsOf(name).length)}\nActions (? optional): ${actions.map(([, operation]) => signature(operation)).join('; ')}`,
      inputSchema: {
        type: 'object',
        properties: {
          action: { type: 'string', enum: actions.map(([, operation]) => operation.mcp!.action) },
          ...properties,
        },
        required: ['action'],
        additionalProperties: false,
      },
      outputSchema: outputSchema(actions.map(([, operation]) => operation)),
      annotations: {
        readOnlyHint: effects.every(effect => effect === 'read'),
        destructiveHint: effects.includes('destructive'),
        openWorldHint: false,
      },
    },
  }
}

/** What agents read first; without what they cannot do here. */
function aboutTool(name: McpToolName, reduced: boolean): string {
  return reduced ? mcpTools[name].replace(', then submit', '') : mcpTools[name]
}

function actionsOf(tool: McpToolName): (readonly [OperationName, Operation])[] {
  const all = Object.entries(operations) as [OperationName, Operation][]
  return all.filter(([, operation]) => operation.mcp?.tool === tool)
}

/** e.g. `describe(dataset, sample?)`: which arguments an action takes, in the fewest words. */
function signature(operation: Operation): string {
  const schema = toSchema(operation.input, 'input') as { required?: string[] }
  const names = Object.keys(operation.input.shape).filter(name => name !== 'project')
  const marked = names.map(name => (schema.required?.includes(name) ? name : `${name}?`))
  return `${operation.mcp!.action}(${marked.join(', ')})`
}

/** Top-level names and types of what the actions answer: the whole schemas stand in the OpenAPI document. */
function outputSchema(ofOperations: readonly Operation[]): Schema & { type: 'object' } {
  const outputs = ofOperations.map(operation => propertiesOf(operation.output, 'output'))
  const names = [...new Set(outputs.flatMap(output => Object.keys(output)))].filter(name => !unlisted.has(name))
  const properties = names.map(name => {
    const types = new Set(outputs.filter(output => name in output).map(output => JSON.stringify(typeOf(output[name]))))
    return [name, types.size === 1 ? JSON.parse([...types][0]!) : {}]
  })
  return { type: 'object', properties: Object.fromEntries(properties) }
}

function typeOf(schema: Schema | undefined): Schema {
  const type = schema?.['type']
  return typeof type === 'string' ? { type } : {}
}

function propertiesOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, Schema> {
  const { properties = {} } = toSchema(schema, io) as { properties?: Record<string, Schema> }
  const kept = Object.entries(properties).filter(([name]) => !(io === 'input' && name === 'project'))
  return Object.fromEntries(kept.map(([name, property]) => [name, io === 'input' ? compact(property) : property]))
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const known = schemasMade[io].get(schema) ?? (z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Schema)
  schemasMade[io].set(schema, known)
  return known
}

/** One set of arguments for all actions. Where two actions mean different things by a name, both are allowed. */
function merge(parts: readonly Record<string, Schema>[]): Record<string, Schema> {
  const merged: Record<string, Schema> = {}
  for (const part of parts)
    for (const [name, schema] of Object.entries(part))
      merged[name] = merged[name] ? either(merged[name], schema) : schema
  return merged
}

function either(one: Schema, other: Schema): Schema {
  const { description, ...type } = one
  const { description: otherDescription, ...otherType } = other
  const said = description ?? otherDescription
  const same = JSON.stringify(type) === JSON.stringify(otherType)
  const base = same ? type : widen(type, otherType)
  return said === undefined ? base : { ...base, description: said }
}

/** The first when both have one JSON type, or the choices of both; bounds and defaults are checked by the action anyway. */
function widen(one: Schema, other: Schema): Schema {
  if (one['type'] === other['type'] && !('enum' in one) && !('enum' in other)) {
    const { default: _, ...rest } = one
    return rest
  }
  if (one['type'] !== other['type']) return { anyOf: [one, other] }
  const [choices, others] = [one['enum'], other['enum']]
  const all = Array.isArray(choices) && Array.isArray(others) ? { enum: [...new Set([...choices, ...others])] } : {}
  return { type: one['type'], ...all }
}

function compact({ brief, ...whole }: Schema): Schema {
  const schema = brief === undefined ? whole : { ...omit(whole, 'description'), ...(brief && { description: brief }) }
  const entries = Object.entries(schema).filter(([name]) => !leftOut.has(name))
  const own = Object.fromEntries(
    entries.map(([name, value]) => [name, name === 'items' ? compactItem(value as Schema) : value]),
  )
  return isEmptyObject(own['items']) ? omit(own, 'items') : own
}

/** What a list of objects holds is said by its description, or by the refusal. */
function compactItem(schema: Schema): Schema {
  return schema['type'] === 'object' ? { type: 'object' } : compact(schema)
}

function omit(schema: Schema, name: string): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== name))
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
