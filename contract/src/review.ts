import { z } from 'zod'
import { json } from './answer.ts'
import { datasetName, functionName, instant } from './names.ts'
import { params } from './queries.ts'

/** `conflict`: approved elsewhere at the same time as another version, which answers. */
export const toolState = z.enum(['draft', 'pending', 'approved', 'rejected', 'expired', 'conflict', 'disabled'])
export type ToolState = z.output<typeof toolState>

export const castVote = z.object({
  user: z.string(),
  vote: z.enum(['approve', 'reject']),
  comment: z.string(),
  at: instant,
  confirmed: z.boolean().describe('False: its voter has not confirmed it, and it does not count yet.'),
  lapsed: z
    .boolean()
    .describe('It does not count: its voter could not know yet that what it is on had been disabled elsewhere.'),
  confirmedBy: z
    .enum(['code', 'elicitation'])
    .nullable()
    .describe('How its voter confirmed it; null where nothing more than the vote was wanted, or it waits.'),
})

/** What was found out about a version when it was put before the team. */
export const checks = z.object({
  score: z.int().describe('How complex the whole program is, functions included.'),
  tests: z.int().describe('Test cases that passed.'),
  warnings: z.array(z.string()).describe('What reviewers should look at.'),
  similar: z.array(z.string()).describe('Approved tools that ask nearly the same.'),
})
export type Checks = z.output<typeof checks>

/** How a version was put before the team, and what became of that. */
export const reviewed = {
  review: z
    .enum(['none', 'votes', 'import'])
    .nullable()
    .describe('How it was approved; `none` by a project’s only member.'),
  justification: z.string(),
  submittedBy: z.string().nullable(),
  submittedAt: instant.nullable(),
  expiresAt: instant.nullable(),
  approvedAt: instant.nullable(),
  approvedBy: z.array(z.string()),
  votes: z
    .array(castVote)
    .describe('The latest of each voter who can vote, or could when it was decided. The history has all votes.'),
  votesNeeded: z.int().nonnegative().describe('Approvals, of those who can vote.'),
  checks: checks.nullable(),
}

export const versionSummary = z.object({
  version: z.int().positive(),
  state: toolState,
  answers: z.boolean().describe('Whether this is the version that answers.'),
  hash: z.string(),
  follows: z.int().nullable().describe('The version it was made from.'),
  createdBy: z.string(),
  createdAt: instant,
  ...reviewed,
  votes: z.array(castVote).describe('All of them, oldest first.'),
  earlier: z
    .array(
      z.object({
        submittedBy: z.string(),
        submittedAt: instant,
        justification: z.string(),
        votes: z.array(castVote),
        withdrawnBy: z.string().nullable(),
        withdrawnAt: instant.nullable(),
      }),
    )
    .describe('The times before when it was put before the team, oldest first; a newer version withdraws it too.'),
})

/** What two versions have different. */
export const difference = z.object({
  from: z.int().positive(),
  to: z.int().positive(),
  changes: z.array(z.object({ path: z.string(), from: json.optional(), to: json.optional() })),
  text: z.string().describe('The query’s lines, with - and + before what went and came; empty when it is the same.'),
  functions: z.array(
    z.object({
      name: functionName,
      arity: z.int(),
      from: z.int().nullable(),
      to: z.int().nullable(),
      text: z.string(),
    }),
  ),
})
export type Difference = z.output<typeof difference>

/** What a reviewer is shown of a version. */
export const reviewDifference = difference.extend({
  sinceYourVote: difference.optional().describe('From the version you last voted on, where that is another one.'),
})

/** A question with the answer it must get. Part of what is approved. */
export const testCase = z.object({
  name: z.string().max(100).optional(),
  params,
  input: json.optional().describe('jq: what is `.`, instead of a dataset.'),
  dataset: datasetName.optional().describe('The dataset to ask; without it and `input`, the tool’s own.'),
  expected: json.describe(
    'What it must answer: the value; of SQL the rows, each a list of values in their columns’ order.',
  ),
})
export type TestCase = z.output<typeof testCase>

export const testResult = z.object({
  name: z.string(),
  passed: z.boolean(),
  expected: json.optional(),
  got: json.optional(),
  problem: z.string().optional(),
})
export type TestResult = z.output<typeof testResult>

export const testCases = z
  .array(testCase)
  .max(50)
  .describe(
    'Cases that must pass before it is put before the team, as a JSON list of {name?, params, input? or dataset?, expected}. `expected` is the value; of SQL the rows, each a list of values: [{"params": {"region": "north"}, "expected": [["north", 10]]}].',
  )
  .meta({ brief: '{params, input? | dataset?, expected}' })

/** Why it is put before the team. */
export const justification = z
  .string()
  .max(2000)
  .default('')
  .describe('Why the team should have it; reviewers read it.')
  .meta({ brief: '' })

/** Ways to say which version was read: refused when there is a newer one. */
export const expectedVersion = z.int().positive().describe('The version you read; refused when somebody was faster.')

export const vote = z.enum(['approve', 'reject'])
export const votedHash = z.string().min(12).max(64).describe('The hash that `get` showed, or its first 12 characters.')
export const comment = z.string().max(2000).default('')
