import { createRequire } from 'node:module'
import type pg from 'pg'

/** `node postgres-bare-read.ts LOGIN SQL`: what `pg` does with an answer, in a process that may die of it. */
const Client: typeof pg.Client = createRequire(import.meta.url)('pg/lib/client.js')
const [login = '{}', sql = ''] = process.argv.slice(2)
const client = new Client(JSON.parse(login))
await client.connect()
await client.query(sql)
await client.end()
