import type { Scene } from './scene.ts'

/** Everything in the database of `shop` that an attack could have changed, seen from outside. */
export async function seeWorld(scene: Scene): Promise<unknown> {
  const [world] = await scene.ask(`
    SELECT
      (SELECT json_agg(a ORDER BY id) FROM acct a) AS accounts,
      (SELECT count(*) FROM entry) AS entries,
      (SELECT count(*) FROM big) AS big,
      (SELECT last_value || ' ' || is_called FROM s) AS sequence,
      (SELECT count(*) FROM pg_class WHERE oid >= 16384) AS relations,
      (SELECT count(*) FROM pg_proc WHERE oid >= 16384) AS functions,
      (SELECT json_agg(nspname ORDER BY 1) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp') AS schemas,
      (SELECT json_agg(r.* ORDER BY r.rolname) FROM pg_roles r) AS roles,
      (SELECT relacl::text FROM pg_class WHERE oid = 'acct'::regclass) AS grants,
      (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS advisory,
      (SELECT count(*) FROM pg_replication_slots) AS slots,
      (SELECT count(*) FROM pg_largeobject_metadata) AS objects,
      (SELECT count(*) FROM pg_prepared_xacts) AS prepared,
      (SELECT count(*) FROM pg_file_settings WHERE sourcefile ~ 'auto') AS altered,
      (SELECT count(*) FROM pg_listening_channels()) AS listening`)
  return world
}
