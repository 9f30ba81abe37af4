import type { Output } from '@super-data/contract'
import { instantText, quotedLines } from './output.ts'
import { visible } from './text-width.ts'

type Item = Output<'inbox.list'>['items'][number]

/** What happened, one a line, and below it what was said and what is waited for: commands are never cut. */
export function renderInbox({ items }: Output<'inbox.list'>): string {
  return items.length === 0 ? 'nothing\n' : items.map(renderItem).join('')
}

function renderItem({ at, type, subject, version, by, seen, comment, todo }: Item): string {
  const what = `${visible(subject)}${version === null ? '' : ` version ${version}`}`
  const head = `${instantText(at)}  ${type}  ${what}${by === null ? '' : `, by ${visible(by)}`}${seen ? '' : '  (new)'}`
  return [head, ...quotedLines(comment ?? ''), ...quotedLines(todo ?? '')].map(line => `${line}\n`).join('')
}
