import type { Difference } from '@super-data/contract'
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

function value(sign: '-' | '+', path: string, changed: unknown): readonly string[] {
  return changed === undefined ? [] : [`${sign} ${path} ${JSON.stringify(changed)}`]
}

const lines = (text: string) => text.split('\n').filter(line => line !== '')
