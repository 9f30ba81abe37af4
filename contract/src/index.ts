export { type Answer, answer, type Column, column, type JsonValue, json } from './answer.ts'
export {
  type Ask,
  type AskOptions,
  type Client,
  type ClientInput,
  type ClientOptions,
  createClient,
  RemoteError,
  ServerUnreachable,
} from './client.ts'
export type { Dataset, DatasetMigration, Field, ToolCompatibility } from './datasets.ts'
export { type Event, event, offerChanging } from './events.ts'
export type { ImportChange, LibraryDocument } from './exchange.ts'
export type { LibraryFunction, ReviewedFunction } from './functions.ts'
export type { AuditEntry, Key, Project, ProjectRole, Role, User } from './identity.ts'
export type { Suggestion, Usage } from './learning.ts'
export type { Proposal, Tool, ToolDefinition } from './library.ts'
export { toolDefinition } from './library.ts'
export { mcpTools } from './mcp-tools.ts'
export type { Delivery, InboxItem, Webhook } from './notifications.ts'
export type { Access, Effect, McpToolName, Need, Operation, Route } from './operation.ts'
export { type Input, type OperationName, type Operations, type Output, operations } from './operations.ts'
export type { PostgresRows, PostgresSessionState, PostgresWritten } from './postgres.ts'
export type { EngineName, Explanation, Run } from './queries.ts'
export type { Checks, Difference, TestCase, TestResult, ToolState } from './review.ts'
export { schemas } from './schemas.ts'
export type { LibraryBackup, SyncRun, SyncStatus } from './sync.ts'
