import type { McpToolName } from './operation.ts'

/** What agents read about each built-in tool. Every word is paid for on every request: keep them few. */
export const mcpTools: Readonly<Record<McpToolName, string>> = {
  datasets: 'Find data: list datasets, describe one (structure, sample).',
  queries: 'Ask data questions in jq or SQL (DuckDB). Describe the dataset first. Bind values as $name in params.',
  library:
    'The team’s saved, reviewed queries (tools) and jq functions. Save a good query from its runId with create, then submit.',
}
