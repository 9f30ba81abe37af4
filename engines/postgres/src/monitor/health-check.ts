import type { Catalog } from '../catalog.ts'

export type Severity = 'info' | 'warning' | 'critical'

/** Something that is not as it should be. */
export interface HealthFinding {
  readonly check: string
  readonly severity: Severity
  /** One sentence with the number that matters. */
  readonly title: string
  /** What was measured, by name. */
  readonly evidence: Readonly<Record<string, unknown>>
  /** What to do about it. */
  readonly fix: string
}

/** From where on something is worth saying. */
export interface HealthThresholds {
  /** Share of block reads answered from memory, 0 to 1. */
  readonly cacheHitMin: number
  /** Blocks asked for before the cache is judged at all. */
  readonly cacheBlocksMin: number
  /** Share of a table's rows that are dead. */
  readonly deadRowsMax: number
  readonly deadRowsMin: number
  /** Estimated share of a table that is empty room. */
  readonly bloatMax: number
  /** Smaller tables are not worth a bloat estimate. */
  readonly bloatBytesMin: number
  /** Share of the way to the transactions (or multixacts) the server refuses to go beyond. */
  readonly wraparoundWarning: number
  readonly wraparoundCritical: number
  /** Share of a sequence's values that are used. */
  readonly sequenceWarning: number
  readonly sequenceCritical: number
  /** An index nobody scanned is worth mentioning from this size. */
  readonly unusedIndexBytesMin: number
  /** Share of `max_connections` in use. */
  readonly connectionsWarning: number
  readonly connectionsCritical: number
  readonly transactionSecondsWarning: number
  readonly transactionSecondsCritical: number
  readonly idleInTransactionSecondsWarning: number
  /** WAL a replica or slot holds back. */
  readonly replicationLagBytesWarning: number
  readonly replicationLagBytesCritical: number
}

export const usualThresholds: HealthThresholds = {
  cacheHitMin: 0.95,
  cacheBlocksMin: 100_000,
  deadRowsMax: 0.2,
  deadRowsMin: 10_000,
  bloatMax: 0.5,
  bloatBytesMin: 100 * 1024 ** 2,
  wraparoundWarning: 0.25,
  wraparoundCritical: 0.6,
  sequenceWarning: 0.75,
  sequenceCritical: 0.9,
  unusedIndexBytesMin: 10 * 1024 ** 2,
  connectionsWarning: 0.8,
  connectionsCritical: 0.95,
  transactionSecondsWarning: 300,
  transactionSecondsCritical: 3_600,
  idleInTransactionSecondsWarning: 60,
  replicationLagBytesWarning: 1024 ** 3,
  replicationLagBytesCritical: 10 * 1024 ** 3,
}

export interface HealthCheck {
  readonly name: string
  readonly about: string
  find(catalog: Catalog, thresholds: HealthThresholds): Promise<HealthFinding[]>
}

/** At most so many findings of one check: the worst. */
export const findingsMax = 20

export const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`

export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1)
  return `${Math.round((bytes / 1024 ** power) * 10) / 10} ${units[power]}`
}
