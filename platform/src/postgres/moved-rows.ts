import { createReadStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Input } from '@super-data/contract'
import type { Copied } from '@super-data/postgres'
import type { ProjectDatasets } from '../datasets/project-datasets.ts'
import { ChangeInvalid, DatasetExists } from './errors.ts'

/**
 * Writes what an export gives into a file of the project's data folder, whole or not at all.
 *
 * @throws DatasetExists when the project has a dataset of that name.
 */
export async function exportToDataset(
  datasets: ProjectDatasets,
  { project, dataset }: Pick<Input<'postgres.export'>, 'project' | 'dataset'>,
  run: (write: (block: Buffer) => Promise<void>) => Promise<Copied>,
): Promise<Copied> {
  const present = await datasets.of(project)
  if (present.find(dataset)) throw new DatasetExists(dataset)
  const folder = datasets.folderOf(project)
  const draft = join(folder, `.${dataset}.csv.part`)
  const file = await open(draft, 'w', 0o600)
  try {
    const copied = await run(async block => {
      await file.write(block)
    })
    await file.sync()
    await rename(draft, join(folder, `${dataset}.csv`))
    return copied
  } finally {
    await file.close()
    await rm(draft, { force: true })
    await present.refresh()
  }
}

/** The bytes of a CSV dataset. @throws DatasetMissing · ChangeInvalid for data of another form */
export async function readDataset(
  datasets: ProjectDatasets,
  project: string,
  name: string | undefined,
  signal: AbortSignal,
): Promise<Readable> {
  if (name === undefined) throw new ChangeInvalid('an import needs data, or a dataset')
  const lease = (await datasets.of(project)).lease(name)
  if (lease.format !== 'csv' || lease.gzip || lease.separator !== ',') {
    lease.release()
    throw new ChangeInvalid('only CSV with commas can be imported as it is')
  }
  const stream = createReadStream(lease.file, { signal })
  stream.once('close', () => lease.release())
  return stream
}
