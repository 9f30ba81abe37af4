/** Functions that make tables out of nothing but their arguments. Every other table function is refused. */
export const tableFunctions: ReadonlySet<string> = new Set([
  'generate_series',
  'icu_calendar_names',
  'json_each',
  'json_tree',
  'pg_timezone_names',
  'range',
  'repeat',
  'repeat_row',
  'unnest',
])

/** Functions of the `pg_` family that tell nothing about the machine or the catalog. */
const harmlessCatalogFunctions: ReadonlySet<string> = new Set(['pg_typeof', 'pg_size_pretty', 'pg_sleep'])

/** Functions that reach settings, the environment, files, the catalog's SQL or other statements. */
const refusedFunctions: readonly RegExp[] = [
  /^(current_setting|set_config|getenv|getvariable|nextval|currval|write_log|which_secret|get_block_size)$/,
  /^(query|query_table|sniff_csv|glob|summary|seq_scan|col_description|obj_description|shobj_description)$/,
  /^(read|duckdb|pragma|parquet|arrow|enable|disable|truncate|checkpoint|force|sql_auto|__internal)_?/,
  /^json_(execute|serialize_plan|serialize_sql|deserialize_sql)/,
  /^inet_/,
  /^pg_/,
]

/** Whether a scalar, aggregate or macro may be called. DuckDB itself answers for names that do not exist. */
export function isAllowedFunction(name: string): boolean {
  return harmlessCatalogFunctions.has(name) || !refusedFunctions.some(pattern => pattern.test(name))
}
