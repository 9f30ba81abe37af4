import { openPostgres, type PostgresMajor } from '@super-data/testing/postgres'
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import { advice } from './advice.ts'
import { attacks } from './attacks.ts'
import type { Caller } from './caller.ts'
import { changes } from './changes.ts'
import { definitions } from './definitions.ts'
import { everyAction } from './every-action.ts'
import { nothingLeftOut, offered } from './offered.ts'
import { operating } from './operating.ts'
import { resources } from './resources.ts'
import { rows } from './rows.ts'
import { Scene } from './scene.ts'
import { sessions } from './sessions.ts'
import { startUp } from './start-up.ts'

/** The five tools through real MCP clients on one server process, over one major version of PostgreSQL. */
export async function describePostgresDoor(major: PostgresMajor): Promise<void> {
  const postgres = await openPostgres(major)
  const title = postgres
    ? `PostgreSQL ${major} through MCP`
    : `PostgreSQL ${major} is not installed: MCP is not tested on it`

  describe.skipIf(!postgres)(title, () => {
    let scene: Scene
    let alice: Caller
    beforeAll(async () => {
      scene = await Scene.open(postgres!)
      alice = await scene.connect('alice')
    }, 120_000)
    afterAll(async () => {
      await alice?.[Symbol.asyncDispose]()
      await scene?.[Symbol.asyncDispose]()
    })

    // What a failing test leaves open must not make the others fail.
    afterEach(async () => {
      const { items } = await alice.ask('pg_tx', 'list')
      for (const { session } of items) await alice.ask('pg_tx', 'rollback', { session }).catch(() => {})
    })

    const inScene = () => scene
    const asAlice = () => alice
    describe('what is offered', () => offered(inScene, asAlice))
    describe('every action', () => everyAction(inScene, asAlice))
    const hasHypopg = postgres?.hasHypopg ?? false
    describe(`advice ${hasHypopg ? 'with' : 'without'} HypoPG`, () => advice(inScene, asAlice, hasHypopg))
    if (major === 15 && !hasHypopg) it.skip('HypoPG is not installed: advice that was tried is not tested', () => {})
    describe('rows', () => rows(inScene, asAlice))
    describe('attacks', () => attacks(inScene, asAlice))
    describe('changes', () => changes(inScene, asAlice))
    describe('definitions in sessions', () => definitions(inScene, asAlice))
    describe('transaction sessions', () => sessions(inScene, asAlice))
    describe('resources, prompts and completion', () => resources(inScene, asAlice))
    describe('operating', () => operating(inScene, asAlice))
    // What is written in the file of sources does not depend on the major version.
    if (major === 18) describe('starting', () => startUp(inScene))
    describe('and of all that is offered', () => nothingLeftOut(asAlice))
  })
}
