import type { ToolDefinition } from '@super-data/contract'

/**
 * A tool's program over data that was changed back, record by record, to what the tool was written for.
 *
 * @param chain jq programs, each from one record to one.
 * @param isArray whether the data is records, or one value.
 */
export function mendedText(
  { text, mode }: Pick<ToolDefinition, 'text' | 'mode'>,
  chain: readonly string[],
  isArray: boolean,
): string {
  const steps = chain.map(bracketed).join(' | ')
  const before = isArray && mode === 'document' ? `map(${steps})` : steps
  return `${before} | ${bracketed(text)}`
}

/** A comment at the end must not take the bracket with it. */
const bracketed = (program: string) => (program.includes('#') ? `(${program}\n)` : `(${program})`)
