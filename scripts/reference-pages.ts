import { type Operation, operations } from '@super-data/contract'
import type { z } from 'zod'
import { type FieldText, inputFields, outputFields } from '../apps/server/src/http/fields.ts'
import { areaOf, areas } from '../apps/server/src/http/openapi.ts'
import { serverSettings } from '../apps/server/src/settings.ts'
import { approvalsPage } from './approvals-page.ts'
import { errorsPage } from './errors-page.ts'
import { jqPage } from './jq-page.ts'

/** The pages that are written from the declarations, by their path in the repository. */
export function referencePages(): ReadonlyMap<string, string> {
  const all = Object.values(operations) as Operation[]
  const names = areas(all)
  return new Map([
    ['docs/settings.md', settingsPage()],
    ['docs/errors.md', errorsPage()],
    ['docs/approvals.md', approvalsPage()],
    ['docs/reference/README.md', contentsPage(all)],
    ['docs/reference/jq.md', jqPage()],
    ...names.map(name => [`docs/reference/${name}.md`, areaPage(name, all)] as const),
  ])
}

const written = '<!-- Written by `npm run reference` from the declarations. Changes by hand are lost. -->'

function contentsPage(all: readonly Operation[]): string {
  const sections = areas(all).map(name => {
    const rows = all
      .filter(operation => areaOf(operation) === name)
      .map(({ name: operation, summary }) => `| [${operation}](${name}.md#${anchor(operation)}) | ${summary} |`)
    return `## ${name}\n\n| operation | |\n|---|---|\n${rows.join('\n')}\n`
  })
  return `${written}\n\n# Reference\n\nEvery operation, as HTTP, the command line and MCP offer it; [jq](jq.md), the language and its library.\n\n${sections.join('\n')}`
}

function areaPage(name: string, all: readonly Operation[]): string {
  const sections = all.filter(operation => areaOf(operation) === name).map(operationText)
  return `${written}\n\n# ${name}\n\n${sections.join('\n')}`
}

function operationText(operation: Operation): string {
  return `## ${operation.name}

${operation.summary}

${factTable(operation)}
${fieldTable('Takes', inputFields(operation))}${fieldTable('Answers', outputFields(operation))}`
}

function factTable(operation: Operation): string {
  const { name, route, mcp, positional = [], effect, showsSecret, bodyBytesMax } = operation
  const facts = [
    ['HTTP', `\`${route.method} /api/v1${route.path}\``],
    ['Command line', `\`super-data ${[...name.split('.'), ...positional.map(field => `<${field}>`)].join(' ')}\``],
    ...(mcp ? [['MCP', `tool \`${mcp.tool}\`, action \`${mcp.action}\``]] : []),
    ['Who', whoText(operation)],
    ['Effect', effect],
    ...(bodyBytesMax ? [['Body', `at most ${bodyBytesMax / 2 ** 20} MiB, one over 4 MiB at a time`]] : []),
    ...(showsSecret ? [['Secret', 'shown once: a repeated request is refused instead of replayed']] : []),
  ]
  return `| | |\n|---|---|\n${facts.map(([fact, text]) => `| ${fact} | ${text} |`).join('\n')}\n`
}

function whoText({ access }: Operation): string {
  if (access.target === 'public') return 'anybody'
  if (access.target === 'self') return 'everybody with a key, about themselves'
  if (access.target === 'installation') return `${access.need} on the installation`
  return `${access.need} in the project`
}

function fieldTable(title: string, fields: readonly FieldText[]): string {
  if (fields.length === 0) return ''
  const rows = fields.map(field => {
    const kind = `${cell(field.type)}${field.required ? '' : ', optional'}`
    const given = field.default === undefined ? '' : ` Default \`${cell(field.default)}\`.`
    return `| \`${field.name}\` | ${kind} | ${cell(field.about)}${given} |`
  })
  return `\n${title}:\n\n| field | type | |\n|---|---|---|\n${rows.join('\n')}\n`
}

function settingsPage(): string {
  const rows = Object.values(serverSettings).map(({ env, about, schema }) => {
    return `| \`${env}\` | ${defaultText(schema)} | ${cell(about)} |`
  })
  return `${written}

# Settings

Read once, at the start, from the environment. A variable that starts with \`SUPER_DATA_\` and is not listed here is an
error, and so is a wrong value: all mistakes are told at once.

| variable | default | |
|---|---|---|
${rows.join('\n')}
`
}

function defaultText(schema: z.ZodType): string {
  const parsed = schema.safeParse(undefined)
  const value = parsed.success ? parsed.data : undefined
  if (value === undefined) return ''
  return `\`${Array.isArray(value) ? value.join(',') || '(none)' : cell(String(value))}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function anchor(name: string): string {
  return name.replaceAll('.', '')
}
