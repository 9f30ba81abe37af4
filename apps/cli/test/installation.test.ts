import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { caughtShell, keptFolder, run, temporaryFolder } from './shell.ts'

const launcher = fileURLToPath(new URL('../bin/super-data.js', import.meta.url))

const orders = `id,customer,status,total
1,anna,paid,120.5
2,ben,open,80
3,anna,paid,42
4,cleo,open,9.9
5,anna,paid,300
`

/** A folder with a CSV and a JSON file. */
function dataFolder(folder = temporaryFolder()): string {
  writeFileSync(join(folder, 'orders.csv'), orders)
  writeFileSync(join(folder, 'people.json'), JSON.stringify([{ name: 'anna' }, { name: 'ben' }]))
  return folder
}

/** No home is set: the saved connection decides. */
const unset = { SUPER_DATA_HOME: '' }

const quiet = { SUPER_DATA_LOG_LEVEL: 'silent' }

describe('try FOLDER', () => {
  const { folder: cwd, remove } = keptFolder()
  let tried: Awaited<ReturnType<typeof run>>
  beforeAll(async () => {
    mkdirSync(join(cwd, 'exports'))
    dataFolder(join(cwd, 'exports'))
    tried = await run(['try', 'exports', '--once', '--yes', '--port', '0'], { cwd, env: unset })
  })
  afterAll(remove)

  it('finds the data, serves it and answers a first question', () => {
    expect(tried).toMatchObject({ code: 0 })
    expect(tried.out).toMatch(/Found 2 datasets:/)
    expect(tried.out).toMatch(/orders +csv +5/)
    expect(tried.out).toMatch(/The server answers at http:\/\/127\.0\.0\.1:\d+/)
    expect(tried.out).toContain('SELECT status, count(*) AS count FROM orders GROUP BY 1')
    expect(tried.out).toMatch(/paid +3/)
  })

  it('writes .mcp.json with consent, and saves the connection', () => {
    const settings = JSON.parse(readFileSync(join(cwd, '.mcp.json'), 'utf8'))
    expect(settings.mcpServers['super-data'].url).toMatch(/\/mcp$/)
    const file = join(cwd, '.config/super-data/connection.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ home: join(cwd, 'exports/.super-data') })
  })

  it('prints commands that work as they are: ask, save, publish, call', async () => {
    const [, ...commands] = tried.out.slice(tried.out.indexOf('Next')).trim().split('\n')
    const words = commands.map(line => shellWords(line.trim()).slice(1))
    expect(words.map(([first]) => first)).toEqual(['ask', 'save', 'run', 'users'])
    for (const command of words) expect(await run(command, { cwd, env: unset })).toMatchObject({ code: 0 })
    const called = await run(words[2]!, { cwd, env: unset })
    expect(called.out).toMatch(/paid +3/)
  })

  it('a second try keeps the key and the settings', async () => {
    const before = readFileSync(join(cwd, '.config/super-data/connection.json'), 'utf8')
    const port = new URL(JSON.parse(before).url).port
    const again = await run(['try', 'exports', '--once', '--yes', '--port', port], { cwd, env: unset })
    expect(again.code).toBe(0)
    expect(again.out).toContain('.mcp.json has super-data already')
    expect(readFileSync(join(cwd, '.config/super-data/connection.json'), 'utf8')).toBe(before)
  })

  it('without anybody to ask prints the settings instead of writing them', async () => {
    const folder = dataFolder()
    const { code, out } = await run(['try', '.', '--once', '--port', '0'], { cwd: folder, env: unset })
    expect(code).toBe(0)
    expect(out).toContain('claude mcp add --transport http super-data')
    expect(() => statSync(join(folder, '.mcp.json'))).toThrow('ENOENT')
  })

  it('serves until Ctrl-C', async () => {
    const folder = dataFolder()
    const controller = new AbortController()
    const running = run(['try', '.', '--no', '--port', '0'], { cwd: folder, env: unset, signal: controller.signal })
    const profile = join(folder, '.config/super-data/connection.json')
    await expect.poll(() => canRead(profile), { timeout: 20_000 }).toBe(true)
    const { url } = JSON.parse(readFileSync(profile, 'utf8'))
    expect((await fetch(`${url}/health`)).ok).toBe(true)
    const listed = await run(['datasets', 'list', '-v'], { cwd: folder, env: unset })
    expect(listed.err).toContain(`to the server at ${url} (the saved connection)`)
    expect(listed.out).toMatch(/orders +csv/)
    await expect.poll(async () => (await run(['queries', 'runs'], { cwd: folder, env: unset })).out).toContain('orders')
    controller.abort()
    expect(await running).toMatchObject({ code: 0 })
  })

  it('says what is missing', async () => {
    const empty = await run(['try', '.', '--once', '--no'], { env: unset })
    expect(empty).toMatchObject({ code: 5, err: expect.stringContaining('CLI_DATA_MISSING') })
    const nowhere = await run(['try', 'nowhere', '--once', '--no'], { env: unset })
    expect(nowhere).toMatchObject({ code: 5, err: expect.stringContaining('nowhere cannot be read (ENOENT)') })
  })
})

describe('init', () => {
  it('makes a home, prints its key once, and a seed that can be asked and called', async () => {
    const cwd = temporaryFolder()
    const first = await run(['init', '--seed', '--json'], { cwd })
    expect(JSON.parse(first.out)).toMatchObject({ ownerKey: expect.stringMatching(/^sd_/), seeded: true })
    const asked = await run(['ask', 'SELECT count(*) AS n FROM coffee', '--json'], { cwd })
    expect(JSON.parse(asked.out)).toMatchObject({ rows: [[9]] })
    const called = await run(['run', 'cups_by_drink', '--min', '30', '--json'], { cwd })
    expect(JSON.parse(called.out)).toMatchObject({
      rows: [
        ['espresso', 124],
        ['flat white', 31],
      ],
    })
    const again = await run(['init', '--json'], { cwd })
    expect(JSON.parse(again.out)).toMatchObject({ ownerKey: null, seeded: false })
  })

  it('never adds a seed to data that is there', async () => {
    const cwd = temporaryFolder()
    mkdirSync(join(cwd, 'data/datasets'), { recursive: true })
    dataFolder(join(cwd, 'data/datasets'))
    const { out } = await run(['init', '--seed', '--json'], { cwd })
    expect(JSON.parse(out)).toMatchObject({ seeded: false })
  })
})

describe('in this process', () => {
  it('errors carry the code, the exit code and a request id', async () => {
    const { code, err } = await run(['tools', 'get', 'nothing', '--json'])
    expect(code).toBe(5)
    expect(JSON.parse(err)).toMatchObject({ kind: 'missing', requestId: expect.stringMatching(/^req_/) })
  })

  it('a setting that does not exist is refused, with the one that was meant', async () => {
    const { code, err } = await run(['tools', 'list'], { env: { SUPER_DATA_PROT: '1' } })
    expect(code).toBe(2)
    expect(err).toContain('SUPER_DATA_PROT: no such setting; did you mean SUPER_DATA_PORT?')
  })
})

describe('config', () => {
  it('shows every setting, and never a secret', async () => {
    const env = {
      SUPER_DATA_PORT: '9000',
      ADMIN_API_KEY: 'a-very-secret-admin-key',
      SUPER_DATA_API_KEY: 'another-secret',
    }
    const { code, out } = await run(['config', '--json'], { env })
    expect(code).toBe(0)
    const byName = Object.fromEntries(JSON.parse(out).map((setting: { env: string }) => [setting.env, setting]))
    expect(byName['SUPER_DATA_PORT']).toMatchObject({ value: 9000, default: 8080, set: true })
    expect(byName['ADMIN_API_KEY']).toMatchObject({ value: '[secret]', set: true })
    expect(byName['SUPER_DATA_URL']).toMatchObject({ set: false })
    const shown = await run(['config'], { env })
    const help = await run(['config', '--help'], { env })
    for (const text of [out, shown.out, help.out]) expect(text).not.toContain('secret-admin')
    for (const name of Object.keys(byName)) expect(help.out).toContain(name)
  })

  it('shows what is wrong with a setting instead of refusing to say anything', async () => {
    const { code, out } = await run(['config'], { env: { SUPER_DATA_PORT: 'many' } })
    expect(code).toBe(0)
    expect(out).toMatch(/SUPER_DATA_PORT +\S.*number/)
  })
})

describe('doctor', () => {
  it('finds nothing wrong with a fresh home, and changes nothing', async () => {
    const cwd = temporaryFolder()
    const { code, out } = await run(['doctor', '--json'], { cwd, env: { SUPER_DATA_PORT: '0' } })
    const findings = JSON.parse(out)
    expect(findings.filter(({ state }: { state: string }) => state === 'failed')).toEqual([])
    expect(findings.map(({ check }: { check: string }) => check)).toEqual(
      expect.arrayContaining(['node', 'home', 'datasets', 'engine sql', 'engine jq', 'system jq', 'port']),
    )
    expect(code).toBe(0)
    expect(() => statSync(join(cwd, 'data'))).toThrow('ENOENT')
  })

  it('fails on a damaged database, and names it', async () => {
    const cwd = temporaryFolder()
    expect(await run(['init', '--json'], { cwd })).toMatchObject({ code: 0 })
    const file = join(cwd, 'data/database/tools.db')
    truncateSync(file, 5_000)
    const { code, out } = await run(['doctor'], { cwd, env: { SUPER_DATA_PORT: '0' } })
    expect(out).toMatch(/database tools\.db +failed/)
    expect(code).toBe(1)
  })

  it('reports wrong settings as a finding', async () => {
    const { code, out } = await run(['doctor', '--json'], { env: { SUPER_DATA_PORT: 'many' } })
    expect(code).toBe(1)
    expect(JSON.parse(out)).toContainEqual(expect.objectContaining({ check: 'settings', state: 'failed' }))
  })
})

describe('serve', () => {
  it('prints the address, and the owner key with client settings on the first start only', async () => {
    const cwd = dataFolder()
    const first = await startServer(cwd)
    expect(first.out()).toMatch(/Your owner key \(shown this once.*\n\n {2}sd_/)
    expect(first.out()).toContain('claude mcp add --transport http')
    const key = /sd_[A-Za-z0-9_-]+/.exec(first.out())![0]
    const env = { SUPER_DATA_URL: first.url, SUPER_DATA_API_KEY: key, SUPER_DATA_HOME: '' }
    const asked = await run(['ask', 'SELECT sum(total) AS total FROM orders', '--json'], { env })
    expect(JSON.parse(asked.out)).toMatchObject({ rows: [[552.4]] })
    expect(await run(['whoami'], { env })).toMatchObject({ code: 2 })
    expect(await run(['identity', 'whoami', '--key', 'sd_wrong', '--url', first.url])).toMatchObject({ code: 3 })
    expect(await first.stop('SIGTERM')).toBe(0)
    const second = await startServer(cwd)
    expect(second.out()).not.toContain('sd_')
    expect(await second.stop('SIGINT')).toBe(0)
  })

  it('invites a colleague, who joins with the link', async () => {
    const cwd = dataFolder()
    const server = await startServer(cwd)
    const key = /sd_[A-Za-z0-9_-]+/.exec(server.out())![0]
    const env = { SUPER_DATA_URL: server.url, SUPER_DATA_API_KEY: key, SUPER_DATA_HOME: '' }
    const invited = await run(['users', 'invite', 'ben', '--json'], { env })
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
    const second = await run(['serve', '--port', port, '--home', join(cwd, 'other')], { cwd, env: quiet })
    expect(second).toMatchObject({ code: 8, err: expect.stringContaining('CLI_PORT_TAKEN') })
    await server.stop('SIGTERM')
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

function startProcess(cwd: string, words: readonly string[]): Started {
  const { shell } = caughtShell({ cwd })
  const env = { PATH: process.env['PATH'], XDG_CONFIG_HOME: shell.env['XDG_CONFIG_HOME'] }
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

async function startServer(cwd: string) {
  const child = startProcess(cwd, ['serve', '--port', '0', '--home', 'home', '--datasets', '.'])
  await expect.poll(() => child.out() + child.err(), { timeout: 20_000 }).toMatch(/answers at http:\S+\n/)
  return {
    ...child,
    url: /answers at (http:\S+)\n/.exec(child.out())![1]!,
    stop: (signal: NodeJS.Signals) => {
      child.process.kill(signal)
      return child.ended
    },
  }
}

function canRead(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined
}

/** A printed command as a shell would take it apart; comments end it. */
function shellWords(line: string): string[] {
  const words = line.replace(/ {3}# .*$/, '').matchAll(/'((?:[^']|'\\'')*)'|(\S+)/g)
  return [...words].map(([, quoted, plain]) => quoted?.replaceAll(`'\\''`, "'") ?? plain!)
}
