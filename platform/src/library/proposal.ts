import { PlatformError } from '@super-data/base/errors'
import type { Checks, ToolDefinition } from '@super-data/contract'
import type { FunctionResolver } from '../queries/engine.ts'
import type { FunctionRow } from './function-rows.ts'
import type { LibraryParts } from './library-parts.ts'
import { pinsOf, readVersionTexts } from './pinned-functions.ts'
import type { Reader } from './reader.ts'
import type { SubmissionChecks } from './submission-checks.ts'
import type { TestRun } from './test-runner.ts'
import type { CheckedDefinition } from './tool-checker.ts'
import { waitingTools } from './waiting-proposals.ts'

/** What a tool that is put before the team is held against. */
export type ToolContext = Parameters<SubmissionChecks['ofTool']>[2]

/** Everything approved, and what other people have put before the team. */
export async function readToolContext(
  { catalogue, library, clock }: Pick<LibraryParts, 'catalogue' | 'library' | 'clock'>,
  projectId: string,
  run: TestRun & { readonly allowSimilar: boolean },
): Promise<ToolContext> {
  const answering = await catalogue.all({ id: projectId, name: run.project })
  const approved = [...answering].map(([name, { definition }]) => ({ name, definition }))
  const waiting = await waitingTools(library.read, { projectId, userId: run.principal.userId }, clock.now())
  return { ...run, approved, waiting: waiting.flatMap(parsed) }
}

/** A row that was edited behind our back compares with nothing. */
function parsed<Row extends { definition: string }>(row: Row): (Omit<Row, 'definition'> & Parsed)[] {
  try {
    return [{ ...row, definition: JSON.parse(row.definition) as ToolDefinition }]
  } catch {
    return []
  }
}

interface Parsed {
  readonly definition: ToolDefinition
}

/** A definition that may be put before the team, with what was found out about it. */
export interface ProvenTool {
  readonly checked: CheckedDefinition
  /** Null when its database was away, and that was allowed. */
  readonly checks: Checks | null
}

/** Proves that a definition can stand, before anything is written. @throws what `ToolChecker` and `SubmissionChecks` throw */
export async function proveTool(
  { checker, checks }: Pick<LibraryParts, 'checker' | 'checks'>,
  proposed: {
    readonly project: { readonly id: string; readonly name: string }
    readonly name: string
    readonly definition: ToolDefinition
    readonly functions: FunctionResolver
    /** Somebody answers for it who may. */
    readonly awayAllowed?: boolean
  },
  context: ToolContext,
): Promise<ProvenTool> {
  const { project, name, definition, functions, awayAllowed = false } = proposed
  const options = { functions, signal: context.signal, sourcesMustExist: !awayAllowed }
  const checked = await checker.check(project, definition, options)
  const found = checks.ofTool(name, { ...checked, hash: '' }, context)
  return { checked, checks: await (awayAllowed ? found.catch(nullWhenAway) : found) }
}

function nullWhenAway(failure: unknown): null {
  if (failure instanceof PlatformError && failure.kind === 'unavailable') return null
  throw failure
}

/** What reviewers are told of a function. @throws ToolTooComplex */
export async function proveFunction(
  { checks }: Pick<LibraryParts, 'checks'>,
  reader: Reader,
  row: FunctionRow,
): Promise<Checks> {
  const pins = pinsOf(row)
  const texts = await readVersionTexts(reader, pins)
  return checks.ofFunction(row, pins.map(pin => texts(pin.id, pin.hash)?.definition ?? '').filter(Boolean))
}
