import { expect, it } from 'vitest'
import { declaredErrors } from '../../scripts/errors-page.ts'

const errors = declaredErrors()

it('every error code is declared once', () => {
  const codes = errors.map(error => error.code)
  expect(codes.length).toBeGreaterThan(100)
  expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([])
})

it('every error class says when it happens, in a sentence that docs/errors.md shows', () => {
  expect(errors.filter(error => error.about === '').map(error => error.code)).toEqual([])
})

it('only what passes by itself is said to be worth repeating', () => {
  const again = errors.filter(error => error.retryable)
  const codesOf = (kind: string) => again.filter(error => error.kind === kind).map(error => error.code)
  expect(codesOf('conflict')).toEqual(['IDEMPOTENCY_IN_FLIGHT', 'POSTGRES_CONFLICT', 'POSTGRES_SESSION_BUSY'])
  expect(codesOf('limited')).toEqual([
    ...['CONCURRENCY_LIMITED', 'JQ_BUSY', 'POSTGRES_SESSIONS_FULL', 'PROPOSALS_TOO_MANY', 'RATE_LIMITED'],
    'STREAMS_TOO_MANY',
  ])
  expect(again.length).toBe(codesOf('conflict').length + codesOf('limited').length + codesOf('unavailable').length)
  const lasting = errors.filter(error => error.kind === 'unavailable' && !error.retryable).map(error => error.code)
  expect(lasting).toEqual(['LIBRARY_LOST', 'OBJECT_OUTCOME_UNKNOWN', 'POSTGRES_OUTCOME_UNKNOWN', 'POSTGRES_POOLED'])
})
