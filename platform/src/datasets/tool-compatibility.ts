import { PlatformError } from '@super-data/base/errors'
import type { ToolCompatibility } from '@super-data/contract'
import { missingPaths } from '@super-data/datasets'
import type { CompiledTool } from '../library/tool-checker.ts'
import { readsOf } from '../queries/lost-paths.ts'
import type { Questions } from '../queries/questions.ts'
import type { SchemaVersion } from './dataset-schemas.ts'

/** A tool and the dataset it might read, with the structures that dataset has had, newest first. */
export interface CompatibilityQuestion {
  readonly project: string
  readonly dataset: string
  readonly name: string
  readonly tool: CompiledTool
  readonly structures: readonly SchemaVersion[]
  readonly signal: AbortSignal
}

/** Whether a tool fits a dataset as it is now. @returns undefined when it does not read that dataset */
export async function toolCompatibility(
  questions: Questions,
  question: CompatibilityQuestion,
): Promise<ToolCompatibility | undefined> {
  const { engine } = question.tool.definition
  // A tool over a database reads no dataset.
  if (engine === 'postgres') return undefined
  return engine === 'jq' ? jqCompatibility(question) : sqlCompatibility(questions, question)
}

/** Without asking any engine: from the paths that a jq tool reads. */
export async function jqCompatibility(
  question: Omit<CompatibilityQuestion, 'project' | 'signal'>,
): Promise<ToolCompatibility | undefined> {
  const { definition } = question.tool
  const sources = definition.source === undefined ? definition.sources : [definition.source]
  if (!sources.includes(question.dataset)) return undefined
  const { reads, unknown } = readsOf(await question.tool.query(question.dataset))
  const problemsWith = ({ fields }: SchemaVersion) => (fields.length === 0 ? [] : missingPaths(fields, reads))
  const [newest] = question.structures
  const problems = newest ? problemsWith(newest) : []
  return {
    tool: question.name,
    isCompatible: problems.length === 0,
    isCertain: !unknown,
    reads,
    problems: problems.slice(0, problemsMax),
    worksWith: question.structures.filter(each => problemsWith(each).length === 0).map(each => each.version),
  }
}

const problemsMax = 20

/** The data itself is the judge: a statement that names a column which is gone is refused by its check. */
async function sqlCompatibility(
  questions: Questions,
  { project, dataset, name, tool, structures, signal }: CompatibilityQuestion,
): Promise<ToolCompatibility | undefined> {
  const { engine, source, text, mode } = tool.definition
  const outcome = (problems: ToolCompatibility['problems']) => ({
    ...{ tool: name, isCompatible: problems.length === 0, isCertain: true, reads: [], problems },
    worksWith: problems.length === 0 ? structures.slice(0, 1).map(each => each.version) : [],
  })
  try {
    const query = await questions.parse(
      project,
      { engine, source, text, mode },
      { functions: { resolve: async () => [] }, parameters: tool.parameters.names, signal },
    )
    return query.sources.includes(dataset) ? outcome([]) : undefined
  } catch (failure) {
    if (!(failure instanceof PlatformError) || failure.kind !== 'invalid') throw failure
    return names(text, dataset) ? outcome([{ problem: failure.message }]) : undefined
  }
}

/** What does not parse cannot say which data it reads. */
function names(text: string, dataset: string): boolean {
  return new RegExp(`(?<![A-Za-z0-9_])${dataset}(?![A-Za-z0-9_])`, 'i').test(text)
}
