/** SQL whose `$name` are `$1`, `$2` … as PostgreSQL wants them. */
export interface NumberedSql {
  readonly text: string
  /** Names in the order of their numbers. */
  readonly names: readonly string[]
  /** The text has a `$1` of its own, which would mean whichever name comes first. */
  readonly hasNumbers?: true
}

/**
 * What PostgreSQL's lexer takes as one piece (manual, 4.1): strings in all their spellings, quoted names, comments,
 * words; a `$` within a word belongs to the word. Only the last alternatives are parameters.
 */
const pieces = new RegExp(
  [
    String.raw`--[^\n\r]*`,
    String.raw`\/\*`,
    String.raw`[eE]'(?:[^'\\]|''|\\[^])*'?`,
    "'(?:[^']|'')*'?",
    '"(?:[^"]|"")*"?',
    String.raw`\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$`,
    String.raw`[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*`,
    String.raw`\$(?<name>[A-Za-z_][A-Za-z0-9_]*)`,
    String.raw`\$(?<number>\d+)`,
  ].join('|'),
  'g',
)

/** Numbers the named parameters of a statement, each name once. Everything else stays as it is, and mostly where it is. */
export function numberParameters(sql: string): NumberedSql {
  const names: string[] = []
  let text = ''
  let from = 0
  let hasNumbers = false
  pieces.lastIndex = 0
  for (let match = pieces.exec(sql); match; match = pieces.exec(sql)) {
    const { name, number } = match.groups ?? {}
    if (number !== undefined) {
      hasNumbers = true
      continue
    }
    if (name === undefined) {
      pieces.lastIndex = endOf(sql, match[0], pieces.lastIndex)
      continue
    }
    if (!names.includes(name)) names.push(name)
    text += sql.slice(from, match.index) + `$${names.indexOf(name) + 1}`.padEnd(match[0].length)
    from = pieces.lastIndex
  }
  return { text: text + sql.slice(from), names, ...(hasNumbers ? { hasNumbers } : {}) }
}

/** Comments nest and dollar quotes end at their own tag, which an expression cannot say. */
function endOf(sql: string, piece: string, after: number): number {
  if (piece === '/*') return endOfComment(sql, after)
  if (!piece.startsWith('$')) return after
  const end = sql.indexOf(piece, after)
  return end === -1 ? sql.length : end + piece.length
}

function endOfComment(sql: string, after: number): number {
  const marks = /\/\*|\*\//g
  marks.lastIndex = after
  let depth = 1
  while (depth > 0) {
    const mark = marks.exec(sql)
    if (!mark) return sql.length
    depth += mark[0] === '/*' ? 1 : -1
  }
  return marks.lastIndex
}
