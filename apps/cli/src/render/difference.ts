import type { Difference, Output } from '@super-data/contract'
import { visible } from './text-width.ts'

/** What two versions have different, line by line. */
export function renderDifference({ from, to, changes, text, functions }: Difference): readonly string[] {
  const different = [
    ...changes.flatMap(change => [...value('-', change.path, change.from), ...value('+', change.path, change.to)]),
    ...lines(text),
    ...functions.flatMap(each => [`${each.name}/${each.arity}:`, ...lines(each.text)]),
  ]
  if (different.length === 0) return [`nothing is different from version ${from} to ${to}`]
  return [`from version ${from} to ${to}:`, ...different.map(visible)]
}

/** What a reviewer looks at: against what answers, and against what they voted on before. */
export function renderReview({ sinceYourVote, ...difference }: Output<'tools.diff'>): string {
  const since = sinceYourVote ? ['', 'Since you voted,', ...renderDifference(sinceYourVote)] : []
  return [...renderDifference(difference), ...since].map(line => `${line}\n`).join('')
}

function value(sign: '-' | '+', path: string, changed: unknown): readonly string[] {
  return changed === undefined ? [] : [`${sign} ${path} ${JSON.stringify(changed)}`]
}

const lines = (text: string) => text.split('\n').filter(line => line !== '')
