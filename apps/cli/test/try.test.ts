import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataFolder, unset } from './data-folder.ts'
import { keptFolder, run } from './shell.ts'

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
    expect(await run([...words[1]!.with(1, 'again'), '--allow-similar'], { cwd, env: unset })).toMatchObject({
      out: expect.stringMatching(/^Saved SELECT .*\nagain is approved, version 1\./),
    })
    const got = await run(['tools', 'get', 'again'], { cwd, env: unset })
    expect(got.out).toContain('\nquery\n  SELECT status, count(*)')
    const called = await run(words[2]!, { cwd, env: unset })
    expect(called.out).toMatch(/paid +3/)
  })

  it('gives a client that starts the process itself the same home and data', async () => {
    const { out } = await run(['mcp', 'config', '--stdio', '--client', 'json', '--json'], { cwd, env: unset })
    const { args } = JSON.parse(JSON.parse(out)[0].content)
    const exports = join(cwd, 'exports')
    expect(args.slice(3)).toEqual(['--home', join(exports, '.super-data'), '--datasets', exports])
    const home = await run(['datasets', 'list', '--home', join(exports, '.super-data')], { cwd, env: unset })
    expect(home.out).toMatch(/orders +csv/)
    const checked = await run(['doctor', '--json'], { cwd, env: { ...unset, SUPER_DATA_PORT: '0' } })
    const findings: { check: string; found: string; state: string }[] = JSON.parse(checked.out)
    expect(findings.find(({ check }) => check === 'connection')).toMatchObject({ state: 'warning' })
    expect(findings.find(({ check }) => check === 'home')?.found).toContain(join(exports, '.super-data'))
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
    const file = await run(['try', 'orders.csv', '--once', '--no'], { cwd: dataFolder(), env: unset })
    expect(file).toMatchObject({ code: 5, err: expect.stringContaining('give its folder') })
    const nowhere = await run(['try', 'nowhere', '--once', '--no'], { env: unset })
    expect(nowhere).toMatchObject({ code: 5, err: expect.stringContaining('nowhere cannot be read (ENOENT)') })
  })
})

function canRead(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined
}

/** A printed command as a shell would take it apart; comments end it. */
function shellWords(line: string): string[] {
  const words = line.replace(/ {3}# .*$/, '').matchAll(/'((?:[^']|'\\'')*)'|(\S+)/g)
  return [...words].map(([, quoted, plain]) => quoted?.replaceAll(`'\\''`, "'") ?? plain!)
}
