import type { Input, JsonValue, ToolDefinition } from '@super-data/contract'
import type { Call } from '../call.ts'
import type { RunLog, RunRow } from '../queries/run-log.ts'
import { withoutDatasetParameter } from './dataset-parameter.ts'
import { ToolInvalid } from './errors.ts'
import { schemaFromExamples } from './parameters.ts'

/**
 * A definition from a run, from parts, or from a run with some parts replaced.
 *
 * @throws RunMissing · ToolInvalid when neither says what to ask.
 */
export async function newDefinition(
  runs: RunLog,
  input: Omit<Input<'tools.create'>, 'project'> & { readonly project: string },
  userId: string,
): Promise<ToolDefinition> {
  const run = input.fromRun === undefined ? undefined : await runs.get(input.project, input.fromRun)
  const engine = input.engine ?? run?.engine
  const text = input.text ?? run?.text
  if (text === undefined) throw new ToolInvalid('a tool needs a text', 'Give `text` and `engine`, or `fromRun`.')
  if (engine === undefined) throw new ToolInvalid('a tool needs an engine', 'Give `engine`: sql, jq or postgres.')
  const source = input.source ?? (input.sources ? undefined : (run?.source ?? undefined))
  return {
    description: input.description,
    engine,
    ...(source === undefined ? {} : { source }),
    sources: input.sources ?? [],
    text,
    mode: input.mode ?? run?.mode ?? 'document',
    parameters: input.parameters ?? schemaFromExamples(examplesOf(run, userId)),
    ...(input.tests ? { tests: input.tests } : {}),
  }
}

/** Learned is what came from a question that was asked, and what an agent saves. */
export function originOf({ fromRun }: { readonly fromRun?: string | undefined }, call: Call): 'learned' | 'manual' {
  return fromRun !== undefined || call.request.door === 'mcp' ? 'learned' : 'manual'
}

/** What somebody else asked with is nobody's business. */
function examplesOf(run: RunRow | undefined, userId: string): Record<string, JsonValue> {
  if (run?.user_id !== userId || run.params === null) return {}
  return JSON.parse(run.params) as Record<string, JsonValue>
}

/** The next version: what is not given stays. Either kind of source replaces the other. */
export function changedDefinition(current: ToolDefinition, input: Input<'tools.update'>): ToolDefinition {
  const { source: _, ...base } = withoutDatasetParameter(current)
  const source = input.source ?? (input.sources ? undefined : current.source)
  return {
    ...base,
    description: input.description ?? base.description,
    ...(source === undefined ? {} : { source }),
    sources: input.sources ?? (input.source === undefined ? base.sources : []),
    text: input.text ?? base.text,
    mode: input.mode ?? base.mode,
    parameters: input.parameters ?? base.parameters,
    ...(input.tests ? { tests: input.tests } : {}),
  }
}
