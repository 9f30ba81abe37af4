import type { Catalog } from '../catalog.ts'
import { extensionSchema } from '../monitor/extension.ts'
import { attempt } from '../schema/attempt.ts'
import { checkDefinition } from '../schema/definition.ts'
import { jsonRow } from '../schema/json-rows.ts'

/** An index that is only imagined. */
export interface HypotheticalIndex {
  /** As plans name it: `<12345>btree_orders_made`. */
  readonly name: string
  readonly definition: string
  readonly sizeBytes: number
}

/** Indexes a plan may be imagined with. */
export const hypotheticalIndexesMax = 10

/**
 * Work with indexes that exist for the planner only, by HypoPG. They live in the backend, not in the transaction, and
 * are taken away again whatever happens; should that fail, this rejects, and the connection must not be used again.
 *
 * @param definitions `CREATE INDEX …` texts, checked here.
 * @throws PostgresExtensionMissing · PostgresDefinitionInvalid · PostgresSyntax
 */
export async function withHypothetical<T>(
  catalog: Catalog,
  definitions: readonly string[],
  work: (indexes: readonly HypotheticalIndex[]) => Promise<T>,
): Promise<T> {
  for (const definition of definitions) await checkDefinition(definition, { verb: 'create', kind: 'index' })
  const schema = await extensionSchema(catalog, 'hypopg')
  try {
    return await attempt(catalog, async () => {
      const indexes: HypotheticalIndex[] = []
      for (const definition of definitions) indexes.push(await imagine(catalog, schema, definition))
      return work(indexes)
    })
  } finally {
    await catalog.rows(`SELECT ${schema}hypopg_reset()`)
  }
}

async function imagine(catalog: Catalog, schema: string, definition: string): Promise<HypotheticalIndex> {
  const row = await jsonRow<{ name: string; sizeBytes: number }>(
    catalog,
    `SELECT h.indexname AS name, ${schema}hypopg_relation_size(h.indexrelid) AS "sizeBytes"
     FROM ${schema}hypopg_create_index($1) AS h`,
    [definition],
  )
  return { ...row!, definition }
}
