import { randomBytes } from 'node:crypto'
import { systemClock } from '@super-data/base/clock'
import { Signer } from '@super-data/objects'
import { request } from 'undici'
import { runService } from './run-services.ts'
import { missingPrograms, startCephGateway } from './s3/ceph-gateway.ts'

export { type FaultName, FaultProxy, type FaultRule, seededFaults } from './s3/fault-proxy.ts'

/** A real S3 server on this machine. */
export interface TestS3 {
  readonly endpoint: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  /** An empty bucket of a new name. */
  newBucket(): Promise<string>
}

const login = { accessKeyId: 'superdata', secretAccessKey: 'superdata' }
const region = 'us-east-1'

/** Why `startS3` finds no server, for the title of what is skipped; `undefined` where it does. */
export function s3Missing(): string | undefined {
  const missing = missingPrograms()
  return missing.length === 0 ? undefined : `radosgw ceph-mon ceph-osd ceph-common are not installed`
}

/**
 * The S3 server that the run shares: a Ceph gateway over a store in memory of at most 1 GiB, on loopback.
 *
 * @returns `undefined` where its programs are not installed: tests then skip and say so.
 */
export async function startS3(): Promise<TestS3 | undefined> {
  if (s3Missing() !== undefined) return undefined
  const { endpoint } = await runService('s3', async folder => {
    const gateway = await startCephGateway(folder, login)
    return { address: { endpoint: gateway.endpoint }, pids: gateway.pids }
  })
  return { endpoint, ...login, region, newBucket: () => newBucket(endpoint) }
}

async function newBucket(endpoint: string): Promise<string> {
  const bucket = `t-${randomBytes(8).toString('hex')}`
  const signer = new Signer(login, region)
  const signable = {
    method: 'PUT',
    path: `/${bucket}`,
    headers: { host: new URL(endpoint).host },
    payload: 'UNSIGNED-PAYLOAD',
  }
  const headers = signer.sign(signable, systemClock.now())
  const { statusCode, body } = await request(`${endpoint}/${bucket}`, { method: 'PUT', headers })
  await body.dump()
  if (statusCode !== 200) throw new Error(`no bucket was made: the server answered ${statusCode}`)
  return bucket
}
