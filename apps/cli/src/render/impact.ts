import type { Output } from '@super-data/contract'
import { visible } from './text-width.ts'

type Impact = Output<'functions.impact'>

/** Who uses a function, each with what the version compared with would change for it. */
export function renderImpact({ function: name, arity, version, users }: Impact): string {
  const head = `${name}/${arity} version ${version} compared:`
  const lines = users.length === 0 ? [`nothing uses ${name}/${arity}`] : [head, ...users.flatMap(userLines)]
  return lines.map(line => `${line}\n`).join('')
}

function userLines({ kind, name, version, state, answers, pinned, current, text }: Impact['users'][number]) {
  const uses = current ? 'has this one' : `was saved with version ${pinned}`
  const changed = text.split('\n').filter(line => line !== '')
  return [
    `${kind} ${visible(name)} version ${version} (${state}${answers ? ', answers' : ''}): ${uses}`,
    ...changed.map(line => `  ${visible(line)}`),
  ]
}
