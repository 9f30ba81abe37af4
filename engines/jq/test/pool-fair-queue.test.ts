import { expect, it } from 'vitest'
import { FairQueue } from '../src/pool/fair-queue.ts'

it('callers take turns, however much each has put in', () => {
  const queue = new FairQueue<string>({ waitingMax: 100, callerWaitingMax: 50 })
  for (let n = 0; n < 5; n++) queue.add('flood', `flood ${n}`)
  queue.add('quiet', 'quiet 0')
  queue.add('other', 'other 0')
  queue.add('quiet', 'quiet 1')
  expect(queue.drain()).toEqual([
    'flood 0',
    'quiet 0',
    'other 0',
    'flood 1',
    'quiet 1',
    'flood 2',
    'flood 3',
    'flood 4',
  ])
  expect(queue.size).toBe(0)
})

it('a caller that has filled its share leaves room for others', () => {
  const queue = new FairQueue<number>({ waitingMax: 3, callerWaitingMax: 2 })
  queue.add('flood', 1)
  queue.add('flood', 2)
  expect(() => queue.add('flood', 3)).toThrow(expect.objectContaining({ code: 'JQ_BUSY', kind: 'limited' }))
  queue.add('quiet', 4)
  expect(() => queue.add('late', 5)).toThrow(expect.objectContaining({ details: { waiting: 3, of: 'pool' } }))
})

it('what is taken out of the middle is not served', () => {
  const queue = new FairQueue<number>({ waitingMax: 9, callerWaitingMax: 9 })
  for (const item of [1, 2, 3]) queue.add('a', item)
  queue.remove('a', 2)
  queue.remove('a', 9)
  queue.remove('b', 1)
  expect(queue.size).toBe(2)
  expect(queue.drain()).toEqual([1, 3])
})
