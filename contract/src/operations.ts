import * as datasets from './datasets.ts'
import * as exchange from './exchange.ts'
import * as identity from './identity.ts'
import * as learning from './learning.ts'
import * as library from './library.ts'
import * as notifications from './notifications.ts'
import type { InputOf, OutputOf } from './operation.ts'
import * as queries from './queries.ts'
import * as sync from './sync.ts'

/** Everything that can be asked, by name. The order is the order of the reference. */
export const operations = {
  'identity.whoami': identity.whoami,
  'users.list': identity.listUsers,
  'users.invite': identity.inviteUser,
  'users.redeem': identity.redeemInvitation,
  'users.update': identity.updateUser,
  'keys.list': identity.listKeys,
  'keys.create': identity.createKey,
  'keys.revoke': identity.revokeKey,
  'keys.rotate': identity.rotateKey,
  'projects.list': identity.listProjects,
  'projects.create': identity.createProject,
  'members.list': identity.listMembers,
  'members.set': identity.setMember,
  'members.remove': identity.removeMember,
  'audit.list': identity.listAudit,
  'datasets.list': datasets.listDatasets,
  'datasets.describe': datasets.describeDataset,
  'datasets.refresh': datasets.refreshDatasets,
  'datasets.schemas': datasets.listDatasetSchemas,
  'datasets.introspect': datasets.introspectDataset,
  'datasets.migrations': datasets.listDatasetMigrations,
  'datasets.migrate': datasets.migrateDataset,
  'queries.ask': queries.askQuery,
  'queries.explain': queries.explainQuery,
  'queries.read': queries.readResult,
  'queries.runs': queries.listRuns,
  'queries.run': queries.getRun,
  'functions.list': library.listFunctions,
  'functions.get': library.getFunction,
  'functions.create': library.createFunction,
  'functions.disable': library.disableFunction,
  'tools.list': library.listTools,
  'tools.get': library.getTool,
  'tools.create': library.createTool,
  'tools.update': library.updateTool,
  'tools.submit': library.submitTool,
  'tools.vote': library.voteOnTool,
  'tools.disable': library.disableTool,
  'tools.explain': library.explainTool,
  'tools.run': library.runTool,
  'tools.stats': learning.toolStats,
  'learning.suggestions': learning.listSuggestions,
  'learning.accept': learning.acceptSuggestion,
  'learning.dismiss': learning.dismissSuggestion,
  'library.export': exchange.exportLibrary,
  'library.import': exchange.importLibrary,
  'inbox.list': notifications.listInbox,
  'inbox.seen': notifications.markInbox,
  'webhooks.list': notifications.listWebhooks,
  'webhooks.create': notifications.createWebhook,
  'webhooks.delete': notifications.deleteWebhook,
  'webhooks.deliveries': notifications.listDeliveries,
  'webhooks.redeliver': notifications.redeliver,
  'sync.status': sync.getSyncStatus,
  'sync.now': sync.syncNow,
  'sync.history': sync.listSyncRuns,
  'sync.backups': sync.listBackups,
} as const

export type Operations = typeof operations
export type OperationName = keyof Operations
export type Input<Name extends OperationName> = InputOf<Operations[Name]>
export type Output<Name extends OperationName> = OutputOf<Operations[Name]>
