import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@super-data/contract/client'
import openRun from '@super-data/testing/run-services'
import { s3Missing, startS3 } from '@super-data/testing/s3'
import { ServerProcess } from '@super-data/testing/server-process'
import { Team } from '@super-data/testing/team'
import { ms, percentile } from './load.ts'
import { machine, table } from './machine.ts'

const here = 30
const elsewhere = 12
const intervalSeconds = 5

/** Claim: an approval is heard of within 0.2 s on the same server, within the interval and 2 s on another. */
export async function approval(): Promise<void> {
  console.log(`From the answer to the deciding vote (${machine()})\n`)
  await sameServer()
  if (s3Missing() !== undefined) return console.log(`\non another server: skipped, ${s3Missing()}`)
  const endRun = openRun()
  try {
    await otherServer()
  } finally {
    await endRun()
  }
}

const people = { alice: 'editor', carol: 'editor', dave: 'editor' } as const
type TeamOfThree = Team<keyof typeof people>

async function sameServer(): Promise<void> {
  await using team = await Team.open({ people })
  const heard = { modern: 0, legacy: 0 }
  const listen = (era: 'modern' | 'legacy') => {
    const onToolsChanged = () => {
      heard[era] = performance.now()
    }
    return team.mcp('dave', { era, onToolsChanged })
  }
  await using modern = await listen('modern')
  await using _legacy = await listen('legacy')
  await sleep(500)
  const times = { modern: [] as number[], legacy: [] as number[], listed: [] as number[], vote: [] as number[] }
  for (let round = 0; round < here; round++) {
    const tool = `round_${round}`
    const asked = await proposeAndVote(team, tool)
    const decided = performance.now()
    times.vote.push(decided - asked)
    const { tools } = await modern.client.listTools()
    if (!tools.some(each => each.name === tool)) throw new Error(`${tool} was approved, and is not listed`)
    times.listed.push(performance.now() - decided)
    while (heard.modern < decided || heard.legacy < decided) await sleep(2)
    for (const era of ['modern', 'legacy'] as const) times[era].push(heard[era] - decided)
    await sleep(150)
  }
  const rows = [
    ['tools/list has it', times.listed],
    ['list_changed, 2026-07-28', times.modern],
    ['list_changed, 2025-11-25', times.legacy],
    ['(the vote itself)', times.vote],
  ] as const
  console.log(table(rows.map(([what, values]) => ({ 'on the same server': what, ...spread(values) }))))
}

async function otherServer(): Promise<void> {
  const s3 = await startS3()
  if (s3 === undefined) return
  const env = {
    SUPER_DATA_S3_BUCKET: await s3.newBucket(),
    SUPER_DATA_S3_ENDPOINT: s3.endpoint,
    AWS_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    SUPER_DATA_SYNC_INTERVAL: String(intervalSeconds),
  }
  await using team = await Team.open({ people, server: { env } })
  await using other = await ServerProcess.open({ datasets: '/nonexistent', env })
  const there = createClient({ url: other.url, key: other.key, project: 'default' })
  const times: number[] = []
  for (let round = 0; round < elsewhere; round++) {
    const tool = `far_${round}`
    await sleep((round * intervalSeconds * 1000) / elsewhere)
    await proposeAndVote(team, tool)
    const decided = performance.now()
    while (!(await isApproved(there, tool))) await sleep(50)
    times.push(performance.now() - decided)
  }
  const what = `tools.list has it, interval ${intervalSeconds} s`
  console.log(`\n${table([{ 'on another server, over S3': what, ...spread(times) }])}`)
}

async function isApproved(client: ReturnType<typeof createClient>, tool: string): Promise<boolean> {
  const { items } = await client.tools.list({ state: 'approved', limit: 1_000 })
  return items.some(each => each.name === tool)
}

/** @returns when the deciding vote was sent */
async function proposeAndVote(team: TeamOfThree, tool: string): Promise<number> {
  const { hash } = await team
    .as('dave')
    .tools.propose({ tool, description: 'A question.', engine: 'jq', text: `"${tool}"` })
  const vote = (name: 'alice' | 'carol') => team.as(name).tools.vote({ tool, vote: 'approve', hash, comment: '' })
  await vote('alice')
  const asked = performance.now()
  const { state } = await vote('carol')
  if (state !== 'approved') throw new Error(`two votes made it ${state}`)
  return asked
}

function spread(values: readonly number[]): Record<string, string> {
  return {
    number: String(values.length),
    p50: ms(percentile(values, 0.5)),
    p99: ms(percentile(values, 0.99)),
    slowest: ms(Math.max(...values)),
  }
}
