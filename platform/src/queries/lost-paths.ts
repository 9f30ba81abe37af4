import { missingPaths } from '@super-data/datasets'
import { parse, pathsRead } from '@super-data/jq'
import type { ProjectDatasets } from '../datasets/project-datasets.ts'
import type { ParsedQuery } from './engine.ts'

const structuresMax = 50
const toldMax = 5

/** What a jq tool reads of its dataset. `unknown`: it reads more than can be told without running it. */
export function readsOf({ program, mode }: Pick<ParsedQuery, 'program' | 'mode'>) {
  const { paths, unknown } = pathsRead(parse(program))
  // In records mode the program's input is one record.
  return { reads: mode === 'records' ? paths.map(path => below('.[]', path)) : [...paths], unknown }
}

function below(parent: string, path: string): string {
  if (path === '.') return parent
  return path.startsWith('.[') ? `${parent}${path.slice(1)}` : `${parent}${path}`
}

/**
 * What tools read that their data once had and has no more: jq answers null for it, as if that were the answer. What
 * was never there is the author's business.
 */
export class LostPaths {
  readonly #datasets: ProjectDatasets
  /** Looked for once in each structure. */
  readonly #known = new WeakMap<ParsedQuery, { readonly schemaVersion: number; readonly lost: readonly string[] }>()

  constructor(datasets: ProjectDatasets) {
    this.#datasets = datasets
  }

  /** @returns sentences for whoever calls the tool. */
  async of(project: string, query: ParsedQuery): Promise<readonly string[]> {
    const [dataset] = query.sources
    if (query.engine !== 'jq' || dataset === undefined) return []
    const schemaVersion = (await this.#datasets.of(project)).find(dataset)?.schemaVersion ?? 0
    if (schemaVersion <= 1) return []
    const known = this.#known.get(query)
    if (known?.schemaVersion === schemaVersion) return known.lost
    // The tool itself was answered, whether or not this can be told.
    const lost = await this.#look(project, dataset, query).catch(() => [])
    this.#known.set(query, { schemaVersion, lost })
    return lost
  }

  async #look(project: string, dataset: string, query: ParsedQuery): Promise<string[]> {
    const [now, ...earlier] = await this.#datasets.schemasOf(project).history(dataset, { limit: structuresMax })
    const { reads } = readsOf(query)
    const missing = now === undefined || now.fields.length === 0 ? [] : missingPaths(now.fields, reads)
    const lost = missing.flatMap(({ path, problem }) => {
      const had = earlier.find(({ fields }) => fields.length > 0 && missingPaths(fields, [path]).length === 0)
      return had === undefined ? [] : [`${dataset} has changed since structure ${had.version}: ${problem}`]
    })
    return lost.slice(0, toldMax)
  }
}
