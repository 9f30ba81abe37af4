import { describe, expect, it } from 'vitest'
import { Parameters } from '../src/library/parameters.ts'

const save = (schema: unknown) => new Parameters(schema as never).requireUsable()
const property = (schema: unknown) => ({ type: 'object', properties: { s: schema } })

describe('a schema that would make checking slow', () => {
  it.each([
    ['a group that repeats a repetition', property({ type: 'string', maxLength: 99, pattern: '^((a+))+$' })],
    ['many repetitions in a row', property({ type: 'string', maxLength: 99, pattern: '^a*a*a*a*a*b$' })],
    ['a pattern on a text of any length', property({ type: 'string', pattern: '^a+$' })],
    ['a pattern that looks back', property({ type: 'string', maxLength: 99, pattern: '(a)\\1' })],
    ['comparing every item with every other', property({ type: 'array', uniqueItems: true })],
    ['references', { ...property({ $ref: '#/$defs/d' }), $defs: { d: { type: 'string' } } }],
    ['a reference to itself', { ...property({}), allOf: [{ $ref: '#' }] }],
    ['schemas without end', property(Array.from({ length: 20 }).reduce<object>(inner => ({ not: inner }), {}))],
    ['a thousand schemas', property({ anyOf: Array.from({ length: 1_000 }, () => ({ type: 'null' })) })],
  ])('is refused: %s', (_what, schema) => {
    expect(() => save(schema)).toThrow(expect.objectContaining({ code: 'PARAMETER_SCHEMA_INVALID' }))
  })

  it('fills in who calls where a whole parameter is one of the known facts, and nowhere else', () => {
    save(property({ type: 'string', fromCaller: 'user' }))
    const me = { type: 'string', fromCaller: 'user' }
    const filled = new Parameters({ type: 'object', properties: { me, s: {} }, required: ['me', 's'] } as never)
    expect(filled.callable).toMatchObject({ properties: { s: {} }, required: ['s'] })
    expect(filled.callable.properties).not.toHaveProperty('me')
    const refused = expect.objectContaining({ code: 'PARAMETER_SCHEMA_INVALID' })
    expect(() => save(property({ type: 'string', fromCaller: 'salary' }))).toThrow(refused)
    expect(() => save(property({ type: 'array', items: { fromCaller: 'user' } }))).toThrow(refused)
  })

  it('leaves what tools need', () => {
    const schema = {
      type: 'object',
      properties: {
        region: { type: 'string', pattern: '^[a-z]{2}-\\d+$', maxLength: 20, description: 'Where.' },
        limit: { type: 'integer', minimum: 1, maximum: 100, default: 10 },
        days: { type: 'array', items: { enum: ['mon', 'tue'] }, maxItems: 7 },
        either: { anyOf: [{ type: 'null' }, { type: 'number' }] },
      },
      required: ['region'],
    }
    save(schema)
    expect(new Parameters(schema as never).check({ region: 'eu-1' })).toEqual({ region: 'eu-1', limit: 10 })
  })
})
