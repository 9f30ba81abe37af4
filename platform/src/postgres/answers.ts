import type { JsonValue, PostgresRows, PostgresSessionState, PostgresWritten } from '@super-data/contract'
import type { PostgresAnswer, SessionAnswer, SessionState, WriteAnswer } from '@super-data/postgres'

export function toRows(answer: PostgresAnswer): PostgresRows {
  const { command, columns, rows, truncated, cut, elapsedMs } = answer
  return {
    command,
    columns: [...columns],
    rows: rows as JsonValue[][],
    count: rows.length,
    truncated,
    cut: [...cut],
    elapsedMs,
  }
}

export function toWritten(answer: WriteAnswer): PostgresWritten {
  return { ...toRows(answer), affected: answer.affected, committed: !answer.rolledBack }
}

/** What was done in a session is stored only when that is committed. */
export function toSessionWritten(answer: SessionAnswer): PostgresWritten {
  return { ...toSessionRows(answer), affected: answer.affected, committed: false }
}

export function toSessionRows(answer: SessionAnswer): PostgresRows {
  return { ...toRows(answer), session: toSessionState(answer.session) }
}

export function toSessionState(state: SessionState): PostgresSessionState {
  const { id: session, mode, isolation, statements, savepoints, expiresAt, warning } = state
  return {
    ...{ session, state: state.state, mode, isolation, statements, savepoints: [...savepoints], expiresAt },
    ...(warning === undefined ? {} : { warning }),
  }
}

/** Plain facts of the engine, as the JSON they are. */
export function toReport(facts: object): Record<string, JsonValue> {
  return facts as Record<string, JsonValue>
}

export function toReports(facts: readonly object[]): Record<string, JsonValue>[] {
  return facts.map(toReport)
}
