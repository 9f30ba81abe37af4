import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Clock, systemClock } from '@super-data/base/clock'
import { type Problem, toProblem } from '@super-data/base/errors'
import { systemRandom } from '@super-data/base/ids'
import { openLog } from '@super-data/base/log'
import type { Answer, Input, OperationName, Output } from '@super-data/contract'
import type { ObjectStore } from '@super-data/objects'
import type { CallRequest } from '../src/call.ts'
import { Platform } from '../src/platform.ts'
import type { PlatformSettings } from '../src/platform-settings.ts'

/** The system's clock, which tests may put forward. */
export class MovedClock implements Clock {
  #ahead = 0
  now(): number {
    return systemClock.now() + this.#ahead
  }
  elapsed(): number {
    return systemClock.elapsed()
  }
  advance(ms: number): void {
    this.#ahead += ms
  }
}

export interface WholeOptions {
  /** Used instead of a temporary one, and left alone afterwards. */
  readonly home?: string
  readonly settings?: Partial<PlatformSettings>
  /** Files of the dataset folder, by name, there before the first start. */
  readonly files?: Readonly<Record<string, string>>
  readonly log?: { write(line: string): void }
  readonly clock?: MovedClock
  /** The owner's key, of a home that has one already. */
  readonly owner?: string
  /** Through which the library is shared, when the settings say how. */
  readonly bucket?: ObjectStore
}

export function settingsOf(home: string, changes: Partial<PlatformSettings> = {}): PlatformSettings {
  return {
    home,
    libraryFile: join(home, 'database', 'tools.db'),
    datasetsFolder: join(home, 'datasets'),
    datasetPollMs: 0,
    identity: { publicUrl: () => 'https://data.example.test', trustUserHeader: false, trustedProxies: [] },
    limits: { callsPerMinute: 100_000, callsAtOnce: 100, strangerCallsPerMinute: 100_000 },
    review: { approvalThreshold: 2, proposalHours: 24, pendingMax: 10 },
    checks: { complexityMax: 1_000, testMs: 5_000 },
    webhooks: { privateAllowed: true, firstRetryMs: 20, attemptsMax: 3, timeoutMs: 20_000 },
    postgres: [],
    learning: true,
    queryTimeMs: 20_000,
    runLogDays: 90,
    resultBytesMax: 2 ** 20,
    cacheBytes: 100 * 2 ** 20,
    workers: 1,
    sqlMemoryMb: 256,
    ...changes,
  }
}

/** A whole platform with its engines, over a folder of data. */
export async function openWhole(options: WholeOptions = {}) {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'super-data-whole-')))
  const clock = options.clock ?? new MovedClock()
  const settings = settingsOf(home, options.settings)
  if (!settings.datasetsFolder.startsWith('/dev/')) await mkdir(settings.datasetsFolder, { recursive: true })
  const write = (name: string, content: string) => writeFile(join(settings.datasetsFolder, name), content)
  for (const [name, content] of Object.entries(options.files ?? {})) await write(name, content)
  const log = openLog({ level: options.log ? 'debug' : 'silent' }, options.log)
  const dispose = async () => (options.home === undefined ? rm(home, { recursive: true }) : undefined)
  const components = { clock, random: systemRandom, log, bucket: options.bucket }
  const platform = await Platform.open(settings, components).catch(async failure => {
    await dispose()
    throw failure
  })
  const owner = platform.ownerSecret ?? options.owner ?? ''
  let requests = 0

  /** Calls as whoever has the bearer. */
  async function askAs<Name extends OperationName>(
    bearer: string,
    name: Name,
    input: Partial<Input<Name>> = {},
    extra: Partial<CallRequest> = {},
  ): Promise<Output<Name>> {
    requests += 1
    const signal = new AbortController().signal
    const request = {
      credentials: { bearer },
      door: 'http',
      requestId: `request-${requests}`,
      signal,
      ...extra,
    } as const
    return (await platform.call(name, input, request)).output
  }

  const ask = <Name extends OperationName>(
    name: Name,
    input: Partial<Input<Name>> = {},
    extra: Partial<CallRequest> = {},
  ) => askAs(owner, name, input, extra)

  const jq = (text: string, more: Partial<Input<'queries.ask'>> = {}, extra: Partial<CallRequest> = {}) =>
    ask('queries.ask', { engine: 'jq', text, ...more }, extra)
  const sql = (text: string, more: Partial<Input<'queries.ask'>> = {}, extra: Partial<CallRequest> = {}) =>
    ask('queries.ask', { engine: 'sql', text, ...more }, extra)

  /** Somebody new, a member of the default project from now on. */
  async function join_(name: string, role: 'editor' | 'viewer' | 'admin' = 'editor'): Promise<string> {
    const { link } = await ask('users.invite', { name, project: 'default', projectRole: role } as never)
    const signal = new AbortController().signal
    const request = { credentials: {}, door: 'http', requestId: `join-${name}`, signal } as const
    return (await platform.call('users.redeem', { token: link }, request)).output.key.secret
  }

  /** Saves a jq tool and publishes it, as the only member. */
  async function publish(tool: string, text: string, more: Partial<Input<'tools.create'>> = {}) {
    await ask('tools.create', { tool, description: 'A question.', engine: 'jq', text, ...more })
    return ask('tools.submit', { tool })
  }

  /** Changes the library as an attacker would: in the file. */
  function tamper(statement: string, ...values: (string | number | null)[]): void {
    const file = new DatabaseSync(settings.libraryFile)
    try {
      file.prepare(statement).run(...values)
    } finally {
      file.close()
    }
  }

  return {
    ...{ home, clock, platform, owner, ask, askAs, jq, sql, join: join_, publish, tamper, write, settings },
    run: (tool: string, params: Input<'tools.run'>['params'] = {}, more: Partial<Input<'tools.run'>> = {}) =>
      ask('tools.run', { tool, params, ...more }),
    async [Symbol.asyncDispose]() {
      await platform.close()
      await dispose()
    },
  }
}

export type Whole = Awaited<ReturnType<typeof openWhole>>

/** What a refused call says outside. */
export async function problemOf(call: Promise<unknown>): Promise<Problem> {
  try {
    await call
  } catch (failure) {
    return toProblem(failure)
  }
  throw new Error('the call was expected to fail')
}

/** Reads a truncated answer to its end. @returns everything after what the answer itself held. */
export async function readOn(
  whole: Whole,
  answer: Answer,
  page: { maxRows?: number; maxBytes?: number } = {},
): Promise<{ items: unknown[]; complete: boolean; pages: number }> {
  if (answer.truncated === false) throw new Error('the answer was expected to be truncated')
  const items: unknown[] = []
  let text = ''
  let pages = 0
  for (let cursor: string | null | undefined; cursor !== null; pages++) {
    const read: Output<'queries.read'> = await whole.ask('queries.read', {
      handle: answer.truncated.handle,
      ...page,
      ...(cursor === undefined ? {} : { cursor }),
    })
    text += read.text ?? ''
    if (read.text !== undefined && !read.cursor?.startsWith('p')) {
      items.push(JSON.parse(text))
      text = ''
    }
    items.push(...read.items)
    cursor = read.cursor
    if (cursor === null) return { items, complete: read.complete, pages: pages + 1 }
  }
  throw new Error('unreachable')
}
