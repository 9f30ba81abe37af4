import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import { LoadClient } from './load.ts'
import { machine } from './machine.ts'
import { mcpRequest } from './mcp-call.ts'
import { postgresImport } from './postgres-import.ts'
import { postgresBounded, postgresParallel } from './postgres-large.ts'
import { postgresLookup } from './postgres-lookup.ts'
import { PostgresScene } from './postgres-scene.ts'

/** What safety costs beside bare `pg`, in one run. */
export async function postgres(): Promise<void> {
  await using scene = await PostgresScene.open()
  console.log(`PostgreSQL 18 (${machine()})`)
  for (const part of [postgresLookup, postgresParallel, postgresBounded, postgresImport, toolText]) {
    console.log('')
    await part(scene)
  }
}

/** What the five tools cost a model before anything is asked. */
async function toolText({ server }: PostgresScene): Promise<void> {
  const client = new LoadClient(server.url, server.key)
  const { text } = await client.send('tools/list', mcpRequest('tools/list', {}))
  client.close()
  const { tools } = (JSON.parse(text) as { result: { tools: { name: string }[] } }).result
  const ofPostgres = tools.filter(tool => tool.name.startsWith('pg_'))
  console.log(
    `Tool text: ${ofPostgres.length} tools for PostgreSQL, ${encode(JSON.stringify(ofPostgres)).length} tokens`,
  )
}
