import { type Operation, operations } from '@super-data/contract'
import { z } from 'zod'
import { inputFields } from './fields.ts'
import { escapeHtml, page } from './html.ts'
import { areaOf, areas } from './openapi.ts'

let made: string | undefined

/** The reference as a page: every operation, from the declarations. Made once. */
export function docsPage(): string {
  made ??= page('Super Data: reference', body(Object.values(operations) as Operation[]))
  return made
}

function body(all: readonly Operation[]): string {
  const names = areas(all)
  return `<h1>Super Data</h1>
<p class="soft">Every operation, at <code>/api/v1</code>. Agents speak MCP at <code>/mcp</code>;
the description for programs is <a href="/openapi.json">openapi.json</a>.</p>
<p>Send <code>Authorization: Bearer &lt;your key&gt;</code>. Errors are problem documents with a <code>code</code> to
switch on and a <code>hint</code> to read. A write with an <code>X-Idempotency-Key</code> may be repeated safely.</p>
<nav>${names.map(name => `<a href="#${name}">${name}</a>`).join('')}</nav>
${names
  .map(name =>
    section(
      name,
      all.filter(operation => areaOf(operation) === name),
    ),
  )
  .join('\n')}`
}

function section(name: string, inArea: readonly Operation[]): string {
  return `<h2 id="${name}">${name}</h2>\n${inArea.map(article).join('\n')}`
}

function article(operation: Operation): string {
  const { name, summary, route, mcp } = operation
  return `<article id="${name}">
<h3><span class="method">${route.method}</span><code>${escapeHtml(route.path)}</code></h3>
<p>${escapeHtml(summary)}</p>
<p class="soft"><code>${name}</code>${mcp ? ` · MCP <code>${mcp.tool}</code> action <code>${mcp.action}</code>` : ''}</p>
${fieldTable(operation)}
<details><summary>Answer</summary><pre>${escapeHtml(schemaText(operation.output))}</pre></details>
</article>`
}

function fieldTable(operation: Operation): string {
  const rows = inputFields(operation).map(({ name, type, required, about, default: given }) => {
    const kind = `${escapeHtml(type)}${required ? '' : ', optional'}`
    const said = escapeHtml(about) + (given === undefined ? '' : ` Default <code>${escapeHtml(given)}</code>.`)
    return `<tr><td><code>${name}</code></td><td>${kind}</td><td>${said}</td></tr>`
  })
  return rows.length === 0 ? '' : `<table><tr><th>field</th><th>type</th><th></th></tr>${rows.join('')}</table>`
}

function schemaText(schema: z.ZodType): string {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' })
  return JSON.stringify(rest, null, 2)
}
