import { PlatformError } from '@super-data/base/errors'
import type { Catalog } from '../catalog.ts'
import { jsonRow } from '../schema/json-rows.ts'
import { quoteIdentifier } from '../sql/identifier.ts'

/** The answer needs an extension that this database does not have. */
export class PostgresExtensionMissing extends PlatformError {
  readonly code = 'POSTGRES_EXTENSION_MISSING'
  readonly kind = 'missing'
  constructor(name: string, facts: { readonly available: boolean; readonly loaded?: boolean }) {
    super(`the extension ${name} is not ${facts.loaded === false ? 'loaded' : 'in this database'}`, {
      hint: hintFor(name, facts),
      details: { extension: name, ...facts },
    })
  }
}

function hintFor(
  name: string,
  { available, loaded }: { readonly available: boolean; readonly loaded?: boolean },
): string {
  if (loaded === false) return `Put ${name} into shared_preload_libraries and restart the server.`
  if (available) return `An administrator can run CREATE EXTENSION ${name}.`
  return `The server does not have it: install its package first, then CREATE EXTENSION ${name}.`
}

/** The schema of an extension, quoted, with its dot. @throws PostgresExtensionMissing */
export async function extensionSchema(catalog: Catalog, name: string): Promise<string> {
  const row = await jsonRow<{ schema: string | null; available: boolean }>(
    catalog,
    `SELECT (SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
         WHERE e.extname = $1) AS schema,
       EXISTS (SELECT 1 FROM pg_catalog.pg_available_extensions() a WHERE a.name = $1) AS available`,
    [name],
  )
  if (row?.schema == null) throw new PostgresExtensionMissing(name, { available: row?.available ?? false })
  return `${quoteIdentifier(row.schema)}.`
}
