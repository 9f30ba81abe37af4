import { setImmediate as turn } from 'node:timers/promises'
import { Cancelled } from '@super-data/base/errors'
import { describe, expect, it } from 'vitest'
import { MemoryResultCache } from '../src/queries/result-cache.ts'
import { SharedRuns } from '../src/queries/shared-runs.ts'

/** Runs that end when the test says so. */
function runs() {
  const shared = new SharedRuns<string>()
  const begun: { signal: AbortSignal; end: (text: string) => void; fail: (failure: Error) => void }[] = []
  const join = (key = 'k', signal = new AbortController().signal) =>
    shared.join(
      key,
      stop => {
        const { promise, resolve, reject } = Promise.withResolvers<string>()
        stop.addEventListener('abort', () => reject(new Cancelled()))
        begun.push({ signal: stop, end: resolve, fail: reject })
        return promise
      },
      signal,
    )
  return { shared, begun, join }
}

describe('runs that several wait for', () => {
  it('are begun once, and everybody gets the result', async () => {
    const { begun, join } = runs()
    const all = [join(), join(), join()]
    const other = join('other')
    expect(begun).toHaveLength(2)
    begun[0]!.end('done')
    begun[1]!.end('other')
    expect(await Promise.all([...all, other])).toEqual(['done', 'done', 'done', 'other'])
    const again = join()
    expect(begun).toHaveLength(3)
    begun[2]!.end('again')
    expect(await again).toBe('again')
  })

  it('go on when one gives up, also the one who began', async () => {
    const { begun, join } = runs()
    const impatient = new AbortController()
    const first = join('k', impatient.signal)
    const second = join()
    impatient.abort()
    await expect(first).rejects.toThrow(Cancelled)
    expect(begun[0]!.signal.aborted).toBe(false)
    begun[0]!.end('done')
    expect(await second).toBe('done')
  })

  it('stop when nobody waits any more, and nobody joins what stops', async () => {
    const { shared, begun, join } = runs()
    const [one, two] = [new AbortController(), new AbortController()]
    const both = [join('k', one.signal), join('k', two.signal)]
    one.abort()
    two.abort()
    for (const each of both) await expect(each).rejects.toThrow(Cancelled)
    expect(begun[0]!.signal.aborted).toBe(true)
    expect(shared.has('k')).toBe(false)
    const later = join()
    begun[1]!.end('fresh')
    expect(await later).toBe('fresh')
    const gone = AbortSignal.abort()
    await expect(join('k', gone)).rejects.toThrow(Cancelled)
    expect(begun).toHaveLength(2)
  })

  it('fail for everybody, and are begun anew by the next', async () => {
    const { begun, join } = runs()
    const both = [join(), join()]
    begun[0]!.fail(new Error('broken'))
    for (const each of both) await expect(each).rejects.toThrow('broken')
    await turn()
    const next = join()
    begun[1]!.end('mended')
    expect(await next).toBe('mended')
  })
})

describe('answers kept in memory', () => {
  it('stay within their size: what was asked for longest ago goes first', async () => {
    const cache = new MemoryResultCache(10_000)
    for (const key of ['a', 'b', 'c', 'd']) await cache.set(key, key.repeat(1_000))
    expect(await cache.get('a')).toBe('a'.repeat(1_000))
    await cache.set('e', 'e'.repeat(1_000))
    expect(await Promise.all(['a', 'b', 'c', 'd', 'e'].map(async key => (await cache.get(key)) !== undefined))).toEqual(
      [...[true, false, true, true, true]],
    )
    expect(cache.bytes).toBeLessThanOrEqual(10_000)
    for (let index = 0; index < 1_000; index++) await cache.set(`${index}`, 'x'.repeat(index))
    expect(cache.bytes).toBeLessThanOrEqual(10_000)
  })

  it('do not make room for one that is too large, and replace their like', async () => {
    const cache = new MemoryResultCache(10_000)
    await cache.set('a', 'small')
    await cache.set('large', 'x'.repeat(9_000))
    expect(await cache.get('large')).toBeUndefined()
    expect(await cache.get('a')).toBe('small')
    const { bytes } = cache
    await cache.set('a', 'SMALL')
    expect([await cache.get('a'), cache.bytes]).toEqual(['SMALL', bytes])
    const none = new MemoryResultCache(0)
    await none.set('a', '')
    expect(await none.get('a')).toBeUndefined()
  })
})
