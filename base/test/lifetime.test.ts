import { Lifetime } from '@super-data/base/lifetime'
import { expect, it } from 'vitest'

it('closes what it owns newest first', async () => {
  const closed: string[] = []
  const lifetime = new Lifetime()
  for (const name of ['store', 'database', 'server']) lifetime.own({ close: () => void closed.push(name) })
  await lifetime.close()
  expect(closed).toEqual(['server', 'database', 'store'])
})

it('closes the rest when one fails, and reports every failure', async () => {
  const closed: string[] = []
  const lifetime = new Lifetime()
  lifetime.onClose(() => void closed.push('first'))
  lifetime.onClose(() => Promise.reject(new Error('stuck')))
  lifetime.onClose(() => Promise.reject(new Error('broken')))
  await expect(lifetime.close()).rejects.toMatchObject({ errors: [{ message: 'broken' }, { message: 'stuck' }] })
  expect(closed).toEqual(['first'])
})

it('closing twice closes everything once', async () => {
  let times = 0
  const lifetime = new Lifetime()
  lifetime.onClose(() => void times++)
  await lifetime.close()
  await lifetime.close()
  expect(times).toBe(1)
})
