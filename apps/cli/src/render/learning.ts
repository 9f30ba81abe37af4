import type { Output, Suggestion, Usage } from '@super-data/contract'
import { type OutputStyle, renderList, renderOutput } from './output.ts'

/** Suggestions one by one: what was seen, the question, and the name to accept it by. */
export function renderSuggestions({ items }: Output<'learning.suggestions'>, style: OutputStyle): string {
  if (items.length === 0) return 'nothing\n'
  return renderList(items.map(toRow), style)
}

function toRow({ id, tool, title, definition }: Suggestion) {
  return { tool, title, text: definition?.text ?? null, suggestion: id }
}

/** How tools are used: everything together, then each tool, then those that nobody calls. */
export function renderStats(stats: Output<'tools.stats'>, style: OutputStyle): string {
  const { since, at, overall, tools, unused } = stats
  const parts = [renderOutput({ since, at, ...flat(overall) }, style)]
  const rows = tools.map(({ tool, lastAt, ...usage }) => ({ tool, ...flat(usage), lastAt }))
  if (rows.length > 0) parts.push(renderList(rows, style))
  if (unused.length > 0) parts.push(`Not called:\n\n${renderList(unused, style)}`)
  return parts.join('\n')
}

/** Errors in one cell: `JQ_RUNTIME 2, JQ_TIMEOUT 1`. */
function flat({ errors, ...usage }: Usage) {
  return { ...usage, errors: errors.map(({ code, count }) => `${code} ${count}`).join(', ') || null }
}
