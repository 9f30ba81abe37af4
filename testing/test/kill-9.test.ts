import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { crashRounds } from '../src/crash-rounds.ts'

const rounds = Number(process.env['TEST_CRASH_ROUNDS'] ?? (process.env['SUPER_DATA_TORTURE'] ? 200 : 20))
const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000)

it(`a server that is killed ${rounds} times in the middle of writes keeps every acknowledged one (seed ${seed})`, async () => {
  const home = await mkdtemp(join(tmpdir(), 'super-data-crash-'))
  try {
    const report = await crashRounds({ rounds, seed, home, datasets: join(home, 'datasets') })
    console.log(`seed ${seed}: ${JSON.stringify(report)}`)
    expect(report).toMatchObject({ lost: [], unrecorded: [], damage: [] })
    for (const count of Object.values(report.acknowledged)) expect(count).toBeGreaterThan(0)
    expect(report.slowestRestartMs).toBeLessThan(15_000)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}, 1_800_000)
