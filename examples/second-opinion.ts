import type { Client, JsonValue } from '@super-data/contract'
import type { SystemJq } from './system-jq.ts'

/**
 * What the installed jq answers to a call of a jq tool: with the whole program and the defaults that the platform
 * shows for it.
 *
 * @param documentOf JSON text of a dataset.
 * @returns undefined for tools in another language.
 */
export async function secondOpinion(
  jq: SystemJq,
  call: { readonly client: Client; readonly tool: string; readonly params: Readonly<Record<string, JsonValue>> },
  documentOf: (dataset: string) => Promise<string>,
): Promise<JsonValue | undefined> {
  const { client, tool, params } = call
  const { definition } = await client.tools.get({ tool })
  if (definition.engine !== 'jq') return undefined
  const { program, parameters } = await client.tools.explain({ tool })
  const source = definition.source ?? String(params['dataset'])
  const declared = definition.parameters['properties'] as Readonly<Record<string, { default?: JsonValue }>>
  const bound = parameters.map(name => [name, params[name] ?? declared[name]?.default ?? null] as const)
  return jq.ask({
    program,
    params: Object.fromEntries(bound),
    mode: definition.mode,
    document: await documentOf(source),
  })
}
