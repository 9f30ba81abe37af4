// Starts a server over real data and walks through everything it does: npm run demo [-- --once]
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Lifetime } from '@super-data/base/lifetime'
import { createClient } from '@super-data/contract'
import { ServerProcess } from '@super-data/testing/server-process'
import { Differences } from './demo/answers.ts'
import { cliDoor, httpDoor, McpDoor } from './demo/doors.ts'
import { walkTheLoop } from './demo/loop.ts'
import { Screen } from './demo/screen.ts'
import { showSideBySide, timed } from './demo/side-by-side.ts'
import { findSystemJq } from './system-jq.ts'
import { copyVegaProject } from './vega/datasets.ts'

const once = process.argv.includes('--once')
const screen = new Screen(process.stdout)
const interrupted = untilInterrupted()
const lifetime = new Lifetime()
const exitCode = await perform().catch(fail)
await lifetime.close().catch(fail)
process.exit(exitCode)

/** Interrupted in the middle, it ends at once; what was opened is closed either way. */
async function perform(): Promise<number> {
  const place = await Promise.race([show(lifetime), interrupted])
  if (!place) return 130
  if (!once) await stayUp(place)
  return 0
}

/** @throws Error when two answers that should be the same are not. */
async function show(lifetime: Lifetime): Promise<Place> {
  const start = performance.now()
  screen.title('Super Data: find, ask, save, review, call')
  const place = await startServer(lifetime)
  const doors = await openDoors(lifetime, place)
  const differences = new Differences()
  await walkTheLoop({ screen, url: place.url, own: doors, differences })
  await compareDoors(lifetime, place, { doors, differences })
  if (differences.found.length > 0) throw new Error(differences.found.join('\n'))
  screen.title(`Everything agreed, in ${inSeconds(performance.now() - start)}`)
  return place
}

interface Place {
  readonly url: string
  readonly key: string
}

async function startServer(lifetime: Lifetime): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'super-data-demo-'))
  lifetime.onClose(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  const [home, datasets] = [join(folder, 'home'), join(folder, 'datasets')]
  await copyVegaProject(datasets)
  const key = `sd_${randomBytes(32).toString('base64url')}`
  const { value: server, ms } = await timed(() => ServerProcess.open({ home, datasets, key }))
  lifetime.own(server)
  const client = createClient({ url: server.url, key })
  const [found, tools, functions] = await Promise.all([
    client.datasets.list(),
    client.tools.list(),
    client.functions.list(),
  ])
  screen.done(`a server in its own process answers at ${server.url}, ready after ${inSeconds(ms)}`)
  const counts = `${found.items.length} datasets, ${tools.items.length} tools, ${functions.items.length} shared jq functions`
  screen.done(`it imported examples/vega: ${counts}`)
  return { url: server.url, key }
}

async function openDoors(lifetime: Lifetime, place: Place) {
  const agent = await McpDoor.open(place, 'modern')
  lifetime.onClose(() => agent[Symbol.asyncDispose]())
  return { http: httpDoor(place), agent, cli: cliDoor(place) }
}

async function compareDoors(
  lifetime: Lifetime,
  place: Place,
  { doors, differences }: { doors: Awaited<ReturnType<typeof openDoors>>; differences: Differences },
): Promise<void> {
  const jq = await findSystemJq()
  screen.step('Compare', 'The same calls at every door, with the time each took. The first one finds nothing ready.')
  const older = await McpDoor.open(place, 'legacy')
  lifetime.onClose(() => older[Symbol.asyncDispose]())
  const client = createClient(place)
  await showSideBySide({ screen, client, doors: [doors.http, doors.agent, older, doors.cli], jq, differences })
  screen.say(
    jq === undefined
      ? '\njq is not installed here, so nothing was compared with it.'
      : `\nThe jq column compares with the installed ${jq.version}, which ran the program that tools explain shows.`,
  )
}

/** Leaves the server to whoever wants to try it, until Ctrl-C. */
async function stayUp({ url, key }: Place): Promise<void> {
  const server = { type: 'http', url: `${url}/mcp`, headers: { Authorization: `Bearer ${key}` } }
  screen.say(`\nThe server stays up for you until Ctrl-C.\n\n  address  ${url}\n  key      ${key}\n`)
  screen.say('Claude Code:')
  screen.query(`claude mcp add --transport http super-data ${url}/mcp --header "Authorization: Bearer ${key}"`)
  screen.say('\nOther MCP clients (.mcp.json):')
  screen.query(JSON.stringify({ mcpServers: { 'super-data': server } }, null, 2))
  screen.say('\nCommand line:')
  screen.query(`SUPER_DATA_API_KEY=${key} npx super-data tools list --url ${url}`)
  await interrupted
  screen.say('\nStopping; nothing stays behind.')
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} seconds`
}

function untilInterrupted(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  return promise
}

function fail(failure: unknown): number {
  screen.failed(failure instanceof Error ? failure.message : String(failure))
  return 1
}
