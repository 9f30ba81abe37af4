import { ManualClock } from '@super-data/base/clock'
import { expect, it } from 'vitest'
import { ObjectWatch } from '../src/bucket/object-watch.ts'
import type { NamedObject } from '../src/folder/datasets-yml.ts'

const objects = (count: number): NamedObject[] =>
  Array.from({ length: count }, (_, place) => ({
    ...{ name: `d${place}`, file: `s3://bucket/d${place}.json`, object: { bucket: 'bucket', key: `d${place}.json` } },
    ...{ format: 'json', gzip: false, description: null },
  }))

function watchOf(look: () => Promise<boolean>, chance = 127.5) {
  const clock = new ManualClock()
  const random = { bytes: () => [chance] as unknown as Uint8Array }
  const watch = new ObjectWatch({
    ...{ clock, random, pollMs: 30_000 },
    look: async () => ({ changed: false, current: await look() }),
  })
  return { clock, watch }
}

const settled = () => new Promise(resolve => setTimeout(resolve, 5))

/** Times of looks, in seconds, while somebody asks every second. */
async function looksWithin(seconds: number, outcome: () => boolean, chance?: number): Promise<number[]> {
  const looks: number[] = []
  const { clock, watch } = watchOf(async () => looks.push(clock.elapsed() - start) > 0 && outcome(), chance)
  const start = clock.elapsed()
  watch.watch(objects(1))
  for (let second = 0; second <= seconds; second++) {
    watch.lookDue()
    for (let step = 0; step < 10; step++) await Promise.resolve()
    clock.advance(1_000)
  }
  return looks.map(ms => ms / 1_000)
}

it('looks every half minute, and later and later while a bucket is away, five minutes at most', async () => {
  expect(await looksWithin(100, () => true)).toEqual([0, 30, 60, 90])
  expect(await looksWithin(1_200, () => false)).toEqual([0, 60, 180, 420, 720, 1_020])
})

it('spreads looks of servers that started together', async () => {
  expect(await looksWithin(70, () => true, 0)).toEqual([0, 27, 54])
  expect(await looksWithin(70, () => true, 255)).toEqual([0, 33, 66])
})

it('looks at four at the same time, and at each once for all who ask meanwhile', async () => {
  let now = 0
  let most = 0
  let looks = 0
  const { watch } = watchOf(async () => {
    looks++
    most = Math.max(most, ++now)
    await settled()
    now--
    return true
  })
  watch.watch(objects(10))
  watch.lookDue()
  await Promise.all(Array.from({ length: 50 }, () => watch.lookNow()))
  expect(most).toBe(4)
  expect(looks).toBeLessThanOrEqual(20)
  await watch.close()
})
