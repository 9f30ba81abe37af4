import { describe, expect, it } from 'vitest'
import type { Handlers, Rate } from '../src/call.ts'
import { auditOf, openInstallation, problemOf } from './identity-installation.ts'

describe('a user', () => {
  it('over the rate is refused, told how long to wait, and told on every call where they stand', async () => {
    await using home = await openInstallation({ limits: { callsPerMinute: 3 } })
    const rates: Rate[] = []
    const onRate = (rate: Rate) => rates.push(rate)
    for (let time = 0; time < 3; time++) await home.ask(home.owner, 'identity.whoami', {}, { onRate })
    const problem = await problemOf(home.ask(home.owner, 'identity.whoami', {}, { onRate }))
    expect(problem).toMatchObject({ code: 'RATE_LIMITED', kind: 'limited', retryable: true })
    const { retryAfterMs } = problem.details as { retryAfterMs: number }
    expect(retryAfterMs).toBeGreaterThan(0)
    expect(retryAfterMs).toBeLessThanOrEqual(60_000)
    expect(rates.map(rate => [rate.limit, rate.remaining])).toEqual([
      [3, 2],
      [3, 1],
      [3, 0],
      [3, 0],
    ])
    expect(rates.every(rate => rate.resetSeconds >= 1 && rate.resetSeconds <= 60)).toBe(true)
  })

  it('has one rate over all keys, and others have theirs', async () => {
    await using home = await openInstallation({ limits: { callsPerMinute: 6 } })
    const { secret } = await home.ask(home.owner, 'keys.create', { label: 'second' })
    const anna = await home.join('anna')
    for (let time = 0; time < 4; time++) await home.ask(secret, 'identity.whoami')
    expect(await problemOf(home.ask(home.owner, 'identity.whoami'))).toMatchObject({ code: 'RATE_LIMITED' })
    expect(await home.ask(anna, 'identity.whoami')).toMatchObject({ user: { name: 'anna' } })
  })

  it('over the rate leaves one audit line a minute, not one each', async () => {
    await using home = await openInstallation({ limits: { callsPerMinute: 2 } })
    for (let time = 0; time < 50; time++) await home.ask(home.owner, 'identity.whoami').catch(() => {})
    expect((await auditOf(home)).map(line => line.code)).toEqual(['RATE_LIMITED'])
  })

  it('has only so many calls at once, and gets the place back when one ends, however it ends', async () => {
    const gates: ((ok: boolean) => void)[] = []
    const list: Handlers['tools.list'] = async () => {
      const ok = await new Promise<boolean>(resolve => gates.push(resolve))
      if (!ok) throw new Error('it broke')
      return { items: [], cursor: null }
    }
    await using home = await openInstallation({ handlers: { 'tools.list': list }, limits: { callsAtOnce: 2 } })
    const running = [home.ask(home.owner, 'tools.list'), home.ask(home.owner, 'tools.list')]
    while (gates.length < 2) await new Promise(resolve => setImmediate(resolve))
    const third = await problemOf(home.ask(home.owner, 'tools.list'))
    expect(third).toMatchObject({ code: 'CONCURRENCY_LIMITED', kind: 'limited', details: { callsAtOnce: 2 } })
    gates[0]!(true)
    gates[1]!(false)
    await Promise.allSettled(running)
    expect(await home.ask(home.owner, 'identity.whoami')).toMatchObject({ user: { name: 'owner' } })
  })
})

describe('an address', () => {
  const attempt = (address: string) => ({ credentials: { bearer: 'sd_wrong', address } })

  it('that fails to sign in too often is refused, while others and good keys from it are not', async () => {
    await using home = await openInstallation({ limits: { strangerCallsPerMinute: 3 } })
    for (let time = 0; time < 3; time++) {
      const problem = await problemOf(home.call('identity.whoami', {}, attempt('192.0.2.1')))
      expect(problem.code).toBe('UNAUTHENTICATED')
    }
    const limited = await problemOf(home.call('identity.whoami', {}, attempt('192.0.2.1')))
    expect(limited.code).toBe('RATE_LIMITED')
    const other = await problemOf(home.call('identity.whoami', {}, attempt('192.0.2.2')))
    expect(other.code).toBe('UNAUTHENTICATED')
    const good = { credentials: { bearer: home.owner, address: '192.0.2.1' } }
    expect((await home.call('identity.whoami', {}, good)).output.user.name).toBe('owner')
  })

  it('cannot try invitation after invitation', async () => {
    await using home = await openInstallation({ limits: { strangerCallsPerMinute: 2 } })
    const redeem = () => home.call('users.redeem', { token: 'A'.repeat(43) }, { credentials: { address: '192.0.2.1' } })
    const codes = [await problemOf(redeem()), await problemOf(redeem()), await problemOf(redeem())]
    expect(codes.map(problem => problem.code)).toEqual(['INVITATION_MISSING', 'INVITATION_MISSING', 'RATE_LIMITED'])
  })

  it.each([
    ['of the same IPv6 network counts as one', '2001:db8::1', '2001:db8:0:0:ffff::9', 'RATE_LIMITED'],
    ['of another IPv6 network does not', '2001:db8::1', '2001:db8:0:1::1', 'UNAUTHENTICATED'],
    ['written as IPv6 is the IPv4 one', '::ffff:192.0.2.1', '192.0.2.1', 'RATE_LIMITED'],
  ])('%s', async (_name, first, second, code) => {
    await using home = await openInstallation({ limits: { strangerCallsPerMinute: 1 } })
    await problemOf(home.call('identity.whoami', {}, attempt(first)))
    expect((await problemOf(home.call('identity.whoami', {}, attempt(second)))).code).toBe(code)
  })
})
