/** `telemetry.db`: the execution log. Batched, never synced, safe to delete. */
export interface TelemetryTables {
  runs: {
    id: string
    at: number
    project: string
    user_id: string
    user_name: string
    engine: 'jq' | 'sql'
    source: string | null
    text: string
    mode: 'document' | 'records'
    /** JSON of the parameters' values, for the person who ran it; null when larger than 8 KB. */
    params: string | null
    tool: string | null
    tool_hash: string | null
    outcome: 'ok' | 'failed' | 'cancelled'
    code: string | null
    elapsed_ms: number
    count: number | null
    bytes: number | null
  }
}
