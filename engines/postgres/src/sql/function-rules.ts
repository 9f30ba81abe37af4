/**
 * Volatile functions of PostgreSQL itself that change nothing and tell nothing about the machine. Every other volatile
 * function is refused.
 */
export const harmlessVolatile: ReadonlySet<string> = new Set([
  'array_sample',
  'array_shuffle',
  'clock_timestamp',
  'current_query',
  'currval',
  'gen_random_uuid',
  'inet_server_port',
  'lastval',
  'pg_blocking_pids',
  'pg_database_size',
  'pg_indexes_size',
  'pg_is_in_recovery',
  'pg_isolation_test_session_is_blocked',
  'pg_last_wal_receive_lsn',
  'pg_last_wal_replay_lsn',
  'pg_last_xact_replay_timestamp',
  'pg_current_wal_insert_lsn',
  'pg_current_wal_lsn',
  'pg_lock_status',
  'pg_notification_queue_usage',
  'pg_partition_ancestors',
  'pg_partition_tree',
  'pg_relation_size',
  'pg_safe_snapshot_blocking_pids',
  'pg_sequence_last_value',
  'pg_table_size',
  'pg_tablespace_size',
  'pg_total_relation_size',
  'random',
  'random_normal',
  'timeofday',
  'uuidv4',
  'uuidv7',
])

/** What a write may call besides: values for its rows. */
export const harmlessInWrites: ReadonlySet<string> = new Set(['nextval'])

/** Volatile functions of well-known extensions that only make values. */
export const harmlessOfExtensions: Readonly<Record<string, RegExp>> = {
  'uuid-ossp': /^uuid_generate_v[14](mc)?$/,
  pgcrypto: /^gen_(random_bytes|random_uuid|salt)$/,
  tablefunc: /^normal_rand$/,
}

/** Extensions that reach other servers, files, programs or jobs. */
export const refusedExtensions: ReadonlySet<string> = new Set([
  'adminpack',
  'aws_commons',
  'aws_lambda',
  'aws_s3',
  'azure_storage',
  'dblink',
  'file_fdw',
  'http',
  'lo',
  'pageinspect',
  'pg_background',
  'pg_cron',
  'pg_net',
  'pg_surgery',
  'pgtap',
  'plsh',
  'postgres_fdw',
])

/** Functions refused by name in any schema, whatever they are declared as, and why. */
export const refusedFunctions: readonly (readonly [RegExp, string])[] = [
  [/^(query|table|schema|database|cursor)_to_xml/, 'runs or reads what a text says'],
  [/^(ts_stat|ts_rewrite|crosstab\w*|connectby|xpath_table)$/, 'runs SQL given as text'],
  [/^dblink/, 'connects to other servers'],
  [/^(lo_|loread$|lowrite$)/, 'works on large objects'],
  [/^pg_(read|ls|stat)_(binary_)?(file|dir|logdir|waldir|archive|tmpdir|summaries|replslotdir)/, 'reads files'],
  [/^pg_ls_/, 'reads folders'],
  [/^pg_file_/, 'writes files'],
  [/^(set_config|pg_reload_conf|pg_rotate_logfile)$/, 'changes settings'],
  [
    /^(pg_config|pg_show_all_settings|pg_show_all_file_settings|pg_hba_file_rules|pg_ident_file_mappings)$/,
    'tells about the machine',
  ],
  [/^pg_(current_logfile|tablespace_location|relation_filepath)$/, 'tells about the machine'],
  [/^inet_server_addr$/, 'tells about the machine'],
  [/^pg_sleep/, 'waits'],
  [/^pg_(try_)?advisory_/, 'takes locks that outlive the statement'],
  [/^pg_(terminate|cancel)_backend$/, 'stops others'],
  [/^pg_(notify|logical_emit_message)$/, 'sends messages'],
  [/^(pg_export_snapshot|txid_current|pg_current_xact_id)$/, 'takes a transaction id or snapshot'],
  [/^pg_(create|drop|copy|replication|logical|sync)_\w*(slot|origin|restore_point)/, 'works on replication'],
]

/** Catalogues that hold secrets, or what only an operator should see. */
export const secretTables: ReadonlySet<string> = new Set([
  '_pg_user_mappings',
  'pg_authid',
  'pg_config',
  'pg_db_role_setting',
  'pg_file_settings',
  'pg_hba_file_rules',
  'pg_ident_file_mappings',
  'pg_largeobject',
  'pg_largeobject_metadata',
  'pg_shadow',
  'pg_statistic',
  'pg_statistic_ext_data',
  'pg_subscription',
  'pg_user_mapping',
  'pg_user_mappings',
  'user_mapping_options',
])

/** Settings that may be shown: no files, commands, connections, keys, none an application made up, and not all at once. */
export function isOpenSetting(name: string): boolean {
  return !/^all$|[.]|conninfo|passw|passphrase|secret|_file|file_|director|_command|librar|ssl_|krb_|socket|listen/i.test(
    name,
  )
}
