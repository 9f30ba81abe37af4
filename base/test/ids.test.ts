import { ManualClock } from '@super-data/base/clock'
import { systemRandom, TimeOrderedIds } from '@super-data/base/ids'
import { expect, it } from 'vitest'

it('ids sort by the time they were made, also within one millisecond', () => {
  const clock = new ManualClock()
  const ids = new TimeOrderedIds(clock, systemRandom)
  const made = Array.from({ length: 1000 }, (_, index) => {
    if (index % 100 === 0) clock.advance(1)
    return ids.next('run')
  })
  expect([...made].sort()).toEqual(made)
  expect(new Set(made).size).toBe(made.length)
})

it('ids still ascend when the clock is set back', () => {
  const clock = new ManualClock()
  const ids = new TimeOrderedIds(clock, systemRandom)
  const first = ids.next('run')
  clock.advance(-60_000)
  expect(ids.next('run') > first).toBe(true)
})

it('an id says what it names and stays short', () => {
  expect(new TimeOrderedIds(new ManualClock(), systemRandom).next('tool')).toMatch(/^tool_[0-9a-hjkmnp-tv-z]{26}$/)
})
