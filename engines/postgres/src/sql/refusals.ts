/** How a refused construct is called, and what to do instead. */
export interface Refusal {
  readonly construct: string
  readonly remedy: string
}

const byDefinition = 'Objects are defined by the schema operations of this source.'
const bySession = 'Transactions are held by sessions: begin one, and work in it.'
const byAdmin = 'Maintenance has operations of its own.'
const byOperator = 'That is for the operator of the database.'
const asStatement = 'Send the statement itself, with parameters.'
const byCopy = 'Bulk data goes through export and import.'

/** Statements that run neither as a read nor as a write, by their type in the tree. */
const refusals: Readonly<Record<string, readonly [construct: string, remedy: string]>> = {
  AlterSystemStmt: ['ALTER SYSTEM', byOperator],
  CallStmt: ['CALL', 'Procedures may end transactions, so they are not called here.'],
  CheckPointStmt: ['CHECKPOINT', byOperator],
  ClosePortalStmt: ['CLOSE', asStatement],
  ClusterStmt: ['CLUSTER', byAdmin],
  CopyStmt: ['COPY', byCopy],
  CreateTableAsStmt: ['CREATE TABLE AS', byDefinition],
  DeallocateStmt: ['DEALLOCATE', asStatement],
  DeclareCursorStmt: ['DECLARE CURSOR', 'Ask for more rows, or export the whole answer.'],
  DiscardStmt: ['DISCARD', 'Nothing needs to be discarded: every call starts clean.'],
  DoStmt: ['DO', 'Code blocks may do anything, so they are not run here.'],
  ExecuteStmt: ['EXECUTE', asStatement],
  FetchStmt: ['FETCH', 'Ask for more rows, or export the whole answer.'],
  GrantRoleStmt: ['GRANT', byOperator],
  GrantStmt: ['GRANT or REVOKE', byOperator],
  ListenStmt: ['LISTEN', 'Nobody would hear the notifications.'],
  LoadStmt: ['LOAD', byOperator],
  LockStmt: ['LOCK', bySession],
  NotifyStmt: ['NOTIFY', 'Messages are not sent from here.'],
  PrepareStmt: ['PREPARE', asStatement],
  RefreshMatViewStmt: ['REFRESH MATERIALIZED VIEW', byAdmin],
  ReindexStmt: ['REINDEX', byAdmin],
  TransactionStmt: ['transaction control', bySession],
  TruncateStmt: ['TRUNCATE', 'DELETE takes rows away in a way that can be counted and rolled back.'],
  UnlistenStmt: ['UNLISTEN', 'Nothing is listened to.'],
  VacuumStmt: ['VACUUM or ANALYZE', byAdmin],
  VariableSetStmt: ['SET or RESET', 'Settings stay as they are; times are limited by the call.'],
  VariableShowStmt: ['SHOW', 'Send it as a statement of its own.'],
  ExplainStmt: ['EXPLAIN', 'Send it as a statement of its own, to be read.'],
}

const transactionWords: Readonly<Record<string, string>> = {
  TRANS_STMT_BEGIN: 'BEGIN',
  TRANS_STMT_START: 'START TRANSACTION',
  TRANS_STMT_COMMIT: 'COMMIT',
  TRANS_STMT_ROLLBACK: 'ROLLBACK',
  TRANS_STMT_SAVEPOINT: 'SAVEPOINT',
  TRANS_STMT_RELEASE: 'RELEASE',
  TRANS_STMT_ROLLBACK_TO: 'ROLLBACK TO',
  TRANS_STMT_PREPARE: 'PREPARE TRANSACTION',
  TRANS_STMT_COMMIT_PREPARED: 'COMMIT PREPARED',
  TRANS_STMT_ROLLBACK_PREPARED: 'ROLLBACK PREPARED',
}

/** @param node the fields of the statement, where its words depend on them. */
export function refusalOf(type: string, node?: { readonly [key: string]: unknown }): Refusal {
  const known = refusals[type]
  if (!known) return { construct: wordsOf(type), remedy: byDefinition }
  const word = type === 'TransactionStmt' ? transactionWords[String(node?.['kind'])] : undefined
  return { construct: word ?? known[0], remedy: known[1] }
}

/** `AlterTableStmt` is ALTER TABLE; `CreateStmt` makes a table. */
function wordsOf(type: string): string {
  if (type === 'CreateStmt') return 'CREATE TABLE'
  if (type === 'IndexStmt') return 'CREATE INDEX'
  if (type === 'ViewStmt') return 'CREATE VIEW'
  return type
    .replace(/Stmt$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase()
}
