import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ErrorKind } from '@super-data/base/errors'
import { exitCodes } from '../apps/cli/src/exit-code.ts'
import { statusOfKind } from '../apps/server/src/http/problem.ts'

/** One error class, as its source declares it. */
export interface DeclaredError {
  readonly code: string
  readonly kind: ErrorKind | 'varies'
  /** Whether the same request may work later by itself. */
  readonly retryable: boolean
  /** The class's own sentence. */
  readonly about: string
}

const root = fileURLToPath(new URL('..', import.meta.url))
const layers = ['base', 'contract', 'platform', 'engines', 'stores', 'apps']

const reactions: Readonly<Record<ErrorKind, string>> = {
  invalid: 'Fix the request.',
  unauthenticated: 'Present a credential.',
  denied: 'Ask for access.',
  missing: 'The thing is not there, or not yours to see.',
  conflict: 'Read again, then ask anew.',
  limited: 'Ask for less, or later.',
  unavailable: 'Retry with backoff.',
  cancelled: 'Nothing: the caller gave up.',
  internal: 'Report a bug, with the request id.',
}

/** Every error of the product, found by its `readonly code`. */
export function declaredErrors(): DeclaredError[] {
  return layers.flatMap(layer => sourcesOf(layer).flatMap(errorsIn)).sort((a, b) => (a.code < b.code ? -1 : 1))
}

/** `docs/errors.md`. */
export function errorsPage(): string {
  const errors = declaredErrors()
  const kinds = Object.keys(reactions) as ErrorKind[]
  const overview = kinds.map(kind =>
    row(`\`${kind}\``, reactions[kind], String(statusOfKind[kind]), String(exitCodes[kind])),
  )
  const sections = [...kinds, 'varies' as const].map(kind => section(kind, errors))
  return `# Errors

Every error has a stable \`code\`, a \`kind\` that says what to do next, a message and, mostly, a hint. HTTP answers with a
problem document, MCP with an \`isError\` result, the command line on stderr; the facts are the same. \`retryable\` is true
where the very same request may work later by itself; where it is false, something has to be changed first. Made from the
error classes by \`npm run reference\`.

${row('kind', 'what to do', 'HTTP', 'exit code')}
${row('---', '---', '---', '---')}
${overview.join('\n')}

${sections.filter(text => text !== '').join('\n\n')}
`
}

function section(kind: DeclaredError['kind'], errors: readonly DeclaredError[]): string {
  const own = errors.filter(error => error.kind === kind)
  if (own.length === 0) return ''
  const passes = own.some(error => error.retryable)
  const heads = passes ? ['code', 'when', 'retryable'] : ['code', 'when']
  const rows = own.map(({ code, about, retryable }) =>
    row(`\`${code}\``, about, ...(passes ? [retryable ? 'yes' : 'no'] : [])),
  )
  return [`## ${kind}`, '', row(...heads), row(...heads.map(() => '---')), ...rows].join('\n')
}

const row = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`

function sourcesOf(layer: string): string[] {
  return readdirSync(join(root, layer), { recursive: true, encoding: 'utf8' })
    .filter(name => /(^|\/)src\/.*\.ts$/.test(name) && !/(^|\/)(node_modules|dist)\//.test(name))
    .map(name => readFileSync(join(root, layer, name), 'utf8'))
}

function errorsIn(text: string): DeclaredError[] {
  return [...text.matchAll(/readonly code = '([A-Z_0-9]+)'/g)].map(({ 1: code = '', index }) => {
    const body = text.slice(index).split('\nexport class')[0] ?? ''
    const kind = (/readonly kind(?:: ErrorKind)? = '(\w+)'/.exec(body)?.[1] as ErrorKind | undefined) ?? 'varies'
    const said = /readonly retryable = (true|false)/.exec(body)?.[1]
    const retryable = said === undefined ? kind === 'unavailable' : said === 'true'
    return { code, kind, retryable, about: aboutClass(text.slice(0, index)) }
  })
}

/** The comment before the class that the text ends in: its first paragraph, without tags. */
function aboutClass(before: string): string {
  const comment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:export )?class (?:(?!class )[\s\S])*$/.exec(before)?.[1] ?? ''
  const lines = comment.split('\n').map(line => line.replace(/^\s*\*? ?/, '').trim())
  const paragraph =
    lines
      .join('\n')
      .trim()
      .split(/\n\s*\n|\n?@/)[0] ?? ''
  return paragraph.replaceAll('\n', ' ').replaceAll('|', '\\|')
}
