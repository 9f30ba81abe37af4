import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { seeded } from '../src/crash-rounds.ts'
import { type Sharer, SharingServers, withoutS3 } from './sync-servers.ts'

const rounds = Number(process.env['TEST_CRASH_ROUNDS'] ?? (process.env['SUPER_DATA_TORTURE'] ? 100 : 6))
const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000)
const skipped = withoutS3 === undefined ? '' : ` (skipped: ${withoutS3})`

/** Writes and syncs until the server is gone. */
async function workUntilGone(sharer: Sharer, prefix: string, acknowledged: Set<string>): Promise<void> {
  const writing = async () => {
    for (let n = 0; ; n++) {
      await sharer.client.functions.create({ definition: `def ${prefix}_${n}: ${n};` })
      acknowledged.add(`${prefix}_${n}`)
    }
  }
  const syncing = async () => {
    for (;;) await sharer.sync()
  }
  await Promise.allSettled([writing(), syncing()])
}

async function namesOf(sharer: Sharer): Promise<Set<string>> {
  const names = new Set<string>()
  for (let cursor: string | undefined; ; ) {
    const page = await sharer.client.functions.list({ limit: 1_000, ...(cursor === undefined ? {} : { cursor }) })
    for (const item of page.items) names.add(item.name)
    if (page.cursor === null) return names
    cursor = page.cursor
  }
}

it.skipIf(withoutS3 !== undefined)(
  `a server that is killed ${rounds} times while it syncs loses nothing, and the other hears of all (seed ${seed})${skipped}`,
  async () => {
    const home = await mkdtemp(join(tmpdir(), 'super-data-sync-kill-'))
    const chance = seeded(seed)
    const acknowledged = new Set<string>()
    try {
      await using sharing = await SharingServers.open()
      const witness = await sharing.start()
      for (let round = 0; round < rounds; round++) {
        const env = { SUPER_DATA_SYNC_ON_CHANGE: String(round % 2 === 1) }
        const victim = await sharing.start({ home, env })
        const working = workUntilGone(victim, `r${round}`, acknowledged)
        await sleep(30 + chance() * 700)
        await victim.server.kill()
        await working
        await witness.client.functions.create({ definition: `def w${round}: 0;` })
        acknowledged.add(`w${round}`)
        expect(await witness.sync()).toMatchObject({ code: null })
      }
      const survivor = await sharing.start({ home })
      for (const sharer of [survivor, witness, survivor]) expect(await sharer.sync()).toMatchObject({ code: null })
      const names = await namesOf(witness)
      expect([...acknowledged].filter(name => !names.has(name))).toEqual([])
      expect(survivor.rows()).toEqual(witness.rows())
      expect([...survivor.damage(), ...witness.damage()]).toEqual([])
      console.log(`seed ${seed}: ${acknowledged.size} acknowledged in ${rounds} rounds, 0 lost`)
      expect(acknowledged.size).toBeGreaterThan(rounds)
    } finally {
      await rm(home, { recursive: true, force: true, maxRetries: 3 })
    }
  },
  1_800_000,
)
