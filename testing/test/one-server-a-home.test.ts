import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCommand } from '../src/index.ts'
import { cleanEnvironment, launcher, ServerProcess } from '../src/server-process.ts'

it('a second server on a home is told of the first, which stays reachable', async () => {
  const datasets = await mkdtemp(join(tmpdir(), 'super-data-one-'))
  try {
    await using first = await ServerProcess.open({ datasets })
    const second = await runCommand(process.execPath, {
      args: [launcher, 'serve', '--home', first.home, '--datasets', datasets, '--port', '0'],
      env: cleanEnvironment(),
    })
    expect(second.code).toBe(6)
    expect(second.stderr).toContain(first.url)
    expect(second.stderr).toContain('HOME_IN_USE')
    expect(JSON.parse(await readFile(join(first.home, 'server.json'), 'utf8'))).toMatchObject({ url: first.url })
  } finally {
    await rm(datasets, { recursive: true, force: true })
  }
})
