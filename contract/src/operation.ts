import type { z } from 'zod'

/** What a caller must be allowed to do with the target. */
export type Need = 'read' | 'write' | 'admin'

/** Whom an operation lets in. `project` is the one in the input's `project` field. */
export type Access =
  | { readonly target: 'public' } // anybody: the input itself is the proof
  | { readonly target: 'self' } // any known principal, about itself
  | { readonly target: 'installation'; readonly need: Need }
  | { readonly target: 'project'; readonly need: Need }

/** What happens to the world. Writes are audited and may carry an idempotency key. */
export type Effect = 'read' | 'write' | 'destructive'

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/api/v1`. `{name}` is the input field of that name; the other fields are the query (GET, DELETE) or the body. */
  readonly path: string
}

/** One thing that can be asked. Every door is derived from it. */
export interface Operation<
  Name extends string = string,
  Input extends z.ZodObject = z.ZodObject,
  Output extends z.ZodType = z.ZodType,
> {
  /** `area.verb`: HTTP operationId, `client.area.verb()`, `super-data area verb`. */
  readonly name: Name
  /** One sentence, imperative, with a full stop. */
  readonly summary: string
  readonly route: Route
  /** Absent: agents are not offered it. Several operations share one tool as its actions. */
  readonly mcp?: { readonly tool: McpToolName; readonly action: string }
  /** Input fields that the command line takes by position, in order. */
  readonly positional?: readonly string[]
  readonly access: Access
  readonly effect: Effect
  /** The output shows a secret this once: it is never stored, so a repeated request is refused instead of replayed. */
  readonly showsSecret?: true
  /** The largest body it takes, where that is more than the others take. Over HTTP, one at a time. */
  readonly bodyBytesMax?: number
  /** Of a field whose description is long, `.meta({ brief })` is what agents read instead: they pay for every word. */
  readonly input: Input
  readonly output: Output
}

/** The built-in tools agents see; each has a description in `mcp-tools.ts`. */
export type McpToolName = 'datasets' | 'queries' | 'library' | PostgresToolName

/** Listed only where there is a PostgreSQL source, and always in the group `postgres`. */
export type PostgresToolName = 'pg_query' | 'pg_tx' | 'pg_schema' | 'pg_admin' | 'pg_monitor'

export function operation<Name extends string, Input extends z.ZodObject, Output extends z.ZodType>(
  declaration: Operation<Name, Input, Output>,
): Operation<Name, Input, Output> {
  return declaration
}

export type InputOf<O extends Operation> = z.output<O['input']>
export type OutputOf<O extends Operation> = z.output<O['output']>
