import { createRequire } from 'node:module'
import type pg from 'pg'

/** The client alone: the package's main file also builds a pool, which does not load under vitest's conditions. */
export const Client: typeof pg.Client = createRequire(import.meta.url)('pg/lib/client.js')
export type Client = pg.Client
