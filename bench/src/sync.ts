import { createClient } from '@super-data/contract/client'
import openRun from '@super-data/testing/run-services'
import { s3Missing, startS3, type TestS3 } from '@super-data/testing/s3'
import { ServerProcess } from '@super-data/testing/server-process'
import { Team } from '@super-data/testing/team'
import { percentile } from './load.ts'
import { machine, table } from './machine.ts'
import { copyTool } from './team-library.ts'

const tools = Number(process.env['BENCH_TOOLS'] ?? 5_000)
const rounds = 7

type Run = Awaited<ReturnType<ReturnType<typeof createClient>['sync']['now']>>

/** Claim: with 5,000 tools, one change is in the bucket within 2 s and 3 requests; a look at nothing new is one. */
export async function sync(): Promise<void> {
  if (s3Missing() !== undefined) return console.log(`skipped: ${s3Missing()}`)
  const endRun = openRun()
  try {
    const s3 = await startS3()
    if (s3) await measure(s3)
  } finally {
    await endRun()
  }
}

async function measure(s3: TestS3): Promise<void> {
  const env = {
    SUPER_DATA_S3_BUCKET: await s3.newBucket(),
    SUPER_DATA_S3_ENDPOINT: s3.endpoint,
    AWS_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    SUPER_DATA_SYNC_INTERVAL: '86400',
    SUPER_DATA_SYNC_ON_CHANGE: 'false',
  }
  await using team = await Team.open({ people: {} })
  await team.owner.tools.propose({ tool: 'the', description: 'A question.', engine: 'jq', text: 'map(.a) | add' })
  await team.server.close()
  copyTool(team.server.home, 'the', tools - 1)
  const started = performance.now()
  await team.restart({ env })
  const first = await team.owner.sync.now({})
  const firstMs = performance.now() - started
  await using other = await ServerProcess.open({ datasets: '/nonexistent', env })
  const there = createClient({ url: other.url, key: other.key, project: 'default' })
  await there.sync.now({})
  const changes: Run[] = []
  const arrivals: Run[] = []
  const firstLooks: Run[] = []
  const looks: Run[] = []
  for (let round = 0; round < rounds; round++) {
    await team.owner.tools.propose({ tool: `more_${round}`, description: 'x', engine: 'jq', text: `${round}` })
    changes.push(await team.owner.sync.now({}))
    arrivals.push(await there.sync.now({}))
    firstLooks.push(await team.owner.sync.now({}))
    looks.push(await team.owner.sync.now({}))
  }
  const { items } = await there.tools.list({ search: 'more_', limit: 100 })
  if (items.length !== rounds) throw new Error(`${items.length} of ${rounds} changes arrived`)
  console.log(`${tools} tools in the library, Ceph's S3 gateway on this machine (${machine()})\n`)
  console.log(
    table([
      row('one change, to the bucket', changes),
      row('the same, from the bucket to another server', arrivals),
      row('nothing new, the first look after it', firstLooks),
      row('nothing new, every other', looks),
    ]),
  )
  console.log(`\nstart of the server and first sync of all of it: ${(firstMs / 1000).toFixed(1)} s (${first.outcome})`)
}

function row(what: string, runs: readonly Run[]): Record<string, string> {
  const times = runs.map(run => run.endedAt - run.startedAt)
  const most = (values: readonly number[]) => String(Math.max(...values))
  return {
    sync: what,
    outcome: [...new Set(runs.map(run => run.outcome))].join(' '),
    p50: `${percentile(times, 0.5)} ms`,
    slowest: `${most(times)} ms`,
    requests: [...new Set(runs.map(run => run.requests))].sort().join(' or '),
    'KB read': (Math.max(...runs.map(run => run.bytesRead)) / 1024).toFixed(0),
    'KB written': (Math.max(...runs.map(run => run.bytesWritten)) / 1024).toFixed(0),
  }
}
