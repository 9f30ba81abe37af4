import type { Catalog } from '../catalog.ts'

/**
 * Rows of a catalogue query as plain JSON: whole and decimal numbers arrive as numbers, times as ISO texts. What may
 * pass 2^53 (values of sequences, ids of transactions) has to be cast to text by the query.
 */
export async function jsonRows<Row extends object>(
  catalog: Catalog,
  query: string,
  params: readonly unknown[] = [],
): Promise<Row[]> {
  const rows = await catalog.rows<{ item: Row }>(
    `SELECT pg_catalog.to_json(answer) AS item FROM (${query}) AS answer`,
    params,
  )
  return rows.map(row => row.item)
}

/** The only row of a query that has one. */
export async function jsonRow<Row extends object>(
  catalog: Catalog,
  query: string,
  params: readonly unknown[] = [],
): Promise<Row | undefined> {
  return (await jsonRows<Row>(catalog, query, params))[0]
}

/** The first part of the server's version: 15, 18. */
export function majorOf(catalog: Pick<Catalog, 'serverVersion'>): number {
  return Math.floor(catalog.serverVersion / 10_000)
}
