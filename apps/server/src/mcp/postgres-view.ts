import type { OperationName, Output } from '@super-data/contract'
import type { McpScope } from './registry.ts'

/** The operations that resources, prompts and completions look through. */
export type PostgresLook = Extract<
  OperationName,
  'postgres.describe' | 'postgres.search' | 'postgres.list' | 'postgres.health' | 'postgres.activity'
>

/** PostgreSQL as one caller sees it: names without asking any database, the rest by the one door with its rights. */
export interface PostgresView {
  /** Names of the sources that may be used, in the order in which they were written down. */
  sources(scope: McpScope): Promise<readonly string[]>
  /** @throws PlatformError */
  look<Name extends PostgresLook>(
    scope: McpScope,
    name: Name,
    input: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<Output<Name>>
}
