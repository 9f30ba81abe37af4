import type { ToolDefinition } from '@super-data/contract'
import { canonicalJson } from '../canonical-json.ts'
import { ToolInvalid } from './errors.ts'

/** The name of the parameter by which a caller picks one of several datasets. */
const datasetParameter = 'dataset'

type Schema = ToolDefinition['parameters']

/** A jq tool over several datasets gets the parameter by which the caller picks one. @throws ToolInvalid */
export function withDatasetParameter(definition: ToolDefinition): ToolDefinition {
  if (!picksDataset(definition)) return definition
  const { properties, required } = partsOf(definition.parameters)
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
    required: [...required, datasetParameter],
  }
  return { ...definition, parameters }
}

/** The definition as somebody wrote it: other sources make another choice. */
export function withoutDatasetParameter(definition: ToolDefinition): ToolDefinition {
  if (!isOurs(definition)) return definition
  const { properties, required } = partsOf(definition.parameters)
  const { [datasetParameter]: _, ...others } = properties
  const parameters = {
    ...definition.parameters,
    properties: others,
    required: required.filter(name => name !== datasetParameter),
  }
  return { ...definition, parameters }
}

/** The dataset that a call with these parameters reads. */
export function pickSource(
  definition: ToolDefinition,
  params: Readonly<Record<string, unknown>>,
): string | undefined {
  if (definition.source !== undefined) return definition.source
  return picksDataset(definition) ? (params[datasetParameter] as string) : definition.sources[0]
}

function picksDataset({ engine, sources }: ToolDefinition): boolean {
  return engine === 'jq' && sources.length > 1
}

function isOurs(definition: ToolDefinition): boolean {
  const present = partsOf(definition.parameters).properties[datasetParameter]
  return picksDataset(definition) && canonicalJson(present) === canonicalJson(choiceOf(definition))
}

function partsOf(schema: Schema) {
  const properties = (schema['properties'] ?? {}) as Record<string, never>
  const required = (schema['required'] ?? []) as string[]
  return { properties, required }
}

const choiceOf = ({ sources }: ToolDefinition) => ({
  type: 'string',
  enum: sources,
  description: 'Which dataset to read.',
})
