import { cpus, totalmem } from 'node:os'

/** One line that says where figures come from. */
export function machine(): string {
  const model = cpus()[0]?.model.replace(/\s+/g, ' ').trim() ?? 'unknown processor'
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} cores (${model}), ${memory} GiB, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`
}

/** Rows as a Markdown table, as they stand in RESULTS.md. */
export function table(rows: readonly Readonly<Record<string, string>>[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map(row => line(columns.map(name => row[name] ?? ''))),
  ].join('\n')
}
