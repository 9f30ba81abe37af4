import type { EngineName } from '@super-data/contract'

/** Words that begin a statement of DuckDB and cannot begin a jq program that means anything. */
const sqlStart = /^(with|from|describe|summarize|show|pivot|unpivot|explain|table)\b(?!\s*[(|,:])/i

/**
 * Which engine a question is for, by how it begins. `select(…)` is jq unless a FROM follows: SQL people put a space or
 * a column after SELECT, and jq has no FROM.
 */
export function guessEngine(text: string): EngineName {
  const begin = withoutComments(text)
  if (/^select\s*\(/i.test(begin)) return /(^|[\s)])from\s/i.test(withoutStrings(begin)) ? 'sql' : 'jq'
  if (/^select\b/i.test(begin)) return 'sql'
  if (/^values\s*\(/i.test(begin)) return 'sql'
  return sqlStart.test(begin) || /^\(\s*(select|with|from)\s/i.test(begin) ? 'sql' : 'jq'
}

/** Whether a query that jq refused was probably meant as SQL. */
export function looksLikeSql(text: string): boolean {
  return /\b(from|into|table|view|where|set)\s+["\w]/i.test(withoutStrings(text))
}

function withoutComments(text: string): string {
  return text.replace(/^(\s+|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)+/, '')
}

function withoutStrings(text: string): string {
  return text.replace(/"(\\.|[^"\\])*"|'[^']*'/g, "''")
}
