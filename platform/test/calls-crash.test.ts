import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openInstallation } from './identity-installation.ts'

const child = fileURLToPath(new URL('./calls-crash-child.ts', import.meta.url))

/** Runs the child until it has made some projects, then kills it at once. */
async function crash(folder: string, owner: string, first: number): Promise<string[]> {
  const running = spawn(process.execPath, ['--conditions=source', child, folder, owner, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const made: string[] = []
  const wanted = 5 + Math.floor(first / 50)
  const exited = once(running, 'exit')
  for await (const line of createInterface({ input: running.stdout })) {
    made.push(line)
    if (made.length >= wanted) running.kill('SIGKILL')
  }
  await exited
  return made
}

it('a kill at any moment loses no acknowledged change and leaves none half recorded', async () => {
  await using home = await openInstallation()
  const acknowledged: string[] = []
  for (let round = 0; round < 4; round++) acknowledged.push(...(await crash(home.folder, home.owner, round * 100)))

  const { read } = home.library
  const projects = await read.selectFrom('projects').select('name').where('name', '!=', 'default').execute()
  const names = projects.map(project => project.name).sort()
  expect(names).toEqual(expect.arrayContaining(acknowledged))
  const lines = await read.selectFrom('audit').select('target').where('outcome', '=', 'ok').execute()
  expect(lines.map(line => line.target).sort()).toEqual(names)
  const records = await read.selectFrom('idempotency').select('key').execute()
  expect(records.map(record => record.key).sort()).toEqual(names)

  const credentials = { bearer: home.owner }
  for (const name of acknowledged) {
    expect((await home.call('projects.create', { name }, { credentials, idempotencyKey: name })).replayed).toBe(true)
  }
})
