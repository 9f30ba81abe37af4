import { PlatformError } from '@super-data/base/errors'
import type { Catalog } from '../catalog.ts'
import { attempt } from '../schema/attempt.ts'
import {
  type HealthCheck,
  type HealthFinding,
  type HealthThresholds,
  type Severity,
  usualThresholds,
} from './health-check.ts'
import { indexChecks } from './index-checks.ts'
import { storageChecks } from './storage-checks.ts'
import { trafficChecks } from './traffic-checks.ts'

export interface HealthReport {
  /** The worst severity found; `ok` when there is nothing above `info`. */
  readonly status: 'ok' | 'warning' | 'critical'
  /** Worst first. */
  readonly findings: readonly HealthFinding[]
  /** Checks that ran, with what they look at. */
  readonly checked: readonly { readonly check: string; readonly about: string; readonly findings: number }[]
  /** Checks that could not run, and why. */
  readonly failed: readonly { readonly check: string; readonly reason: string }[]
}

const checks: readonly HealthCheck[] = [...storageChecks, ...indexChecks, ...trafficChecks]

export const healthCheckNames: readonly string[] = checks.map(check => check.name)

/**
 * Looks at the database as an operator would. Needs a transaction: a check that fails does not take the others along.
 *
 * @param request.only names of checks; default all.
 */
export async function checkHealth(
  catalog: Catalog,
  request: { readonly only?: readonly string[]; readonly thresholds?: Partial<HealthThresholds> } = {},
): Promise<HealthReport> {
  const thresholds = { ...usualThresholds, ...request.thresholds }
  const findings: HealthFinding[] = []
  const checked: { check: string; about: string; findings: number }[] = []
  const failed: { check: string; reason: string }[] = []
  let failure: unknown
  for (const check of checks.filter(each => request.only?.includes(each.name) ?? true)) {
    try {
      const found = await attempt(catalog, () => check.find(catalog, thresholds))
      findings.push(...found)
      checked.push({ check: check.name, about: check.about, findings: found.length })
    } catch (thrown) {
      failure = thrown
      failed.push({ check: check.name, reason: thrown instanceof PlatformError ? thrown.message : 'it failed' })
    }
  }
  // A connection that is gone fails them all: that is no report on the database.
  if (checked.length === 0 && failed.length > 0) throw failure
  return { status: worst(findings), findings: findings.sort(bySeverity), checked, failed }
}

const order: readonly Severity[] = ['critical', 'warning', 'info']

const bySeverity = (one: HealthFinding, other: HealthFinding): number =>
  order.indexOf(one.severity) - order.indexOf(other.severity)

function worst(findings: readonly HealthFinding[]): HealthReport['status'] {
  if (findings.some(finding => finding.severity === 'critical')) return 'critical'
  return findings.some(finding => finding.severity === 'warning') ? 'warning' : 'ok'
}
