import { quoteIdentifier } from './sql/identifier.ts'

export interface RolesSetup {
  readonly reader: string
  readonly writer?: string
  /** Schemas whose tables may be read, and written. */
  readonly schemas: readonly string[]
  /** Whose future tables are included: the role that creates them. */
  readonly owner?: string
}

/**
 * SQL for the owner of a database: roles that may do what a source needs, and no more. Passwords are set apart, with
 * `\password`, so that none stands in a file.
 *
 * @throws PostgresNameInvalid
 */
export function setupRolesSql({ reader, writer, schemas, owner }: RolesSetup): string {
  const roles = [reader, ...(writer === undefined ? [] : [writer])].map(quoteIdentifier)
  const all = roles.join(', ')
  const lines = [
    '-- Run as the owner of the database. Then give each role a password: \\password role',
    ...roles.map(role => `CREATE ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;`),
    ...roles.map(role => `ALTER ROLE ${role} SET search_path = ${schemas.map(quoteIdentifier).join(', ')};`),
    `ALTER ROLE ${quoteIdentifier(reader)} SET default_transaction_read_only = on;`,
    '-- Temporary tables are not needed, and nobody should make them by default.',
    `DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;`,
    ...schemas.flatMap(schema => schemaLines({ schema, all, writer, owner })),
  ]
  return `${lines.join('\n')}\n`
}

function schemaLines(part: {
  readonly schema: string
  readonly all: string
  readonly writer: string | undefined
  readonly owner: string | undefined
}): string[] {
  const schema = quoteIdentifier(part.schema)
  const future = `ALTER DEFAULT PRIVILEGES${part.owner === undefined ? '' : ` FOR ROLE ${quoteIdentifier(part.owner)}`} IN SCHEMA ${schema}`
  const reading = [
    `REVOKE CREATE ON SCHEMA ${schema} FROM PUBLIC;`,
    `GRANT USAGE ON SCHEMA ${schema} TO ${part.all};`,
    `GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${part.all};`,
    `${future} GRANT SELECT ON TABLES TO ${part.all};`,
  ]
  if (part.writer === undefined) return reading
  const writer = quoteIdentifier(part.writer)
  return [
    ...reading,
    `GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${writer};`,
    `${future} GRANT INSERT, UPDATE, DELETE ON TABLES TO ${writer};`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${writer};`,
    `${future} GRANT USAGE ON SEQUENCES TO ${writer};`,
  ]
}
