import type { Dataset as DatasetOutput } from '@super-data/contract'
import type { Dataset } from '@super-data/datasets'
import type { Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import type { ProjectDatasets } from './project-datasets.ts'

export function datasetHandlers(
  projects: ProjectDatasets,
): Pick<Handlers, Extract<keyof Handlers, `datasets.${string}`>> {
  return {
    'datasets.list': async input => {
      const datasets = await projects.of(input.project)
      const after = parseCursor(input.cursor) ?? ''
      const matching = datasets
        .list()
        .filter(dataset => dataset.name > after && dataset.name.includes(input.match ?? ''))
      const listed = toPage(matching, input.limit, toOutput, dataset => dataset.name)
      return input.cursor === undefined ? { ...listed, problems: [...datasets.problems] } : listed
    },
    'datasets.describe': async input => {
      const datasets = await projects.of(input.project)
      const dataset = datasets.get(input.dataset)
      const { fields } = await datasets.describe(input.dataset)
      const sample = input.sample === 0 ? [] : await datasets.sample(input.dataset, input.sample)
      return { ...toOutput(dataset), fields: [...fields], sample: [...sample] }
    },
    'datasets.refresh': async (input, call) => {
      const datasets = await projects.of(input.project)
      const changed = await datasets.refresh(call.signal)
      return { datasets: datasets.list().length, changed: [...changed] }
    },
  }
}

function toOutput(dataset: Dataset): DatasetOutput {
  const { name, format, sizeBytes, records, version, schemaVersion, updatedAt, problem } = dataset
  return { name, format, sizeBytes, records, version, schemaVersion, updatedAt, problem }
}
