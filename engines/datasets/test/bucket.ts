import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { S3ObjectStore, Signer } from '@super-data/objects'
import { FaultProxy, s3Missing, startS3, type TestS3 } from '@super-data/testing/s3'
import type { OpenBucket } from '../src/index.ts'

export const skipReason = s3Missing()

/** For titles: why nothing below them runs. */
export const titled = (title: string) => (skipReason === undefined ? title : `${title} (skipped: ${skipReason})`)

/** A real bucket that others write to, and that datasets are read from through a network that can break. */
export class Bucket implements AsyncDisposable {
  readonly name: string
  readonly network: FaultProxy
  readonly #server: TestS3

  private constructor(name: string, network: FaultProxy, server: TestS3) {
    this.name = name
    this.network = network
    this.#server = server
  }

  static async make(): Promise<Bucket> {
    const server = await startS3()
    if (server === undefined) throw new Error('no S3 server')
    return new Bucket(await server.newBucket(), await FaultProxy.open(server.endpoint), server)
  }

  /** As `datasets.yml` has it. */
  address(key: string): string {
    return `s3://${this.name}/${key}`
  }

  /** Through the network that can break; gives up soon. */
  readonly open: OpenBucket = bucket => this.openPatiently(bucket, 2_000)

  openPatiently(bucket: string, callMs: number): ReturnType<OpenBucket> {
    const place = { ...this.#server, endpoint: this.network.endpoint, bucket }
    const components = { clock: systemClock, random: systemRandom }
    return S3ObjectStore.openToRead({ ...place, ...components, limits: { callMs, attemptsMax: 3 } })
  }

  /** As any program would write it. */
  put(key: string, content: string | Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#call('PUT', key, content)
  }

  remove(key: string): Promise<void> {
    return this.#call('DELETE', key)
  }

  /** Requests for an object since the beginning. */
  requests(key: string): { looks: number; reads: number } {
    return { looks: this.network.countOf('HEAD', `/${key}`), reads: this.network.countOf('GET', `/${key}`) }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.network.close()
  }

  async #call(method: string, key: string, body?: string | Uint8Array<ArrayBuffer>): Promise<void> {
    const url = new URL(`${this.#server.endpoint}/${this.name}/${key}`)
    const signable = { method, path: url.pathname, headers: { host: url.host }, payload: 'UNSIGNED-PAYLOAD' }
    const headers = new Signer(this.#server, this.#server.region).sign(signable, systemClock.now())
    const answer = await fetch(url, { method, headers, body: body ?? null })
    await answer.body?.cancel()
    if (!answer.ok) throw new Error(`${method} ${key}: the server answered ${answer.status}`)
  }
}
