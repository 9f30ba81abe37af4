// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what these tests are about.
import { type ChildProcess, spawn } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

const canary = 'canary-91c4f0e2b7'
const launcher = fileURLToPath(new URL('../../apps/cli/bin/super-data.js', import.meta.url))
const api = '/api/v1/projects/default'

const folder = mkdtempSync(join(tmpdir(), 'super-data-canary-'))
const home = join(folder, 'home')
const answers: string[] = []
let server: ChildProcess
let printed = ''
let url = ''
let key = ''

beforeAll(async () => {
  mkdirSync(join(home, 'datasets'), { recursive: true })
  writeFileSync(join(home, 'datasets', 'numbers.json'), '[1,2,3]')
  writeFileSync(join(folder, 'outside.json'), JSON.stringify([canary]))
  symlinkSync(join(folder, 'outside.json'), join(home, 'datasets', 'linked.json'))
  symlinkSync('/proc/self/environ', join(home, 'datasets', 'environment.csv'))
  const { PATH = '' } = process.env
  server = spawn(process.execPath, [launcher, 'serve', '--port', '0'], {
    cwd: folder,
    env: {
      PATH,
      SECRET_CANARY: canary,
      AWS_SECRET_ACCESS_KEY: canary,
      SUPER_DATA_HOME: home,
      SUPER_DATA_LOG_LEVEL: 'trace',
      SUPER_DATA_QUERY_TIMEOUT_SECONDS: '1',
    },
  })
  for (const stream of [server.stdout!, server.stderr!]) stream.on('data', chunk => (printed += chunk))
  await vi.waitFor(() => expect(printed).toMatch(/claude mcp add/), { timeout: 30_000 })
  url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)![0]
  key = /sd_[\w-]+/.exec(printed)![0]
})

afterAll(() => {
  server.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function send(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  answers.push(JSON.stringify([...response.headers]), await response.text())
  return response.status
}

const ask = (engine: 'jq' | 'sql', text: string, more = {}) => send(`${api}/queries`, { engine, text, ...more })

it('a secret in the environment occurs in no answer, no log line and no file', { timeout: 60_000 }, async () => {
  const jq = ['$ENV', 'env', '$ENV.SECRET_CANARY', '"\\(env.SECRET_CANARY)"', 'input', 'input_filename', '[inputs]']
  const more = [
    'import "/proc/self/environ" as $e; $e',
    'get_search_list',
    '$__loc__',
    '$__prog_args',
    'debug',
    'halt_error',
  ]
  const costly = ['def f: f; f', '[range(1e9)]', 'def f: 1 + f; f', '"x" * 1e9', '[limit(1e8; repeat("x"))] | tojson']
  for (const text of [...jq, ...more, ...costly, 'error(.)', 'error({a: $__loc__})', '.[', '. as {a: $b} | $c'])
    await ask('jq', text, { source: 'numbers' })
  const sql = [
    `select getenv('SECRET_CANARY')`,
    `select * from read_text('/proc/self/environ')`,
    `select * from read_csv('/proc/self/environ')`,
    `select * from '/proc/self/environ'`,
    `select * from duckdb_settings()`,
    `select * from duckdb_secrets()`,
    `select current_setting('home_directory')`,
    `copy (select 1) to '/tmp/x'`,
    `attach '/proc/self/environ' as e`,
    `install httpfs`,
    `select * from numbers, linked`,
    `select * from environment`,
    `select error('x')`,
    `select sum(a.range * b.range) from range(10000000) a, range(10000000) b`,
    `select list(range) from range(1000000000)`,
    `selec`,
    `explain select * from numbers`,
  ]
  for (const text of sql) await ask('sql', text)
  for (const source of ['linked', 'environment', '../outside', '/proc/self/environ'])
    for (const engine of ['jq', 'sql'] as const) await ask(engine, '.', { source })
  await send(`${api}/datasets`)
  await send(`${api}/datasets/linked`)
  await send(`${api}/tools`, { tool: 'spy', description: 'x', engine: 'jq', text: '$ENV' })
  await send(`${api}/functions`, { definition: 'def spy: env;' })
  await send(`${api}/tools`, {
    tool: 'fine',
    description: 'x',
    engine: 'jq',
    text: '"${v}"',
    parameters: { properties: { v: {} } },
  })
  await send(`${api}/tools/fine/submit`, {})
  for (const v of ['\\(env)', '$ENV', '"; env; "', { a: '$ENV' }])
    await send(`${api}/tools/fine/run`, { params: { v } })
  await send(`${api}/tools/fine/run`, '{broken')
  await send(`${api}/tools/fine/run`, '['.repeat(100_000))
  await send(`${api}/nothing/of/the/kind`)
  await send(`${api}/queries`, { engine: 'jq', text: '1' }, { Authorization: 'Bearer sd_wrong' })
  await send(`${api}/queries`, { engine: 'jq', text: '1' }, { Host: 'evil.test' }).catch(() => undefined)
  await send('/mcp', {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'queries', arguments: { action: 'ask', engine: 'jq', text: '$ENV' } },
  })
  for (const path of ['/metrics', '/health', '/api/v1/openapi.json', `${api}/runs`, '/', '/docs']) await send(path)
  expect(answers.length).toBeGreaterThan(120)

  const ended = new Promise(resolve => server.once('exit', resolve))
  server.kill('SIGTERM')
  expect(await ended).toBe(0)
  expect(printed).toMatch(/"level":/)
  expect(answers.filter(answer => answer.includes(canary))).toEqual([])
  expect(printed).not.toContain(canary)
  const files = filesBelow(home)
  expect(files.length).toBeGreaterThan(5)
  expect(files.filter(file => readFileSync(file).includes(canary))).toEqual([])
})

/** Regular files only: the links are the test's own. */
function filesBelow(top: string): string[] {
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(file => statSync(file).size > 0)
}
