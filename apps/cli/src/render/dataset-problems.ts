import { type OutputStyle, renderList } from './output.ts'

/** A file that should be a dataset and cannot be read as one. */
export interface DatasetProblem {
  readonly file: string
  readonly name: string | null
  readonly problem: string
}

/** The broken files that a list of datasets tells of; none when it does not speak of them. */
export function datasetProblems(output: object): readonly DatasetProblem[] {
  const { problems } = output as { readonly problems?: unknown }
  return Array.isArray(problems) ? (problems as readonly DatasetProblem[]) : []
}

/** Broken files under the list of what works; empty when all of them work. */
export function renderDatasetProblems(output: object, style: OutputStyle): string {
  const problems = datasetProblems(output)
  if (problems.length === 0) return ''
  const rows = problems.map(({ file, name, problem }) => ({ file, name, problem }))
  return `\nNot readable:\n\n${renderList(rows, style)}`
}
