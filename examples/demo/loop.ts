import { createClient, type JsonValue, type Output } from '@super-data/contract'
import { contentOf, type Differences, type Named } from './answers.ts'
import { type Door, McpDoor, type Params, toWords } from './doors.ts'
import type { Screen } from './screen.ts'

/** The doors of whoever made the installation. */
export interface OwnDoors {
  readonly http: Door
  readonly agent: McpDoor
  readonly cli: Door
}

interface Story {
  readonly screen: Screen
  readonly url: string
  readonly own: OwnDoors
  readonly differences: Differences
}

const newTool = 'airports_with_most_delay'

const question = {
  engine: 'jq',
  source: 'flights_2k',
  text: 'group_and_aggregate("origin"; "delay"; "avg")\n| top_by("value"; $airports)\n| map({airport: .origin, minutes: .value | round_to(1)})',
  params: { airports: 3 },
} as const

/** Find → ask → save → review → call, each step at the door where it feels natural. */
export async function walkTheLoop(story: Story): Promise<void> {
  await find(story)
  const asked = await ask(story)
  await save(story, asked)
  await using reviewer = await review(story)
  await call(story, reviewer.door, asked)
}

async function find({ screen, own, differences }: Story): Promise<void> {
  screen.step('Find', 'An agent looks for data over MCP.')
  const { items } = await own.agent.call('datasets.list', {})
  const rows = items.map(each => [each.name, each.format, each.records ?? '', sizeText(each.sizeBytes)])
  screen.table(['dataset', 'format', 'records', 'size'], rows)
  const { fields } = await own.agent.call('datasets.describe', { dataset: question.source, sample: 0 })
  const shape = fields
    .filter(field => /^\.\[\]\.\w+$/.test(field.path))
    .map(field => `${field.path.slice(4)} ${field.types}`)
  screen.say(`\n${question.source} holds ${shape.join(', ')}.`)
  const others = [own.http, own.cli].map(async door => ({
    name: door.name,
    value: (await door.call('datasets.list', {})).items,
  }))
  sameEverywhere({ screen, differences }, 'datasets list', [
    { name: own.agent.name, value: items },
    ...(await Promise.all(others)),
  ])
}

async function ask({ screen, own, differences }: Story): Promise<Output<'queries.ask'>> {
  screen.step('Ask', 'The agent tries a question in jq, with the team’s shared functions.')
  screen.query(question.text)
  const answer = await own.agent.call('queries.ask', question)
  showRows(screen, answer.value)
  const others = [own.http, own.cli].map(async door => ({
    name: door.name,
    value: contentOf(await door.call('queries.ask', question)),
  }))
  const all = [{ name: own.agent.name, value: contentOf(answer) }, ...(await Promise.all(others))]
  sameEverywhere({ screen, differences }, 'the question', all)
  return answer
}

async function save({ screen, own }: Story, asked: Output<'queries.ask'>): Promise<void> {
  screen.step('Save', 'It worked, so it becomes a tool, on the command line.')
  const create = {
    tool: newTool,
    description: 'Airports whose flights leave latest on average, in minutes.',
    fromRun: asked.runId,
  }
  showCommand(screen, toWords('tools.create', create))
  const tool = await own.cli.call('tools.create', create)
  const pinned = tool.functions.map(each => `${each.name} v${each.version}`).join(', ')
  screen.done(`${tool.name} is a ${tool.state}; it pins ${pinned}`)
  const draft = await own.http.run(newTool, { airports: 1 })
  screen.done(`its author may already call it${draft.draft ? ', marked as a draft' : ''}`)
}

/** A second person joins by invitation and votes; the author may not. */
async function review({ screen, url, own }: Story) {
  screen.step('Review', 'A second person joins and decides, in an MCP client of the older protocol.')
  const grace = await joinAs('grace', { url, own })
  screen.done('grace was invited and redeemed the one-time link for her own key')
  const pending = await own.cli.call('tools.submit', { tool: newTool, justification: 'Asked every Monday.' })
  showCommand(screen, toWords('tools.submit', { tool: newTool }))
  screen.done(`${newTool} is ${pending.state}, votes needed: ${pending.votesNeeded}`)
  const refused = await own.http.call('tools.vote', { tool: newTool, vote: 'approve', hash: pending.hash }).then(
    () => 'accepted',
    (error: { code?: string }) => error.code ?? 'refused',
  )
  if (refused === 'accepted') throw new Error('an author could approve a tool of their own')
  screen.done(`its author cannot vote for it (${refused})`)
  const read = await grace.door.call('tools.get', { tool: newTool })
  const decided = await grace.door.call('tools.vote', {
    tool: newTool,
    vote: 'approve',
    hash: read.hash,
    comment: 'Reads well.',
  })
  if (decided.state !== 'approved') throw new Error(`the vote left ${newTool} ${decided.state}`)
  screen.done(`grace read it and approved exactly that version: it is ${decided.state}`)
  return grace
}

async function joinAs(name: string, { url, own }: Pick<Story, 'url' | 'own'>) {
  const { link } = await own.http.call('users.invite', { name })
  const stranger = createClient({ url })
  const { key } = await stranger.users.redeem({ token: link.split(/[/#]/).at(-1) ?? '' })
  const door = await McpDoor.open({ url, key: key.secret }, 'legacy')
  return { door, [Symbol.asyncDispose]: () => door[Symbol.asyncDispose]() }
}

async function call({ screen, own, differences }: Story, grace: McpDoor, asked: Output<'queries.ask'>): Promise<void> {
  screen.step('Call', 'From now on it is a tool like any other, for everybody.')
  const { names, bytes } = await own.agent.tools()
  if (!names.includes(newTool)) throw new Error(`agents do not see ${newTool}`)
  screen.done(`agents see it beside ${names.length - 1} others (${sizeText(bytes)} of tool list)`)
  const params: Params = question.params
  showCommand(screen, ['run', newTool, '--airports', '3'])
  const answers = [own.http, own.agent, own.cli, grace].map(async door => ({
    name: door === grace ? 'grace over MCP 2025' : door.name,
    value: (await door.run(newTool, params)).value,
  }))
  const all = [{ name: 'the first answer', value: asked.value }, ...(await Promise.all(answers))]
  sameEverywhere({ screen, differences }, newTool, all)
}

function sameEverywhere(
  { screen, differences }: Pick<Story, 'screen' | 'differences'>,
  what: string,
  [first, ...others]: readonly Named[],
): void {
  const equal = others.map(other => differences.compare(what, [first!, other]))
  const names = [first!, ...others].map(each => each.name).join(', ')
  if (equal.every(Boolean)) screen.done(`the same from ${names}`)
  else screen.failed(`${names} do not agree`)
}

function showRows(screen: Screen, value: JsonValue | undefined): void {
  const records = value as Readonly<Record<string, string | number>>[]
  screen.table(
    Object.keys(records[0] ?? {}),
    records.map(record => Object.values(record)),
  )
}

/** A command as one would type it. */
function showCommand(screen: Screen, words: readonly string[]): void {
  screen.query(['super-data', ...words].map(word => (/^[\w./-]+$/.test(word) ? word : `'${word}'`)).join(' '))
}

const sizeText = (bytes: number) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`)
