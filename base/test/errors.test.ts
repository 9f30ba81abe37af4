import {
  Cancelled,
  type ErrorKind,
  InternalError,
  PlatformError,
  throwIfAborted,
  toProblem,
} from '@super-data/base/errors'
import { expect, it } from 'vitest'

class Full extends PlatformError {
  readonly code = 'FULL'
  readonly kind = 'limited'
  override readonly retryable = true
}

it('an error of ours shows its code, kind, hint and whether to retry', () => {
  expect(toProblem(new Full('no room', { hint: 'Come back later.', details: { limit: 3 } }))).toEqual({
    code: 'FULL',
    kind: 'limited',
    message: 'no room',
    hint: 'Come back later.',
    retryable: true,
    details: { limit: 3 },
  })
})

it('the same request may work later when something is not available; otherwise only when the error says so', () => {
  class Plain extends PlatformError {
    readonly code = 'PLAIN'
    readonly kind: ErrorKind
    constructor(kind: ErrorKind) {
      super('plain')
      this.kind = kind
    }
  }
  const retryable = (kind: ErrorKind) => toProblem(new Plain(kind)).retryable
  expect(retryable('unavailable')).toBe(true)
  for (const kind of ['conflict', 'limited', 'invalid', 'missing', 'internal'] as const)
    expect(retryable(kind)).toBe(false)
})

it('anything else says nothing of what it was', () => {
  const shown = JSON.stringify(toProblem(new TypeError('/etc/secret is not iterable')))
  expect(shown).not.toContain('secret')
  expect(JSON.parse(shown)).toMatchObject({ code: 'INTERNAL', kind: 'internal' })
})

it('the cause is kept for the log', () => {
  const cause = new Error('disk')
  expect(new InternalError(cause).cause).toBe(cause)
})

it('an aborted signal becomes a cancelled call', () => {
  expect(() => throwIfAborted(AbortSignal.abort())).toThrow(Cancelled)
  expect(() => throwIfAborted(undefined)).not.toThrow()
})
