import type { EngineName } from '@super-data/contract'
import { Database, migration } from '@super-data/metadata'
import type { StateParts } from './shared-tables.ts'
import { runTable, useTables } from './telemetry-schema.ts'

/** `telemetry.db`: the execution log. Batched, never synced, safe to delete. */
export interface TelemetryTables {
  runs: {
    id: string
    at: number
    project: string
    user_id: string
    user_name: string
    engine: EngineName
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
    /** 1: the answer came from the result cache, or from the same question of somebody else under way. */
    cached: 0 | 1
  }
  /** Outlives the runs it counts. */
  tool_use: { project: string; tool: string; calls: number; first_at: number; last_at: number }
}

const migrations = [migration('0001-runs', runTable), migration('0002-use', useTables)]

/** Opens `telemetry.db`, made when it is missing. The last moments before a power cut may be lost. */
export function openTelemetry(file: string, parts: StateParts): Promise<Database<TelemetryTables>> {
  return Database.open<TelemetryTables>({ ...parts, file, migrations, durability: 'normal' })
}
