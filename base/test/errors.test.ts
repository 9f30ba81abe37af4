import { Cancelled, InternalError, PlatformError, throwIfAborted, toProblem } from '@super-data/base/errors'
import { expect, it } from 'vitest'

class Full extends PlatformError {
  readonly code = 'FULL'
  readonly kind = 'limited'
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
