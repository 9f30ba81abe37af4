import { parse } from '@super-data/jq'
import { compileJqTemplate } from '../queries/templates/jq-template.ts'

/**
 * The same program for records mode, where one record is held at a time: of `.[] | f` what follows.
 *
 * @returns undefined for a program of another form, which may need the whole.
 */
export function recordForm(written: string): string | undefined {
  const { text } = compileJqTemplate(written)
  const { body, imports } = parse(text)
  if (body?.kind !== 'pipe' || imports.length > 0) return undefined
  const { left, right } = body
  const isAllRecords = left.kind === 'iterate' && left.target.kind === 'identity' && !left.optional
  return isAllRecords ? text.slice(0, body.start) + text.slice(right.start) : undefined
}
