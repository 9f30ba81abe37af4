import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { createClient } from '@super-data/contract/client'
import { S3ObjectStore } from '@super-data/objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../src/run-command.ts'
import { FaultProxy, s3Missing, startS3 } from '../src/s3.ts'
import { launcher, ServerProcess } from '../src/server-process.ts'

const reason = s3Missing()
const project = 'default'

describe.skipIf(reason !== undefined)(`a dataset in a bucket${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let root: string
  let proxy: FaultProxy
  let theirs: S3ObjectStore
  let bucket: string
  let env: Record<string, string>
  const key = 'sales-key-of-the-owner-0123456789'
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'super-data-bucket-'))
    const { newBucket, ...server } = (await startS3())!
    proxy = await FaultProxy.open(server.endpoint)
    bucket = await newBucket()
    theirs = await S3ObjectStore.open({ ...server, bucket, clock: systemClock, random: systemRandom })
    env = {
      SUPER_DATA_S3_ENDPOINT: proxy.endpoint,
      AWS_REGION: server.region,
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    }
    await writeFile(join(root, 'datasets.yml'), `datasets: [{ name: sales, from: "s3://${bucket}/exports/sales.csv" }]`)
  })
  afterAll(async () => {
    await theirs?.close()
    await proxy?.close()
    await rm(root, { recursive: true, force: true })
  })

  const start = async () => {
    const server = await ServerProcess.open({ datasets: root, home: join(root, '.home'), key, env })
    return { server, client: createClient({ url: server.url, key }) }
  }
  const put = (text: string) => theirs.put('exports/sales.csv', Buffer.from(text))
  const total = 'SELECT sum(amount) AS total FROM sales'

  it('is asked in SQL and jq, follows its object, and answers when a server starts without the bucket', async () => {
    await put('id,amount\n1,10\n2,32\n')
    const first = await start()
    const { items } = await first.client.datasets.list({ project })
    expect(items).toMatchObject([{ name: 'sales', from: `s3://${bucket}/exports/sales.csv`, problem: null }])
    const told = await first.client.queries.ask({ project, engine: 'sql', text: total })
    expect(told).toMatchObject({ rows: [[42]] })
    await put('id,amount\n1,10\n2,32\n3,1\n')
    expect(await first.client.datasets.refresh({ project })).toMatchObject({ changed: ['sales'] })
    const summed = await first.client.queries.ask({
      project,
      engine: 'jq',
      source: 'sales',
      text: 'map(.amount) | add',
    })
    expect(summed).toMatchObject({ value: 43 })
    await first.server.close()
    proxy.away()
    const second = await start()
    expect(await second.client.queries.ask({ project, engine: 'sql', text: total })).toMatchObject({ rows: [[43]] })
    expect((await fetch(`${second.server.url}/health/ready`)).status).toBe(200)
    const described = await second.client.datasets.describe({ project, dataset: 'sales' })
    expect(described).toMatchObject({ problem: 'the object store does not answer', since: expect.any(Number) })
    await second.server.close()
    expect(proxy.countOf('GET', '/sales.csv')).toBe(2)
    expect(proxy.countOf('PUT')).toBe(0)
  }, 120_000)

  it('is a warning of doctor, and no failure, while the bucket is away', async () => {
    proxy.away()
    const { code, stdout } = await runCommand(process.execPath, {
      args: [launcher, 'doctor', '--json', '--home', join(root, '.home'), '--datasets', root],
      env: { PATH: process.env['PATH'], HOME: root, SUPER_DATA_PORT: '0', ...env },
    })
    const findings = JSON.parse(stdout) as { check: string; state: string; found: string }[]
    expect(findings.find(({ check }) => check === 'datasets')).toMatchObject({
      state: 'warning',
      found: expect.stringContaining(`s3://${bucket}/exports/sales.csv: the object store does not answer`),
    })
    expect(code).toBe(0)
  }, 60_000)
})
