import type { Dataset } from './dataset.ts'
import type { NamedEntry } from './folder/datasets-yml.ts'
import type { Snapshot } from './snapshots/snapshot.ts'

/** A version that answers. */
export interface Answering {
  readonly snapshot: Snapshot
  readonly schemaVersion: number
  readonly updatedAt: number
}

/** A file or an object and what became of it: its newest good version, and what is wrong with it now. */
export interface SourceFile {
  readonly found: NamedEntry
  /** The state it was last read at; nothing is read again before it differs. */
  readonly mark: string
  readonly answering: Answering | undefined
  /** What is wrong with what was read last. */
  readonly problem: string | null
  /** Of an object: why nobody knows whether it has changed since. */
  readonly outOfSight: string | null
  /** Since when either is the case. */
  readonly since: number | null
}

export const problemOf = ({ outOfSight, problem }: SourceFile): string | null => outOfSight ?? problem

/** Whether a reader of the dataset would notice no difference. */
export function looksSame(one: SourceFile | undefined, other: SourceFile): boolean {
  const problem = one === undefined ? null : problemOf(one)
  return one?.answering?.snapshot === other.answering?.snapshot && problem === problemOf(other)
}

export function toDataset(source: SourceFile, answering: Answering): Dataset {
  const { identity, facts } = answering.snapshot
  const problem = problemOf(source)
  return {
    name: source.found.name,
    from: source.found.file,
    format: facts.format,
    gzip: identity.gzip,
    sizeBytes: identity.sizeBytes,
    records: facts.records,
    version: identity.version,
    schemaVersion: answering.schemaVersion,
    updatedAt: answering.updatedAt,
    problem,
    since: problem === null ? null : source.since,
    shape: facts.shape,
    description: source.found.description,
  }
}
