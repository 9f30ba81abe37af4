import { setTimeout as sleep } from 'node:timers/promises'
import { Team } from '@super-data/testing/team'
import { LoadClient, ms, percentile } from './load.ts'
import { machine, table } from './machine.ts'
import { copyTool } from './team-library.ts'

const clients = 120
const tools = Number(process.env['BENCH_TOOLS'] ?? 1_000)
const seconds = Number(process.env['BENCH_SECONDS'] ?? 30)
const voters = ['ada', 'ben', 'cleo', 'dan', 'eve', 'finn'] as const
const path = '/api/v1/projects/default'

interface Result {
  readonly kind: string
  readonly status: number
  readonly ms: number
}

/** Proposals that wait, as those who vote read them. */
interface Waiting {
  readonly by: string
  readonly tool: string
  readonly hash: string
}

/** Claim: 120 clients that call, list, vote, propose and write among 1,000 tools: no locked database, no error. */
export async function team(): Promise<void> {
  const people = Object.fromEntries(voters.map(name => [name, 'editor' as const]))
  const env = { SUPER_DATA_MAX_PENDING_TOOLS: '1000' }
  const files = { 'orders.json': JSON.stringify(Array.from({ length: 500 }, (_, id) => ({ id, amount: id * 3 }))) }
  await using team = await Team.open({ people: {}, files, server: { env } })
  await team.owner.tools.propose({
    ...{ tool: 'orders_above', description: 'Count orders.', engine: 'jq', source: 'orders' },
    text: 'map(select(.amount > $least)) | length',
    parameters: { type: 'object', properties: { least: { type: 'integer' } }, required: ['least'] },
  })
  await team.server.close()
  copyTool(team.server.home, 'orders_above', tools - 1)
  await team.restart()
  for (const [name, role] of Object.entries(people)) await team.join(name, role)
  const waiting: Waiting[] = []
  const everybody = Array.from({ length: clients }, (_, index) => onePerson(team, index, waiting))
  const results = (await Promise.all(everybody)).flat()
  console.log(`${clients} clients, a request a second each, ${seconds} s, ${tools} tools (${machine()})\n`)
  console.log(table(['call', 'list', 'propose', 'vote', 'function'].map(kind => row(kind, results))))
  const busy = /SQLITE_BUSY|database is locked/i.test(team.server.output)
  console.log(`\nlocked database: ${busy ? 'YES' : 'never'}; approved meanwhile: ${await approvedMeanwhile(team)}`)
  console.log(`memory of the server process: ${((await team.server.residentBytes()) / 2 ** 20).toFixed(0)} MB`)
}

async function approvedMeanwhile({ owner }: Team): Promise<number> {
  const { items } = await owner.tools.list({ search: 'proposal_', state: 'approved', limit: 1_000 })
  return items.length
}

async function onePerson(team: Team, index: number, waiting: Waiting[]): Promise<Result[]> {
  const name = voters[index % voters.length]!
  const client = new LoadClient(team.url, team.person(name).key)
  const results: Result[] = []
  const started = performance.now() + (index * 1000) / clients
  for (let second = 0; second < seconds; second++) {
    await sleep(Math.max(0, started + second * 1000 - performance.now()))
    results.push(await oneTurn(client, { name, index, second, waiting }))
  }
  client.close()
  return results
}

interface Turn {
  readonly name: string
  readonly index: number
  readonly second: number
  readonly waiting: Waiting[]
}

/** Of twenty requests twelve call a tool, three list tools, three vote, one proposes, one writes a function. */
async function oneTurn(client: LoadClient, { name, index, second, waiting }: Turn): Promise<Result> {
  const post = (kind: string, to: string, body: unknown) =>
    client.send(kind, { method: 'POST', path: `${path}${to}`, body: JSON.stringify(body) })
  const turn = (index * 7 + second) % 20
  const found = waiting.find(each => each.by !== name)
  if (turn === 0) {
    const tool = `proposal_${index}_${second}`
    const proposed = await post('propose', '/proposals', { tool, description: 'x', engine: 'jq', text: `"${tool}"` })
    if (proposed.status === 200) waiting.push({ by: name, tool, hash: JSON.parse(proposed.text).hash })
    return proposed
  }
  if (turn === 1) return post('function', '/functions', { definition: `def f_${index}_${second}: ${second};` })
  if (turn < 5 && found) return vote(post, found, waiting)
  if (turn < 8) return client.send('list', { method: 'GET', path: `${path}/tools?limit=100` })
  const tool = `orders_above_${1 + ((index * 31 + second) % (tools - 1))}`
  return post('call', `/tools/${tool}/run`, { params: { least: 100 + index } })
}

/** Somebody may have voted before, or decided meanwhile: that is an answer, not an error. */
async function vote(
  post: (kind: string, to: string, body: unknown) => Promise<Result & { text: string }>,
  { tool, hash }: Waiting,
  waiting: Waiting[],
): Promise<Result> {
  const voted = await post('vote', `/tools/${tool}/votes`, { vote: 'approve', hash })
  const decided = voted.status === 409 || voted.text.includes('"state":"approved"')
  const at = waiting.findIndex(each => each.tool === tool)
  if (decided && at !== -1) waiting.splice(at, 1)
  return voted
}

function row(kind: string, results: readonly Result[]): Record<string, string> {
  const own = results.filter(result => result.kind === kind)
  const times = own.map(result => result.ms)
  const count = (test: (status: number) => boolean) => String(own.filter(result => test(result.status)).length)
  return {
    request: kind,
    number: String(own.length),
    errors: count(status => status !== 200 && status !== 409),
    'decided before': count(status => status === 409),
    p50: ms(percentile(times, 0.5)),
    p99: ms(percentile(times, 0.99)),
    slowest: ms(Math.max(...times)),
  }
}
