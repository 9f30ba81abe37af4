import type { z } from 'zod'
import { PlatformError } from './errors.ts'
import { issueText } from './issue-text.ts'
import { nearest } from './nearest.ts'

/** One setting: where it comes from, what it does, what it may be. */
export interface Setting<Schema extends z.ZodType = z.ZodType> {
  readonly env: string
  readonly about: string
  readonly schema: Schema
  /** Never printed, never logged. */
  readonly secret?: true
}

export type SettingTable = Readonly<Record<string, Setting>>

export type SettingValues<Table extends SettingTable> = {
  readonly [Name in keyof Table]: z.output<Table[Name]['schema']>
}

/** Some settings are wrong: every mistake is listed, none of the values is. */
export class SettingsInvalid extends PlatformError {
  readonly code = 'SETTINGS_INVALID'
  readonly kind = 'invalid'
  readonly mistakes: readonly string[]
  constructor(mistakes: readonly string[]) {
    super(
      `${mistakes.length === 1 ? 'a setting is' : `${mistakes.length} settings are`} wrong:\n${mistakes.map(line => `  ${line}`).join('\n')}`,
      {
        hint: '`super-data config --help` lists every setting.',
        details: { mistakes },
      },
    )
    this.mistakes = mistakes
  }
}

/**
 * Reads a table of settings from an environment.
 *
 * @param prefix every variable that starts with it must be in the table, so that a typo is an error.
 * @throws SettingsInvalid naming every wrong and every unknown variable at once.
 */
export function readSettings<Table extends SettingTable>(
  table: Table,
  environment: Readonly<Record<string, string | undefined>>,
  prefix: string,
): SettingValues<Table> {
  const mistakes: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(table)) {
    const text = environment[setting.env]
    const parsed = setting.schema.safeParse(text === '' ? undefined : text, { error: issueText })
    if (parsed.success) values[name] = parsed.data
    else mistakes.push(`${setting.env}: ${parsed.error.issues.map(issue => issue.message).join('; ')}`)
  }
  mistakes.push(...unknownVariables(table, environment, prefix))
  if (mistakes.length > 0) throw new SettingsInvalid(mistakes)
  return values as SettingValues<Table>
}

function unknownVariables(
  table: SettingTable,
  environment: Readonly<Record<string, string | undefined>>,
  prefix: string,
): string[] {
  const known = Object.values(table).map(setting => setting.env)
  return Object.keys(environment)
    .filter(name => name.startsWith(prefix) && !known.includes(name))
    .map(name => `${name}: no such setting${suggest(name, known)}`)
}

function suggest(name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  return near === undefined ? '' : `; did you mean ${near}?`
}
