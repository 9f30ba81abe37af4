import { lint } from '../tools/lint.ts'

/** What the linter says, one issue a line, and whether the program could run. */
export function lintText(program: string, variables: readonly string[]): { text: string; canRun: boolean } {
  const issues = lint(program, { variables })
  const lines = issues.map(({ rule, message, severity, position, suggestion }) => {
    const text = message.replace(/ at line \d+, column \d+$/, '')
    const more = suggestion === undefined || text.includes(suggestion) ? '' : ` (${suggestion})`
    return `${position.line}:${position.column}: ${severity}: ${text}${more} [${rule}]\n`
  })
  return { text: lines.join(''), canRun: issues.every(({ severity }) => severity !== 'error') }
}
