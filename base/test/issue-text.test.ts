import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { issueText } from '../src/issue-text.ts'

const wrong = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value, { error: issueText }).error?.issues[0]?.message

describe('what is wrong with a value', () => {
  it.each<[z.ZodType, unknown, string]>([
    [z.string().min(1), '', 'must not be empty'],
    [z.string().min(12), 'abc', 'must have at least 12 characters'],
    [z.string().max(2), 'abc', 'must have at most 2 characters'],
    [z.string().length(2), 'abc', 'must have exactly 2 characters'],
    [z.array(z.string()).max(1), ['a', 'b'], 'must have at most 1 items'],
    [z.coerce.number(), 'abc', 'must be a number'],
    [z.int(), 1.5, 'must be a whole number'],
    [z.int().positive(), 0, 'must be more than 0'],
    [z.number().max(5), 6, 'must be at most 5'],
    [z.enum(['jq', 'sql', 'postgres']), 'x', 'must be one of "jq", "sql", "postgres"'],
    [z.literal(true), false, 'must be true'],
    [z.object({}), [], 'must be an object'],
    [z.strictObject({}), { a: 1 }, 'no such field: a'],
    [z.string().regex(/^a$/), 'b', 'must match /^a$/'],
    [z.string(), undefined, 'is needed: a string'],
    [z.object({ a: z.unknown().nonoptional() }), {}, 'is needed'],
    [z.enum(['approve', 'reject']), undefined, 'is needed: "approve" or "reject"'],
    [z.string().min(1, { error: 'a name' }), '', 'a name'],
  ])('is said in plain words (%#)', (schema, value, text) => {
    expect(wrong(schema, value)).toBe(text)
  })

  it('never repeats the value', () => {
    expect(wrong(z.enum(['a', 'b']), 'hunter2')).not.toContain('hunter2')
  })
})
