import type { z } from 'zod'
import { answer, column } from './answer.ts'
import { dataset, field } from './datasets.ts'
import { event } from './events.ts'
import { libraryFunction } from './functions.ts'
import { auditEntry, clientSettings, key, keyWithSecret, member, project, user } from './identity.ts'
import { tool, toolDefinition, toolSummary } from './library.ts'
import { explanation, run } from './queries.ts'
import { libraryBackup, syncRun, syncStatus } from './sync.ts'

/** The things operations answer with, by the names readers of the API know them by. */
export const schemas = {
  Answer: answer,
  AuditEntry: auditEntry,
  ClientSettings: clientSettings,
  Column: column,
  Dataset: dataset,
  Event: event,
  Explanation: explanation,
  Field: field,
  Function: libraryFunction,
  Key: key,
  KeyWithSecret: keyWithSecret,
  LibraryBackup: libraryBackup,
  Member: member,
  Project: project,
  Run: run,
  SyncRun: syncRun,
  SyncStatus: syncStatus,
  Tool: tool,
  ToolDefinition: toolDefinition,
  ToolSummary: toolSummary,
  User: user,
} as const satisfies Record<string, z.ZodType>
