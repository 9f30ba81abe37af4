import type { z } from 'zod'

type Issue = z.core.$ZodRawIssue

/**
 * What is wrong with a value, in plain words and without the value. For `safeParse(value, { error: issueText })`: what a
 * schema says itself comes first; what is not known here is left to zod.
 */
export function issueText(issue: Issue): string | undefined {
  if (issue.input === undefined && issue.code === 'invalid_type')
    return issue.expected === 'nonoptional' ? 'is needed' : `is needed: ${kindText(issue.expected)}`
  if (issue.input === undefined && issue.code === 'invalid_value') return `is needed: ${choicesText(issue.values)}`
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kindText(issue.expected)}`
    case 'invalid_value':
      return `must be ${choicesText(issue.values)}`
    case 'too_small':
      return issue.origin === 'string' && issue.minimum === 1 ? 'must not be empty' : boundText(issue, 'min')
    case 'too_big':
      return boundText(issue, 'max')
    case 'invalid_format':
      return issue.pattern === undefined ? `must be a valid ${issue.format}` : `must match ${issue.pattern}`
    case 'unrecognized_keys':
      return `no such field: ${issue.keys.join(', ')}`
    case 'invalid_union':
      return 'has none of the forms that are allowed here'
    default:
      return undefined
  }
}

const kinds: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  object: 'an object',
  record: 'an object',
}

function kindText(expected: string): string {
  return kinds[expected] ?? `a ${expected}`
}

function choicesText(values: readonly unknown[]): string {
  const choices = values.map(value => JSON.stringify(value))
  return choices.length < 3 ? choices.join(' or ') : `one of ${choices.join(', ')}`
}

const counted: Readonly<Record<string, string>> = {
  string: 'characters',
  array: 'items',
  set: 'items',
  object: 'fields',
  record: 'fields',
}

function boundText(issue: Issue & { readonly code: 'too_small' | 'too_big' }, side: 'min' | 'max'): string {
  const bound = String(issue.code === 'too_small' ? issue.minimum : issue.maximum)
  const unit = counted[issue.origin]
  if (issue.exact) return `must have exactly ${bound} ${unit ?? ''}`.trimEnd()
  if (unit !== undefined) return `must have at ${side === 'min' ? 'least' : 'most'} ${bound} ${unit}`
  if (issue.inclusive === false) return `must be ${side === 'min' ? 'more' : 'less'} than ${bound}`
  return `must be at ${side === 'min' ? 'least' : 'most'} ${bound}`
}
