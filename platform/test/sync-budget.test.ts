import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { stampAt } from '../src/stamps.ts'
import { openBucket } from './sync-faulty-store.ts'
import { databaseKey, openInstallation, syncNow } from './sync-installation.ts'
import type { Whole } from './whole-platform.ts'

const toolsMax = 5_000
/** Five times what is promised: the promise itself is measured, not tested. */
const longestMs = 10_000

/** Approved tools as an import would have made them, written in one go. */
function addTools(whole: Whole, count: number): void {
  using file = new DatabaseSync(whole.settings.libraryFile)
  const { id: project } = file.prepare('select id from projects').get() as { id: string }
  const { id: user } = file.prepare(`select id from users where role = 'owner'`).get() as { id: string }
  const now = Date.now() - count
  const definition = (n: number) =>
    JSON.stringify({
      ...{ description: `Question ${n}: ${'what is asked here, in a sentence or two. '.repeat(4)}`, engine: 'jq' },
      ...{ sources: [], text: `[range(0; ${n})] | map(select(. % 2 == 0)) | length`, mode: 'document' },
      parameters: { type: 'object', properties: {}, additionalProperties: false },
    })
  file.exec('begin')
  for (let n = 0; n < count; n++) {
    const made = { created_by: user, created_at: now + n }
    const stamp = (counter: number) => `${stampAt(now + n)}${counter.toString().padStart(4, '0')}-made`
    const tool = { id: `tool_${n}`, project_id: project, name: `tool_${n}`, origin: 'manual', stamp: stamp(0) }
    insert(file, 'tools', { ...tool, ...made })
    const content = { definition: definition(n), description: '', pins: '[]', hash: `hash-${n}`, stamp: stamp(1) }
    insert(file, 'versions', { id: `version_${n}`, kind: 'tool', owner_id: tool.id, ...content, ...made })
    const review = { review: 'import', votes_needed: 0, policy: '{}', justification: '', checks: '{}' }
    insert(file, 'submissions', {
      ...{ id: `submission_${n}`, version_id: `version_${n}`, hash: content.hash, ...review, submitted_by: user },
      ...{ submitted_at: now + n, expires_at: now + n + 1, stamp: stamp(2) },
    })
  }
  file.exec('commit')
}

function insert(file: DatabaseSync, table: string, row: Record<string, string | number>): void {
  const columns = Object.keys(row)
  const text = `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`
  file.prepare(text).run(...Object.values(row))
}

it(`syncs one change among ${toolsMax} tools in two requests, in good time`, {
  timeout: 300_000,
}, async () => {
  const bucket = openBucket()
  await using a = await openInstallation(bucket)
  addTools(a, toolsMax)
  await syncNow(a)
  await using b = await openInstallation(bucket)
  const times: number[] = []
  const merges: number[] = []
  for (let round = 0; round < 3; round++) {
    await a.ask('tools.create', { tool: `new_${round}`, description: 'A question.', engine: 'jq', text: '1' })
    bucket.take()
    const started = performance.now()
    const run = await syncNow(a)
    times.push(performance.now() - started)
    expect(run).toMatchObject({ outcome: 'synced', requests: 2 })
    expect(bucket.take()).toHaveLength(2)
    const merging = performance.now()
    expect(await syncNow(b)).toMatchObject({ code: null, outcome: 'synced', requests: 2, rowsPushed: 0 })
    merges.push(performance.now() - merging)
  }
  expect(await syncNow(a)).toMatchObject({ outcome: 'unchanged', requests: 1 })
  const bytes = (await bucket.bytes(databaseKey)).byteLength
  const rounded = (all: number[]) => all.map(Math.round).join(', ')
  console.log(`push: ${rounded(times)} ms; merge: ${rounded(merges)} ms; object: ${bytes} bytes`)
  expect(Math.min(...times)).toBeLessThan(longestMs)
  expect(Math.min(...merges)).toBeLessThan(longestMs)
})
