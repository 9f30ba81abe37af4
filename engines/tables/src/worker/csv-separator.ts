/** What may stand between fields. */
const separators = [',', ';', '\t', '|']

/** Separates nothing: no text holds it. */
export const none = '\u001f'

/**
 * What separates the fields of a CSV file: the most frequent candidate in its header outside quotes, the earlier one
 * when two are even, and nothing in a file of one column.
 *
 * @param head the first lines.
 */
export function separatorOf(head: string): string {
  const counts = separators.map(() => 0)
  for (const [plain] of header(head).matchAll(/[,;\t|]/g)) counts[separators.indexOf(plain)]!++
  const most = Math.max(...counts)
  return most === 0 ? none : separators[counts.indexOf(most)]!
}

/** The first line that is not blank, without what stands in quotes. */
function header(head: string): string {
  const unquoted = head.replace(/"[^"]*(?:"|$)/g, '')
  return /[^\r\n]+/.exec(unquoted)?.[0] ?? ''
}
