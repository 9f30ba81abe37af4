import { readSettings, type SettingTable } from '@super-data/base/settings'
import { expect, it } from 'vitest'
import { z } from 'zod'

const table = {
  port: { env: 'SUPER_DATA_PORT', about: 'TCP port.', schema: z.coerce.number().int().default(8080) },
  learning: { env: 'SUPER_DATA_ENABLE_LEARNING', about: 'Take proposals.', schema: z.stringbool().default(true) },
} satisfies SettingTable

const read = (environment: Record<string, string>) => readSettings(table, environment, 'SUPER_DATA_')

it('values come typed, with their defaults', () => {
  expect(read({ SUPER_DATA_ENABLE_LEARNING: 'false' })).toEqual({ port: 8080, learning: false })
})

it('an empty variable counts as absent', () => {
  expect(read({ SUPER_DATA_PORT: '' }).port).toBe(8080)
})

it('a mistyped name is an error that names the right one', () => {
  expect(() => read({ SUPER_DATA_PROT: '1' })).toThrow(/SUPER_DATA_PROT.*did you mean SUPER_DATA_PORT/)
})

it('all mistakes are reported at once, without the values', () => {
  const attempt = () => read({ SUPER_DATA_PORT: 'hunter2', SUPER_DATA_ENABLE_LEARNING: 'perhaps', SUPER_DATA_X: '1' })
  expect(attempt).toThrow(
    expect.objectContaining({ code: 'SETTINGS_INVALID', mistakes: expect.objectContaining({ length: 3 }) }),
  )
  expect(attempt).not.toThrow(/hunter2|perhaps/)
})

it('variables of other programs are none of our business', () => {
  expect(read({ PATH: '/bin' }).port).toBe(8080)
})
