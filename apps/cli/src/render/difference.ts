import type { Difference, Output } from '@super-data/contract'
import { visible } from './text-width.ts'

/** What two versions have different, line by line. */
export function renderDifference({ from, to, changes, text, functions }: Difference): readonly string[] {
  const different = [
    ...changes.flatMap(change => [...value('-', change.path, change.from), ...value('+', change.path, change.to)]),
    ...lines(text),
    ...functions.flatMap(functionLines),
  ]
  if (from === 1 && to === 1) return ['version 1 is the first: there is nothing to compare it with']
  if (different.length === 0) return [`nothing is different from version ${from} to ${to}`]
  return [`from version ${from} to ${to}:`, ...different.map(visible)]
}

/** What a reviewer looks at: against what answers, and against what they voted on before. */
export function renderReview({ sinceYourVote, ...difference }: Output<'tools.diff'>): string {
  const since = sinceYourVote ? ['', 'Since you voted,', ...renderDifference(sinceYourVote)] : []
  return [...renderDifference(difference), ...since].map(line => `${line}\n`).join('')
}

/** A function whose text stayed has another version because of what it uses. */
function functionLines({ name, arity, from, to, text }: Difference['functions'][number]): readonly string[] {
  if (text === '') return [`${name}/${arity}: the same text in version ${to} as in ${from}, with other functions`]
  return [`${name}/${arity}:`, ...lines(text)]
}

function value(sign: '-' | '+', path: string, changed: unknown): readonly string[] {
  return changed === undefined ? [] : [`${sign} ${path} ${JSON.stringify(changed)}`]
}

const lines = (text: string) => text.split('\n').filter(line => line !== '')
