import { nearest } from '@super-data/base/nearest'
import { expect, it } from 'vitest'

it.each([
  ['a letter that is wrong', 'amoumt', 'amount'],
  ['a letter too few', 'amoun', 'amount'],
  ['a letter too many', 'ammount', 'amount'],
  ['two letters that changed places', 'amuont', 'amount'],
  ['another case', 'Amount', 'amount'],
])('%s is a slip', (_, typed, meant) => {
  expect(nearest(typed, ['region', 'amount', 'customer'])).toBe(meant)
})

it('another word is none', () => {
  expect(nearest('quantity', ['region', 'amount'])).toBeUndefined()
  expect(nearest('x', [])).toBeUndefined()
})
