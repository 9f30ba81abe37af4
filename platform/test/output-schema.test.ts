import type { JsonValue, ToolDefinition } from '@super-data/contract'
import { describe, expect, it } from 'vitest'
import { seenOutput } from '../src/library/output-schema.ts'

const tool = (engine: ToolDefinition['engine'], ...expected: JsonValue[]): ToolDefinition => ({
  ...{ description: 'A question.', engine, text: '.', mode: 'document', sources: [], parameters: {} },
  tests: expected.map(each => ({ params: {}, expected: each })),
})

describe('the schema of what test cases answered', () => {
  it('has every type that was seen, and requires nothing', () => {
    const output = seenOutput(tool('jq', [{ region: 'n', total: 1 }, { region: null }], 'none'))
    expect(output).toEqual({
      type: 'object',
      properties: {
        value: {
          type: ['array', 'string'],
          items: {
            type: 'object',
            properties: { region: { type: ['null', 'string'] }, total: { type: 'number' } },
          },
        },
      },
    })
  })

  it('is of the rows where the answer is a table, and of nothing without test cases', () => {
    expect(seenOutput(tool('sql', [['north', 10]]))).toEqual({
      type: 'object',
      properties: { rows: { type: 'array', items: { type: 'array', items: { type: ['number', 'string'] } } } },
    })
    expect(seenOutput(tool('jq'))).toBeUndefined()
  })

  it('stays short, however large the answer', () => {
    const wide = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`field_${n}`, { inner: { deep: [n] } }]))
    const large = seenOutput(tool('jq', [wide], ...Array.from({ length: 49 }, () => [wide, wide])))
    expect(JSON.stringify(large).length).toBeLessThanOrEqual(1_000)
    expect(large).toMatchObject({ properties: { value: { type: 'array', items: { type: 'object' } } } })
  })
})
