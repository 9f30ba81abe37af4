import { nearest } from '@super-data/base/nearest'
import type { Catalog } from '../catalog.ts'
import { PostgresObjectMissing } from '../schema/errors.ts'
import { jsonRow, jsonRows } from '../schema/json-rows.ts'
import { limitOf, type Page, parseCursor, toPage } from '../schema/page.ts'
import { PostgresSettingRefused } from './errors.ts'

export interface ServerSetting {
  readonly name: string
  /** `null` where `hidden`. */
  readonly value: string | null
  /** What one of the value is: kB, 8kB, ms, s … */
  readonly unit: string | null
  readonly category: string
  readonly about: string
  readonly type: string
  /** Who or what set it: default, configuration file, database, user, session … */
  readonly source: string
  /** When a change counts: user (at once), sighup (after a reload), postmaster (after a restart) … */
  readonly context: string
  readonly default: string | null
  readonly minimum: string | null
  readonly maximum: string | null
  readonly choices: readonly string[] | null
  /** Changed in a file, but the server has not been restarted since. */
  readonly pendingRestart: boolean
  /** Its value names files or commands of the server's machine, or credentials. */
  readonly hidden: boolean
  /** Whether a session may change it for itself. */
  readonly settable: boolean
}

/** @throws PostgresObjectMissing with the nearest name; also for settings the login may not see. */
export async function getSetting(catalog: Catalog, name: string): Promise<ServerSetting> {
  const found = await jsonRow<ServerSetting>(catalog, `${settingsQuery} WHERE pg_catalog.lower(s.name) = $1`, [
    name.toLowerCase(),
  ])
  if (found) return guarded(found)
  const known = await jsonRows<{ name: string }>(catalog, 'SELECT s.name FROM pg_catalog.pg_settings s')
  const near = nearest(
    name,
    known.map(each => each.name),
  )
  throw new PostgresObjectMissing({ what: 'setting', name, near: near === undefined ? [] : [near] })
}

export interface SettingsRequest {
  /** Beginning of a category, whatever the case: `Query Tuning`. */
  readonly category?: string
  /** A text in the name or description. */
  readonly contains?: string
  /** Only what differs from the default. */
  readonly changed?: boolean
  readonly limit?: number
  readonly cursor?: string
}

/** One page of the settings, by name. Default 100, at most 500. @throws PostgresCursorInvalid */
export async function listSettings(catalog: Catalog, request: SettingsRequest = {}): Promise<Page<ServerSetting>> {
  const limit = limitOf(request.limit, { usual: 100, max: 500 })
  const after = request.cursor === undefined ? null : parseCursor(request.cursor).name
  const rows = await jsonRows<ServerSetting>(catalog, listQuery, [
    request.category ?? null,
    request.contains ?? null,
    request.changed ?? false,
    after,
    limit + 1,
  ])
  const page = toPage(
    rows.map(row => ({ ...row, schema: '', id: 0 })),
    limit,
  )
  return { items: page.items.map(({ schema: _, id: __, ...setting }) => guarded(setting)), cursor: page.cursor }
}

const settingsQuery = `
  SELECT s.name, s.setting AS value, s.unit, s.category, s.short_desc AS about, s.vartype AS type, s.source, s.context,
    s.boot_val AS default, s.min_val AS minimum, s.max_val AS maximum, s.enumvals AS choices,
    s.pending_restart AS "pendingRestart"
  FROM pg_catalog.pg_settings s`

const listQuery = `${settingsQuery}
  WHERE ($1::text IS NULL OR pg_catalog.starts_with(pg_catalog.lower(s.category), pg_catalog.lower($1)))
    AND ($2::text IS NULL OR pg_catalog.strpos(pg_catalog.lower(s.name || ' ' || s.short_desc), pg_catalog.lower($2)) > 0)
    AND (NOT $3::bool OR s.setting IS DISTINCT FROM s.boot_val)
    AND ($4::text IS NULL OR s.name COLLATE "C" > $4)
  ORDER BY s.name COLLATE "C" LIMIT $5::int4`

/** Settings whose values say where things lie on the server's machine, how it is reached, or with which secrets. */
const secretive =
  /(_file|_directory|_directories|_dir|_command|_conninfo|_path|_libraries|_hosts|_keyfile)$|^(ssl_passphrase|krb_|ldap|listen_addresses|shared_preload|unix_socket|external_pid)/

function guarded(setting: ServerSetting): ServerSetting {
  const hidden = secretive.test(setting.name) && setting.name !== 'search_path'
  const settable = isSessionSetting(setting.name)
  return hidden ? { ...setting, value: null, default: null, hidden, settable } : { ...setting, hidden, settable }
}

/** Settings a transaction may change for itself: how queries are planned and how values are written. */
const sessionSettings: Readonly<Record<string, RegExp>> = Object.fromEntries([
  ...['work_mem', 'effective_cache_size'].map(name => [name, /^\d{1,9} ?(kB|MB|GB)?$/] as const),
  ...['statement_timeout', 'lock_timeout'].map(name => [name, /^\d{1,9} ?(ms|s|min)?$/] as const),
  ...[
    'seq_page_cost',
    'random_page_cost',
    'cpu_tuple_cost',
    'cpu_index_tuple_cost',
    'cpu_operator_cost',
    'parallel_setup_cost',
    'parallel_tuple_cost',
    'jit_above_cost',
    'cursor_tuple_fraction',
    'hash_mem_multiplier',
  ].map(name => [name, /^\d{1,9}(\.\d{1,9})?$/] as const),
  ...[
    'max_parallel_workers_per_gather',
    'from_collapse_limit',
    'join_collapse_limit',
    'geqo_threshold',
    'extra_float_digits',
  ].map(name => [name, /^-?\d{1,6}$/] as const),
  ...['jit', 'geqo', 'parallel_leader_participation'].map(name => [name, /^(on|off|true|false)$/i] as const),
  ['plan_cache_mode', /^(auto|force_generic_plan|force_custom_plan)$/],
  ['constraint_exclusion', /^(on|off|partition)$/],
  ['bytea_output', /^(hex|escape)$/],
  ['IntervalStyle', /^(postgres|postgres_verbose|sql_standard|iso_8601)$/],
  ['DateStyle', /^[A-Za-z]{2,8}(, ?[A-Za-z]{2,8})?$/],
  ['TimeZone', /^[A-Za-z][A-Za-z0-9_+\-/]{0,62}$/],
])

const byLowerName = new Map(Object.entries(sessionSettings).map(([name, form]) => [name.toLowerCase(), { name, form }]))

/** `enable_seqscan` and its like steer the planner and nothing else. */
const plannerSwitch = /^enable_[a-z_]{3,40}$/

export function isSessionSetting(name: string): boolean {
  return byLowerName.has(name.toLowerCase()) || plannerSwitch.test(name)
}

export interface SessionSetting {
  /** Sets it until the transaction ends. */
  readonly text: string
  readonly params: readonly [name: string, value: string]
}

/** Bytes of memory one sort or hash of a session may ask for. */
const workMemBytesMax = 1024 ** 3

/**
 * The statement that sets a setting for the transaction it runs in. Not on the list are those that decide who one is,
 * how SQL is read, which objects a name means, and what is written to disk.
 *
 * @param limits times are only ever lowered below these.
 * @throws PostgresSettingRefused
 */
export function sessionSetting(
  name: string,
  value: string,
  limits: { readonly statementTimeoutMsMax: number; readonly lockTimeoutMsMax: number },
): SessionSetting {
  const known = byLowerName.get(name.toLowerCase())
  const form = known?.form ?? (plannerSwitch.test(name) ? /^(on|off|true|false)$/i : undefined)
  if (!form) throw new PostgresSettingRefused(name, 'it may not be changed here')
  if (!form.test(value)) throw new PostgresSettingRefused(name, 'it cannot have that value')
  const real = known?.name ?? name
  checkBounds(real, value, limits)
  return { text: 'SELECT pg_catalog.set_config($1, $2, true)', params: [real, value] }
}

function checkBounds(name: string, value: string, limits: Parameters<typeof sessionSetting>[2]): void {
  const max = { statement_timeout: limits.statementTimeoutMsMax, lock_timeout: limits.lockTimeoutMsMax }[name]
  const ms = max === undefined ? undefined : toMs(value)
  if (max !== undefined && ms !== undefined && (ms === 0 || ms > max))
    throw new PostgresSettingRefused(name, `it is at most ${max} ms`)
  if (name === 'work_mem' && toBytes(value) > workMemBytesMax)
    throw new PostgresSettingRefused(name, 'it is at most 1GB')
}

function toMs(value: string): number {
  const unit = { s: 1_000, min: 60_000 }[/[a-z]+$/.exec(value)?.[0] ?? ''] ?? 1
  return Number.parseInt(value, 10) * unit
}

function toBytes(value: string): number {
  const unit = { MB: 1024 ** 2, GB: 1024 ** 3 }[/[A-Za-z]+$/.exec(value)?.[0] ?? ''] ?? 1024
  return Number.parseInt(value, 10) * unit
}
