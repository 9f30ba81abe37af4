import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { transitionsChart } from '../platform/src/library/transitions-chart.ts'

const page = fileURLToPath(new URL('../docs/approvals.md', import.meta.url))
const chart = /(<!-- chart[^>]*-->\n)[\s\S]*?(<!-- \/chart -->)/

/** The page about approvals with the chart of what the code allows. */
export function approvalsPage(): string {
  const mermaid = `\n\`\`\`mermaid\n${transitionsChart()}\n\`\`\`\n\n`
  return readFileSync(page, 'utf8').replace(chart, (_, start: string, end: string) => `${start}${mermaid}${end}`)
}
