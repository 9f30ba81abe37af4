import { type ErrorDetails, type Problem, toProblem } from '@super-data/base/errors'
import type { Difference, ImportChange, TestResult } from '@super-data/contract'
import { toFlag } from '../fields.ts'
import { requestIdOf } from '../request-id.ts'
import { renderDifference } from './difference.ts'
import { cutText, visible } from './text-width.ts'

export interface Failure extends Problem {
  readonly requestId?: string
}

/** The public facts of anything thrown, with the request id when it came from a call. */
export function toFailure(error: unknown): Failure {
  const requestId = requestIdOf(error)
  return { ...toProblem(error), ...(requestId === undefined ? {} : { requestId }) }
}

/** A failure as lines for people: what, how to go on, and what to quote in a report. */
export function renderFailure(failure: Failure, colour: boolean): string {
  const label = colour ? '\u001b[31merror\u001b[39m' : 'error'
  return problemText(label, failure, failure.requestId === undefined ? '' : ` (request ${failure.requestId})`)
}

/** What is wrong with one of several things. */
export function renderProblem(problem: NonNullable<ImportChange['problem']>): string {
  const { hint, details, ...said } = problem
  return problemText('error', { ...said, hint: hint ?? undefined, details: details as ErrorDetails | undefined }, '')
}

type Told = Pick<Failure, 'code' | 'message'> & {
  readonly hint?: string | undefined
  readonly details?: ErrorDetails | undefined
}

function problemText(label: string, failure: Told, request: string): string {
  const lines = [`${label}: ${failure.message}`, ...detailLines(failure)]
  if (failure.hint !== undefined) lines.push(`hint:  ${failure.hint}`)
  lines.push(`code:  ${failure.code}${request}`)
  return `${lines.join('\n')}\n`
}

function detailLines(failure: Told): readonly string[] {
  return [...positionLines(failure), ...fieldLines(failure), ...differenceLines(failure), ...testLines(failure)]
}

/** Wrong fields, one a line, when the failure lists them. */
function positionLines(failure: Told): readonly string[] {
  const issues = failure.details?.['issues']
  if (!Array.isArray(issues)) return []
  return issues.flatMap(issue => {
    const { path, message } = issue as { path?: unknown; message?: unknown }
    if (typeof message !== 'string') return []
    const field = Array.isArray(path) ? path.join('.') : typeof path === 'string' ? path : ''
    return [`       ${field === '' ? '' : `${field}: `}${message}`]
  })
}

/** Wrong fields, where the message names the first of several. */
function fieldLines({ code, details }: Told): readonly string[] {
  const fields = code === 'INPUT_INVALID' ? (details?.['fields'] as readonly { path: string; problem: string }[]) : []
  if (fields.length < 2) return []
  return fields.map(({ path, problem }) => `       ${toFlag(path.slice(1)) || 'the input'}: ${problem}`)
}

/** What changed since the version that was expected, when the failure says so. */
function differenceLines(failure: Told): readonly string[] {
  const difference = failure.details?.['difference'] as Difference | undefined
  return difference === undefined ? [] : renderDifference(difference).map(line => `       ${line}`)
}

/** Test cases that did not pass, with what was expected and what came. */
function testLines({ code, details }: Told): readonly string[] {
  if (code !== 'TOOL_TEST_FAILED' || details === undefined) return []
  return (details['failed'] as readonly TestResult[]).flatMap(({ name, expected, got, problem }) => [
    `       ${visible(name)}`,
    `         expected ${valueText(expected)}`,
    `         got      ${problem === undefined ? valueText(got) : visible(problem)}`,
  ])
}

/** Whole results may be large; --json has all of it. */
const valueWidthMax = 500

function valueText(value: unknown): string {
  return cutText(visible(JSON.stringify(value) ?? 'nothing'), valueWidthMax)
}
