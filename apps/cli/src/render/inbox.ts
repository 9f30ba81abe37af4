import type { Output } from '@super-data/contract'
import { instantText, quotedLines } from './output.ts'
import { visible } from './text-width.ts'

type Item = Output<'inbox.list'>['items'][number]

/** What happened, one a line, and below it what was said and what is waited for: commands are never cut. */
export function renderInbox({ items }: Output<'inbox.list'>, self: string): string {
  return items.length === 0 ? 'nothing\n' : items.map(item => renderItem(item, self)).join('')
}

function renderItem(item: Item, self: string): string {
  const { at, type, subject, version, by, seen, comment } = item
  const what = `${visible(subject)}${version === null ? '' : ` version ${version}`}`
  const head = `${instantText(at)}  ${type}  ${what}${by === null ? '' : `, by ${visible(by)}`}${seen ? '' : '  (new)'}`
  return [head, ...quotedLines(comment ?? ''), ...quotedLines(todoOf(item, self))].map(line => `${line}\n`).join('')
}

function todoOf({ type, project, subject, version, hash, todo }: Item, self: string): string {
  const area = type.startsWith('tool') ? 'tools' : 'functions'
  const command = (verb: string, words = '') =>
    `${self} ${area} ${verb} ${subject}${words}${project === 'default' ? '' : ` --project ${project}`}`
  if (todo === 'vote') {
    const vote = command('vote', ` approve --hash ${hash?.slice(0, 12)}`)
    return `Read version ${version}: ${command('get')}. Then: ${vote} (or reject, with --comment TEXT).`
  }
  if (todo === null) return ''
  return `Another version was decided first and answers. Compare: ${command('diff')}. Then save yours on top of it.`
}
