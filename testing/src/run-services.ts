import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const variable = 'SUPER_DATA_TEST_RUN'
const startMsMax = 150_000
const endMsMax = 5_000

/** A service as the tests of other processes find it. */
interface Started<Address> {
  readonly address: Address
  /** Processes that live until the run ends. */
  readonly pids: readonly number[]
}

/** Set-up of a test run: makes its folder; ends what was started in it. */
export default function openRun(): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'super-data-run-'))
  process.env[variable] = folder
  return async () => {
    await Promise.all(pidsIn(folder).map(end))
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * A service that the whole run shares: the first test that wants it starts it, the others wait for it.
 *
 * @param start gets an empty folder; what it starts is detached and ends with the run. Its address is JSON.
 */
export async function runService<Address>(
  name: string,
  start: (folder: string) => Promise<Started<Address>>,
): Promise<Address> {
  const run = process.env[variable]
  if (run === undefined) throw new Error('shared services need the run that vitest.config.ts sets up')
  const file = join(run, `${name}.json`)
  if (claims(join(run, name))) await startInto(file, () => start(join(run, name)))
  return readAddress<Address>(file, name)
}

function claims(folder: string): boolean {
  try {
    mkdirSync(folder)
    return true
  } catch {
    return false
  }
}

async function startInto<Address>(file: string, start: () => Promise<Started<Address>>): Promise<void> {
  const outcome = await start().catch((failure: unknown) => ({ failure: String(failure), pids: [] }))
  writeFileSync(`${file}.draft`, JSON.stringify(outcome))
  renameSync(`${file}.draft`, file)
}

async function readAddress<Address>(file: string, name: string): Promise<Address> {
  for (let waited = 0; waited < startMsMax; waited += 50) {
    const outcome = read<Started<Address> & { failure?: string }>(file)
    if (outcome?.failure !== undefined) throw new Error(`${name} does not start: ${outcome.failure}`)
    if (outcome) return outcome.address
    await wait(50)
  }
  throw new Error(`${name} did not start within ${startMsMax} ms`)
}

function read<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch {
    return undefined
  }
}

function pidsIn(folder: string): number[] {
  const files = readdirSync(folder).filter(file => file.endsWith('.json'))
  return files.flatMap(file => read<Started<unknown>>(join(folder, file))?.pids ?? [])
}

/** Politely, then firmly. PostgreSQL waits for its clients at SIGTERM, ends them at SIGINT, and leaves them behind at SIGKILL. */
/** PostgreSQL waits for its clients at the first word, and ends them at the second. */
async function end(pid: number): Promise<void> {
  for (const word of ['SIGTERM', 'SIGINT'] as const) {
    if (!signal(pid, word)) return
    for (let waited = 0; waited < endMsMax; waited += 50) {
      await wait(50)
      if (!signal(pid, 0)) return
    }
  }
  signal(pid, 'SIGKILL')
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
