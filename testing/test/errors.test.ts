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
