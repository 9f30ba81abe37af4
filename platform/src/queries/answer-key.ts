import type { DatasetLease } from '@super-data/datasets'
import { contentHash } from '../canonical-json.ts'
import type { Asking } from './asking.ts'
import type { ParsedQuery } from './engine.ts'

/**
 * Everything an answer depends on: the whole program with its functions, the values, the data as it is, and how much is
 * shown. Who may ask is decided by project, so the project is a part of it.
 *
 * @returns undefined when the same question may have another answer next time.
 */
export function answerKey(
  query: ParsedQuery,
  asking: Pick<Asking, 'project' | 'params' | 'maxRows' | 'maxBytes'>,
  leases: readonly DatasetLease[],
): string | undefined {
  if (!query.pure || query.effect !== 'read') return undefined
  const { project, params, maxRows, maxBytes } = asking
  const { engine, program, mode } = query
  // The same bytes read as another format are other data.
  const sources = leases.map(({ dataset, format, gzip }) => [dataset.name, dataset.version, format, gzip])
  return contentHash({ project, engine, program, mode, params, sources, maxRows, maxBytes })
}
