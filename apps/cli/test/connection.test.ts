import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { splitLink } from '../src/commands/join.ts'
import { forgetProfile, profileFile, readProfile, writeProfile } from '../src/profile.ts'
import { chooseWay } from '../src/way.ts'
import { run, temporaryFolder } from './shell.ts'

const saved = { url: 'http://saved:1', key: 'saved-key' }
const running = async () => true
const stopped = async () => false

describe('where a call goes', () => {
  it('what is said now wins over what is set, and what is set over what was saved', async () => {
    const env = { SUPER_DATA_URL: 'http://env:1', SUPER_DATA_API_KEY: 'env-key' }
    expect(await chooseWay({ url: 'http://flag:1', key: 'k' }, env, saved, running)).toMatchObject({
      url: 'http://flag:1',
      key: 'k',
    })
    expect(await chooseWay({ home: '/h' }, env, saved, running)).toMatchObject({ to: 'home', home: '/h' })
    expect(await chooseWay({}, env, saved, running)).toMatchObject({ url: 'http://env:1', key: 'env-key' })
    expect(await chooseWay({}, { SUPER_DATA_HOME: '/e' }, saved, running)).toMatchObject({ to: 'home' })
    expect(await chooseWay({}, {}, saved, running)).toMatchObject({ url: 'http://saved:1', key: 'saved-key' })
    expect(await chooseWay({}, {}, undefined, running)).toMatchObject({ to: 'home' })
  })

  it('a key that is set never goes to another server than the one that is set', async () => {
    const env = { SUPER_DATA_URL: 'http://env:1/', SUPER_DATA_API_KEY: 'env-key' }
    expect(await chooseWay({ url: 'http://other:1' }, env, undefined, running)).toMatchObject({ key: undefined })
    expect(await chooseWay({ url: 'http://env:1' }, env, undefined, running)).toMatchObject({ key: 'env-key' })
    const alone = { SUPER_DATA_API_KEY: 'env-key' }
    expect(await chooseWay({ url: 'http://other:1' }, alone, undefined, running)).toMatchObject({ key: 'env-key' })
  })

  it('a saved key never goes to another server', async () => {
    const way = await chooseWay({ url: 'http://other:1' }, {}, saved, running)
    expect(way).toMatchObject({ url: 'http://other:1', key: undefined })
  })

  it('while a saved server of this machine is stopped, its own folders answer', async () => {
    const own = { ...saved, home: '/data/.super-data', datasets: '/data' }
    expect(await chooseWay({}, {}, own, stopped)).toMatchObject({
      to: 'home',
      home: '/data/.super-data',
      datasets: '/data',
    })
    expect(await chooseWay({}, {}, own, running)).toMatchObject({ to: 'server' })
    expect(await chooseWay({}, {}, saved, stopped)).toMatchObject({ to: 'server' })
  })

  it('a key without a server is a mistake', async () => {
    await expect(chooseWay({ key: 'k' }, {}, undefined, running)).rejects.toMatchObject({ code: 'CLI_USAGE' })
  })
})

describe('the saved connection', () => {
  it('is readable by its owner alone, and comes back as it was', async () => {
    const env = { XDG_CONFIG_HOME: temporaryFolder() }
    const file = await writeProfile(env, saved)
    expect(file).toBe(join(env.XDG_CONFIG_HOME, 'super-data', 'connection.json'))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await readProfile(env)).toEqual(saved)
    await writeProfile(env, { ...saved, key: 'new' })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect((await readProfile(env))?.key).toBe('new')
  })

  it('is forgotten by leave', async () => {
    const cwd = temporaryFolder()
    const env = { XDG_CONFIG_HOME: cwd }
    await writeProfile(env, saved)
    const { code } = await run(['leave'], { cwd, env })
    expect(code).toBe(0)
    expect(await readProfile(env)).toBeUndefined()
    await forgetProfile(env)
  })

  it('that was damaged is reported, and never its content', async () => {
    const cwd = temporaryFolder()
    const env = { XDG_CONFIG_HOME: cwd, SUPER_DATA_HOME: '' }
    mkdirSync(dirname(profileFile(env)), { recursive: true })
    writeFileSync(profileFile(env), '{"key":"secret-key"')
    const { code, err } = await run(['tools', 'list'], { cwd, env })
    expect(code).toBe(2)
    expect(err).toContain('CLI_PROFILE_INVALID')
    expect(err).not.toContain('secret-key')
  })
})

describe('a server', () => {
  it('gets the key, the project and the fields', async () => {
    const asked: unknown[] = []
    const url = await serve((request, body) => {
      asked.push([request.method, request.url, request.headers.authorization, body && JSON.parse(body)])
      const item = { name: 'top', state: 'draft', parameters: { properties: { n: {} } } }
      return { status: 200, body: { items: [item], cursor: 'next page' } }
    })
    const { code, out, err } = await run(['tools', 'list', '--state', 'draft', '--limit', '5', '--project', 'sales'], {
      env: { SUPER_DATA_URL: url, SUPER_DATA_API_KEY: 'sd_1' },
    })
    expect(code).toBe(0)
    expect(asked).toEqual([['GET', '/api/v1/projects/sales/tools?limit=5&state=draft', 'Bearer sd_1', '']])
    expect(out).toBe('name  state  parameters\n────  ─────  ──────────\ntop   draft  n?\n')
    expect(err).toBe(
      "There is more: super-data tools list --project sales --limit 5 --state draft --cursor 'next page'\n",
    )
  })

  it('answers questions, and says how to read on and how to save them', async () => {
    const url = await serve((_, body) => {
      expect(JSON.parse(body)).toEqual({ engine: 'sql', text: 'SELECT $min', params: { min: 1 }, maxRows: 1 })
      const answer = {
        count: 1,
        truncated: { by: 'rows', handle: 'result_1' },
        source: [],
        elapsedMs: 1.25,
        runId: 'run_1',
      }
      return { status: 200, body: { ...answer, columns: [{ name: 'x', type: 'INTEGER' }], rows: [[1]] } }
    })
    const words = ['ask', 'SELECT $min', '--param', 'min=1', '--max-rows', '1', '--url', url, '--project', 'sales']
    const { code, out, err } = await run(words)
    expect(code).toBe(0)
    expect(out).toBe('x\n─\n1\n')
    expect(err).toContain('Cut short by rows. Read on: super-data queries read result_1')
    expect(err).toContain('1 row in 1.3 ms. Save it: super-data save NAME --from-run run_1')
  })

  it('--json prints exactly what it said', async () => {
    const answer = { count: 1, truncated: false, value: { a: 1 }, source: [], elapsedMs: 1, runId: 'run_1' }
    const url = await serve(() => ({ status: 200, body: answer }))
    const { out, err } = await run(['ask', '.', '--json', '--url', url, '--project', 'p'])
    expect(JSON.parse(out)).toEqual(answer)
    expect(err).toBe('')
  })

  it('refuses with its own code, kind and request id', async () => {
    const problem = {
      code: 'TOOL_MISSING',
      kind: 'missing',
      detail: 'there is no tool `x`',
      retryable: false,
      requestId: 'req_7',
    }
    const url = await serve(() => ({ status: 404, body: problem }))
    const { code, err } = await run(['tools', 'get', 'x', '--url', url, '--project', 'p'])
    expect(code).toBe(5)
    expect(err).toBe('error: there is no tool `x`\ncode:  TOOL_MISSING (request req_7)\n')
  })

  it('types the flags of a tool by its own parameters', async () => {
    const parameters = { type: 'object', properties: { min: { type: 'integer' }, zip: { type: 'string' } } }
    const asked: unknown[] = []
    const url = await serve((request, body) => {
      if (request.method === 'GET') return { status: 200, body: { name: 'top', definition: { parameters } } }
      asked.push(JSON.parse(body))
      return { status: 200, body: { count: 1, truncated: false, value: 1, source: [], elapsedMs: 1, runId: 'r' } }
    })
    const { code, out } = await run(['run', 'top', '--min', '5', '--zip', '01234', '--url', url, '--project', 'p'])
    expect(code).toBe(0)
    expect(out).toBe('1\n')
    expect(asked).toEqual([{ params: { min: 5, zip: '01234' } }])
  })

  it('-v says which way was taken', async () => {
    const url = await serve(() => ({ status: 200, body: { items: [], cursor: null } }))
    const { err } = await run(['projects', 'list', '-v', '--url', url])
    expect(err).toContain(`to the server at ${url} (--url)`)
  })

  it('a call that is cancelled ends with 130', async () => {
    const controller = new AbortController()
    const url = await serve(() => {
      controller.abort()
      return { status: 200, body: {} }
    })
    const { code } = await run(['projects', 'list', '--url', url], { signal: controller.signal })
    expect(code).toBe(130)
  })

  it('gives a key for an invitation link, saved for the next command', async () => {
    const cwd = temporaryFolder()
    const asked: unknown[] = []
    const url = await serve((request, body) => {
      asked.push([request.url, JSON.parse(body)])
      const key = { secret: 'sd_new', project: 'sales' }
      return { status: 200, body: { user: { name: 'anna' }, key, clients: [] } }
    })
    const { code, out } = await run(['join', `${url}/invite#abcdefghijklmnopqrstuvwxyz`], { cwd })
    expect(code).toBe(0)
    expect(asked).toEqual([['/api/v1/invitations/redeem', { token: 'abcdefghijklmnopqrstuvwxyz' }]])
    expect(out).toContain('Welcome, anna.')
    expect(out).toContain('sd_new')
    expect(out).toContain('claude mcp add')
    expect(JSON.parse(readFileSync(join(cwd, '.config/super-data/connection.json'), 'utf8'))).toEqual({
      url,
      key: 'sd_new',
      project: 'sales',
    })
  })
})

describe('an invitation link', () => {
  it('names the server and the token, below a path too', () => {
    expect(splitLink('https://a.example/invite#tok')).toEqual({ url: 'https://a.example', token: 'tok' })
    expect(splitLink('http://h:8080/data/invite#tok')).toEqual({ url: 'http://h:8080/data', token: 'tok' })
  })

  it.each(['tok', 'ftp://a/invite#tok', 'https://a.example/invite', ''])('%j is not one', link => {
    expect(() => splitLink(link)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }))
  })
})

type Reply = { status: number; body: unknown }

/** A server that answers as told, for one test. */
async function serve(
  reply: (request: { method?: string; url?: string; headers: { authorization?: string } }, body: string) => Reply,
): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { status, body } = reply(request as never, Buffer.concat(chunks).toString())
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
