import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dataFolder, unset } from './data-folder.ts'
import { caughtShell, run, temporaryFolder } from './shell.ts'

const launcher = fileURLToPath(new URL('../bin/super-data.js', import.meta.url))

const quiet = { SUPER_DATA_LOG_LEVEL: 'silent' }

describe('serve', () => {
  it('prints the address, and the owner key with client settings on the first start only', async () => {
    const cwd = dataFolder()
    const first = await startServer(cwd)
    expect(first.out()).toMatch(/Your owner key \(shown this once.*\n\n {2}sd_/)
    expect(first.out()).toContain('claude mcp add --transport http')
    const key = await first.ownerKey()
    const env = { SUPER_DATA_URL: first.url, SUPER_DATA_API_KEY: key, SUPER_DATA_HOME: '' }
    const asked = await run(['ask', 'SELECT sum(total) AS total FROM orders', '--json'], { env })
    expect(JSON.parse(asked.out)).toMatchObject({ rows: [[552.4]] })
    expect(await run(['whoami'], { env })).toMatchObject({ code: 0, out: expect.stringContaining('owner') })
    const checked = await run(['doctor', '--json'], { env })
    expect(JSON.parse(checked.out)).toContainEqual(
      expect.objectContaining({ check: 'connection', state: 'ok', found: expect.stringContaining(first.url) }),
    )
    expect(await run(['identity', 'whoami', '--key', 'sd_wrong', '--url', first.url])).toMatchObject({ code: 3 })
    expect(await first.stop('SIGTERM')).toBe(0)
    const second = await startServer(cwd)
    expect(second.out()).not.toContain('sd_')
    expect(await second.stop('SIGINT')).toBe(0)
  })

  it('is looked at by doctor: it may answer, and not share its library any more', async () => {
    const bucket = temporaryFolder()
    const sharing = { SUPER_DATA_S3_BUCKET: 'team', SUPER_DATA_S3_ENDPOINT: pathToFileURL(bucket).href }
    const server = await startServer(dataFolder(), sharing)
    const key = await server.ownerKey()
    const env = { SUPER_DATA_URL: server.url, SUPER_DATA_API_KEY: key, SUPER_DATA_HOME: '' }
    const found = async () => {
      const findings = JSON.parse((await run(['doctor', '--json'], { env })).out) as { check: string }[]
      return findings.find(({ check }) => check === 'server')
    }
    expect((await run(['sync', 'now'], { env })).code).toBe(0)
    expect(await found()).toEqual({ check: 'server', state: 'ok', found: 'ready' })
    for (const name of readdirSync(bucket)) rmSync(join(bucket, name), { recursive: true })
    await run(['functions', 'create', 'def f: 1;'], { env })
    await run(['sync', 'now'], { env })
    expect(await found()).toMatchObject({ state: 'warning', found: expect.stringMatching(/^ready; sync: \w+$/) })
    await server.stop('SIGTERM')
  })

  it('invites a colleague, who joins with the link', async () => {
    const cwd = dataFolder()
    const server = await startServer(cwd)
    const key = await server.ownerKey()
    const env = { SUPER_DATA_URL: server.url, SUPER_DATA_API_KEY: key, SUPER_DATA_HOME: '' }
    const invited = await run(['users', 'invite', 'ben', '--json'], { env })
    const told = await run(['users', 'invite', 'cleo'], { env })
    expect(told.err).toMatch(/^Send cleo: npx super-data join 'http:.*invite#\S+'\n$/)
    const home = temporaryFolder()
    expect(await run(['join', JSON.parse(invited.out).link], { cwd: home, env: unset })).toMatchObject({ code: 0 })
    const who = await run(['identity', 'whoami', '--json'], { cwd: home, env: unset })
    expect(JSON.parse(who.out)).toMatchObject({ user: { name: 'ben' } })
    expect(await run(['users', 'list'], { cwd: home, env: unset })).toMatchObject({ code: 4 })
    await server.stop('SIGTERM')
  })

  it('says so when the port is taken', async () => {
    const cwd = dataFolder()
    const server = await startServer(cwd)
    const { port } = new URL(server.url)
    const second = await run(['serve', '--transport=http', `--port=${port}`, '--home', join(cwd, 'other')], {
      cwd,
      env: quiet,
    })
    expect(second).toMatchObject({ code: 8, err: expect.stringContaining('CLI_PORT_TAKEN') })
    await server.stop('SIGTERM')
    expect(await run(['serve', '--transport=pigeon'], { cwd, env: quiet })).toMatchObject({ code: 2 })
  })

  it('--stdio speaks MCP, and standard output carries nothing else', async () => {
    const cwd = dataFolder()
    const child = startProcess(cwd, ['serve', '--stdio', '--home', 'home', '--datasets', '.'])
    const initialize = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'test', version: '1' },
    }
    child.send({ jsonrpc: '2.0', id: 1, method: 'initialize', params: initialize })
    await expect.poll(() => child.out(), { timeout: 20_000 }).toContain('"id":1')
    child.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
    child.send({ jsonrpc: '2.0', id: 2, method: 'tools/list' })
    await expect.poll(() => child.out(), { timeout: 20_000 }).toContain('"id":2')
    child.process.stdin!.end()
    expect(await child.ended).toBe(0)
    for (const line of child.out().trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' })
    expect(child.err()).toContain('Your owner key')
  })
})

interface Started {
  readonly process: ChildProcess
  readonly ended: Promise<number | null>
  out(): string
  err(): string
  send(message: unknown): void
}

function startProcess(cwd: string, words: readonly string[], settings: Readonly<Record<string, string>> = {}): Started {
  const { shell } = caughtShell({ cwd })
  const env = { PATH: process.env['PATH'], XDG_CONFIG_HOME: shell.env['XDG_CONFIG_HOME'], ...settings }
  const child = spawn(process.execPath, [launcher, ...words], { cwd, env: env as NodeJS.ProcessEnv })
  const texts = { out: '', err: '' }
  child.stdout.on('data', chunk => (texts.out += chunk))
  child.stderr.on('data', chunk => (texts.err += chunk))
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    process: child,
    ended: new Promise(resolve => child.on('close', resolve)),
    out: () => texts.out,
    err: () => texts.err,
    send: message => child.stdin.write(`${JSON.stringify(message)}\n`),
  }
}

async function startServer(cwd: string, env: Readonly<Record<string, string>> = {}) {
  const child = startProcess(cwd, ['serve', '--port', '0', '--home', 'home', '--datasets', '.'], env)
  await expect.poll(() => child.out() + child.err(), { timeout: 20_000 }).toMatch(/answers at http:\S+\n/)
  return {
    ...child,
    url: /answers at (http:\S+)\n/.exec(child.out())![1]!,
    /** Of a first start: it is printed after the address. */
    ownerKey: async () => {
      await expect.poll(child.out).toMatch(/sd_\S+\n/)
      return /sd_[A-Za-z0-9_-]+/.exec(child.out())![0]
    },
    stop: (signal: NodeJS.Signals) => {
      child.process.kill(signal)
      return child.ended
    },
  }
}
