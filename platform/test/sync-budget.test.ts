import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { stampAt } from '../src/stamps.ts'
import { openBucket } from './sync-faulty-store.ts'
import { databaseKey, openInstallation, syncNow } from './sync-installation.ts'
import type { Whole } from './whole-platform.ts'

const toolsMax = 5_000
const budgetMs = 2_000

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
  const tool = file.prepare(
    `insert into tools (id, project_id, name, origin, created_by, created_at, stamp) values (?, ?, ?, 'manual', ?, ?, ?)`,
  )
  const version = file.prepare(
    `insert into versions (id, kind, owner_id, definition, description, pins, hash, notes, created_by, created_at, stamp)
     values (?, 'tool', ?, ?, '', '[]', ?, '{}', ?, ?, ?)`,
  )
  const submission = file.prepare(
    `insert into submissions (id, version_id, hash, review, votes_needed, policy, justification, submitted_by,
     submitted_at, expires_at, stamp) values (?, ?, ?, 'import', 0, '{}', '', ?, ?, ?, ?)`,
  )
  for (let n = 0; n < count; n++) {
    const stamp = (counter: number) => `${stampAt(now + n)}${counter.toString().padStart(4, '0')}-made`
    const hash = `hash-${n}`
    tool.run(`tool_${n}`, project, `tool_${n}`, user, now + n, stamp(0))
    version.run(`version_${n}`, `tool_${n}`, definition(n), hash, user, now + n, stamp(1))
    submission.run(`submission_${n}`, `version_${n}`, hash, user, now + n, now + n + 1, stamp(2))
  }
  file.exec('commit')
}

it(`syncs one change among ${toolsMax} tools within ${budgetMs} ms and three requests`, {
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
  // The fastest of the rounds: other work on the machine is not what is measured.
  expect(Math.min(...times)).toBeLessThan(budgetMs)
  expect(Math.min(...merges)).toBeLessThan(budgetMs)
})
