import { PlatformError } from '@super-data/base/errors'
import { issueText } from '@super-data/base/issue-text'
import { nearest } from '@super-data/base/nearest'
import type { Operation } from '@super-data/contract'
import type { z } from 'zod'

const problemsMax = 20

export interface FieldProblem {
  /** JSON Pointer; empty for the input as a whole. */
  readonly path: string
  /** What was expected there. Never what was sent. */
  readonly problem: string
}

/** The input does not have the shape the operation declares; every wrong field is named. */
export class InputInvalid extends PlatformError {
  readonly code = 'INPUT_INVALID'
  readonly kind = 'invalid'
  constructor(fields: readonly FieldProblem[], hint: string | undefined) {
    const first = fields[0]
    const where = first === undefined || first.path === '' ? 'the input' : first.path
    super(`${where}: ${first?.problem ?? 'not valid'}${fields.length > 1 ? ` (and ${fields.length - 1} more)` : ''}`, {
      ...(hint === undefined ? {} : { hint }),
      details: { fields },
    })
  }
}

const strictSchemas = new WeakMap<z.ZodObject, z.ZodObject>()

/** The input as the operation declares it, defaults filled in. Fields it does not declare are refused. @throws InputInvalid */
export function parseInput(operation: Operation, input: unknown): Record<string, unknown> {
  const parsed = strict(operation.input).safeParse(input ?? {}, { error: issueText })
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.slice(0, problemsMax)
  throw new InputInvalid(issues.flatMap(toProblems), hintOf(issues, operation.input.shape))
}

function strict(schema: z.ZodObject): z.ZodObject {
  const known = strictSchemas.get(schema)
  if (known !== undefined) return known
  const made = schema.strict()
  strictSchemas.set(schema, made)
  return made
}

function toProblems(issue: z.core.$ZodIssue): FieldProblem[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: pointer(issue.path), problem: issue.message }]
  return issue.keys.slice(0, problemsMax).map(key => ({
    path: pointer([...issue.path, key]),
    problem: 'no such field',
  }))
}

function pointer(path: readonly PropertyKey[]): string {
  return path.map(step => `/${String(step).slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The declared field that an unknown one was probably meant to be, or what the first wrong one is for. */
function hintOf(issues: readonly z.core.$ZodIssue[], shape: z.ZodRawShape): string | undefined {
  const declared = Object.keys(shape)
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys' || issue.path.length > 0) continue
    const meant = issue.keys.map(key => nearest(key.slice(0, 100), declared)).find(field => field !== undefined)
    return meant === undefined ? `The fields are: ${declared.join(', ') || 'none'}.` : `Did you mean ${meant}?`
  }
  const wrong = String(issues[0]?.path[0] ?? '')
  const about = (shape[wrong] as z.ZodType | undefined)?.description
  return about === undefined ? undefined : `${wrong}: ${about}`
}
