import type { JsonValue, ToolDefinition } from '@super-data/contract'
import { canonicalJson } from '../canonical-json.ts'
import { ToolInvalid } from './errors.ts'

/** The name of the parameter by which a caller picks one of several datasets. */
const datasetParameter = 'dataset'

/** A jq tool over several datasets gets the parameter by which the caller picks one. @throws ToolInvalid */
export function withDatasetParameter(definition: ToolDefinition): ToolDefinition {
  if (!picksDataset(definition)) return definition
  const properties = propertiesOf(definition)
  if (datasetParameter in properties) {
    if (isOurs(definition)) return definition
    throw new ToolInvalid(
      `the parameter ${datasetParameter} is kept for choosing one of the sources`,
      'Give yours another name.',
    )
  }
  const parameters = {
    ...definition.parameters,
    properties: { ...properties, [datasetParameter]: choiceOf(definition) },
  }
  return { ...definition, parameters }
}

/** The definition as somebody wrote it: other sources make another choice. */
export function withoutDatasetParameter(definition: ToolDefinition): ToolDefinition {
  if (!isOurs(definition)) return definition
  const { [datasetParameter]: _, ...properties } = propertiesOf(definition)
  return { ...definition, parameters: { ...definition.parameters, properties } }
}

/** The dataset that a call with these parameters reads. */
export function pickSource(definition: ToolDefinition, params: Readonly<Record<string, unknown>>): string | undefined {
  if (definition.source !== undefined) return definition.source
  return picksDataset(definition) ? (params[datasetParameter] as string) : definition.sources[0]
}

function picksDataset({ engine, sources }: ToolDefinition): boolean {
  return engine === 'jq' && sources.length > 1
}

function isOurs(definition: ToolDefinition): boolean {
  const present = propertiesOf(definition)[datasetParameter]
  return picksDataset(definition) && canonicalJson(present) === canonicalJson(choiceOf(definition))
}

function propertiesOf({ parameters }: ToolDefinition): { [name: string]: JsonValue } {
  return (parameters['properties'] ?? {}) as { [name: string]: JsonValue }
}

function choiceOf({ sources }: ToolDefinition): { [key: string]: JsonValue } {
  const [first = ''] = sources
  return {
    type: 'string',
    enum: sources,
    default: first,
    description: `Which dataset to read; ${first} when left out.`,
  }
}
