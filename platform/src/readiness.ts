import type { Readiness } from './door.ts'
import { defaultProject } from './identity/projects.ts'
import type { PlatformParts } from './platform-parts.ts'
import type { Sync } from './sync/sync.ts'

const probeMs = 2_000
const limits = { timeMs: probeMs, bytes: 100 }

/** Asks every part for something small: a part is ready when it answers, not when it exists. */
export async function checkReadiness(parts: PlatformParts & { readonly sync: Sync | undefined }): Promise<Readiness> {
  const { library, platform, telemetry, datasets } = parts
  const databases = checkDatabases(parts)
  const checks = await Promise.all([
    check('library', () => library.read.selectFrom('markers').select('name').limit(1).execute()),
    check('platform', () => platform.read.selectFrom('keys').select('id').limit(1).execute()),
    check('telemetry', () => telemetry.read.selectFrom('runs').select('id').limit(1).execute()),
    check('datasets', () => datasets.of(defaultProject)),
    check('jq', () => probeJq(parts)),
    check('sql', () => parts.sql.probe(probeMs)),
  ])
  const ready = checks.every(each => each.problem === null)
  // The bucket and databases may be away for as long as they like: this installation works without them.
  return { ready, checks: [...checks, ...(await databases), ...checkSync(parts.sync)] }
}

async function checkDatabases({ postgres }: PlatformParts) {
  const found = await postgres.problems(probeMs)
  return found.map(({ name, problem }) => ({ name: `postgres ${name}`, problem }))
}

function checkSync(sync: Sync | undefined) {
  return sync === undefined ? [] : [{ name: 'sync', problem: sync.status().code?.toLowerCase() ?? null }]
}

async function check(name: string, probe: () => Promise<unknown>) {
  try {
    await probe()
    return { name, problem: null }
  } catch {
    return { name, problem: 'does not answer' }
  }
}

function probeJq({ jq }: PlatformParts) {
  const question = { program: '1', variables: {}, input: { kind: 'none' }, mode: 'document' } as const
  return jq.run(
    { ...question, caller: 'readiness', limits, policy: 'stranger' },
    { signal: AbortSignal.timeout(probeMs), onItems: () => {} },
  )
}
