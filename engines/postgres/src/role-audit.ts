import type { Catalog } from './catalog.ts'
import type { LoginRole } from './login.ts'

/** Something about a login its operator should know. */
export interface RoleFinding {
  readonly login: LoginRole
  /** `refused`: the source does not open with it unless its policy says so. */
  readonly severity: 'refused' | 'warning'
  /** What it may do, e.g. `SUPERUSER`. */
  readonly power: string
  readonly message: string
}

interface Facts {
  readonly isSuperuser: boolean
  readonly isReplication: boolean
  readonly bypassesRowSecurity: boolean
  readonly createsRoles: boolean
  readonly memberships: readonly string[]
  readonly canDblink: boolean
  readonly canCreateInDatabase: boolean
  readonly writableTables: number
  readonly ownedTables: number
}

const refusedMemberships: Readonly<Record<string, string>> = {
  pg_read_server_files: 'reads any file of the server',
  pg_write_server_files: 'writes files of the server',
  pg_execute_server_program: 'starts programs on the server',
  pg_write_all_data: 'changes every table',
  pg_signal_backend: 'ends the statements of others',
}

/** What a login may do that it should not need. */
export async function auditRole(catalog: Catalog, login: LoginRole): Promise<readonly RoleFinding[]> {
  const [facts] = await catalog.rows<Facts>(factsQuery)
  if (!facts) return []
  const refused = (power: string, what: string) => finding(login, 'refused', power, what)
  const warning = (power: string, what: string) => finding(login, 'warning', power, what)
  const memberships = facts.memberships.flatMap(name => membership(login, name))
  return [
    ...(facts.isSuperuser ? [refused('SUPERUSER', 'may do everything')] : []),
    ...(facts.isReplication ? [refused('REPLICATION', 'reads the whole server through replication')] : []),
    ...(facts.createsRoles ? [refused('CREATEROLE', 'makes roles and gives away rights')] : []),
    ...(facts.bypassesRowSecurity ? [refused('BYPASSRLS', 'sees rows that row security hides')] : []),
    ...(facts.isSuperuser ? [] : memberships),
    ...(facts.canDblink ? [warning('dblink', 'may connect to other servers through the extension dblink')] : []),
    ...(facts.canCreateInDatabase && login !== 'admin' ? [warning('CREATE', 'may create schemas')] : []),
    ...(login === 'reader' && facts.writableTables > 0
      ? [warning('WRITE', `may change ${facts.writableTables} tables`)]
      : []),
    ...(login !== 'admin' && facts.ownedTables > 0 ? [warning('OWNER', `owns ${facts.ownedTables} tables`)] : []),
  ]
}

function membership(login: LoginRole, name: string): RoleFinding[] {
  if (name === 'pg_signal_backend' && login === 'admin') return []
  const what = refusedMemberships[name]
  if (what !== undefined) return [finding(login, 'refused', name, what)]
  return name === 'pg_read_all_data' ? [finding(login, 'warning', name, 'reads every table, pg_authid too')] : []
}

function finding(login: LoginRole, severity: RoleFinding['severity'], power: string, what: string): RoleFinding {
  return { login, severity, power, message: `the ${login} login ${what} (${power})` }
}

const factsQuery = `
  SELECT
    r.rolsuper AS "isSuperuser",
    r.rolreplication AS "isReplication",
    r.rolbypassrls AS "bypassesRowSecurity",
    r.rolcreaterole AS "createsRoles",
    ARRAY(
      SELECT m.rolname FROM pg_catalog.pg_roles m
      WHERE m.rolname ~ '^pg_' AND pg_catalog.pg_has_role(r.oid, m.oid, 'MEMBER')
    )::text[] AS memberships,
    EXISTS (
      SELECT FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_depend d
        ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e'
      JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND e.extname = 'dblink'
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      WHERE p.proname = 'dblink_connect'
        AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
        AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
    ) AS "canDblink",
    pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS "canCreateInDatabase",
    (
      SELECT count(*)::int FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
    ) AS "writableTables",
    (
      SELECT count(*)::int FROM pg_catalog.pg_class c
      WHERE c.relkind IN ('r', 'p') AND c.relowner = r.oid
    ) AS "ownedTables"
  FROM pg_catalog.pg_roles r
  WHERE r.rolname = current_user`
