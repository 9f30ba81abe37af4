import type { Difference, Merged } from '@super-data/metadata'

/** A database of which installations share a part, as sync sees it. */
export interface SharedDatabase {
  /** The newest migration this version has: what says who is newer. */
  readonly schema: string
  /** Whether there is nothing in it that others could miss. */
  isEmpty(): Promise<boolean>
  /** Another text after every change of the file, by whatever process. */
  fingerprint(): Promise<string>
  /** Copies what travels into a file. */
  snapshot(file: string, signal: AbortSignal): Promise<{ readonly sha256: string; readonly sizeBytes: number }>
  /** Looks a file from the bucket over and brings an older one up to date. */
  examine(file: string, signal: AbortSignal): Promise<Verdict>
  /** Counts what either has that the other lacks, and puts what we lack into the file `delta`. */
  compare(file: string, delta: string, signal: AbortSignal): Promise<Difference>
  /** Merges a delta, with everything that follows from it, in one transaction. */
  merge(delta: string, signal: AbortSignal): Promise<Merged>
}

export type Verdict =
  | { readonly state: 'sound' }
  | { readonly state: 'newer'; readonly unknown: readonly string[] }
  | { readonly state: 'damaged'; readonly findings: readonly string[] }
