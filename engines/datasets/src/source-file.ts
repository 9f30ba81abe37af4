import type { Dataset } from './dataset.ts'
import type { FoundFile } from './folder/dataset-files.ts'
import type { Snapshot } from './snapshots/snapshot.ts'

/** A version that answers. */
export interface Answering {
  readonly snapshot: Snapshot
  readonly schemaVersion: number
  readonly updatedAt: number
}

/** A file in the folder and what became of it: its newest good version, and what is wrong with it now. */
export interface SourceFile {
  readonly found: FoundFile
  /** The state it was last read at; nothing is read again before it differs. */
  readonly mark: string
  readonly answering: Answering | undefined
  readonly problem: string | null
}

export function toDataset({ found, problem }: SourceFile, answering: Answering): Dataset {
  const { identity, facts } = answering.snapshot
  return {
    name: found.name,
    format: facts.format,
    gzip: identity.gzip,
    sizeBytes: identity.sizeBytes,
    records: facts.records,
    version: identity.version,
    schemaVersion: answering.schemaVersion,
    updatedAt: answering.updatedAt,
    problem,
    shape: facts.shape,
    description: found.description,
  }
}
