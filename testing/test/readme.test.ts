import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { runCommand } from '../src/run-command.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Step {
  readonly person: string
  readonly command: string
  /** Lines the README shows; `…` stands for any. */
  readonly shown: readonly string[]
}

async function transcript(): Promise<Step[]> {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const block = /```console\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  return block
    .split(/^(?=\w*\$ )/m)
    .filter(part => part.trim() !== '')
    .map(part => {
      const [first = '', ...shown] = part.trimEnd().split('\n')
      const [person = '', command = ''] = first.split(/\$ (.*)/s)
      return { person: person || 'owner', command, shown: shown.filter(line => line !== '…' && line.trim() !== '') }
    })
}

/** What differs from run to run does not count. */
const steady = (text: string) =>
  text
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'http://127.0.0.1:8080')
    .replace(/invite#[\w-]+/g, 'invite#…')
    .trimEnd()

it('the README’s way from a CSV to a colleague’s call works as it is written, in six commands', async () => {
  const place = await mkdtemp(join(tmpdir(), 'super-data-readme-'))
  await cp(join(root, 'examples/first-look'), join(place, 'examples/first-look'), { recursive: true })
  await rm(join(place, 'examples/first-look/.super-data'), { recursive: true, force: true })
  const [start, ...rest] = await transcript()
  expect(rest).toHaveLength(5)
  const server = await startServer(start as Step, place)
  try {
    let link = ''
    for (const { person, command, shown } of rest) {
      const { code, stdout, stderr } = await run(command.replace(/'http[^']*'/, `'${link}'`), place, person)
      const said = steady(stdout + stderr)
      expect(code, said).toBe(0)
      for (const line of shown) expect(said).toContain(steady(line))
      link = /http\S+invite#\S+/.exec(stdout)?.[0] ?? link
    }
  } finally {
    await server.stop()
    await rm(place, { recursive: true, force: true })
  }
}, 120_000)

function environment(place: string, person: string): Record<string, string> {
  const path = `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`
  return { PATH: path, HOME: place, XDG_CONFIG_HOME: join(place, person), SUPER_DATA_PORT: '0' }
}

function run(command: string, cwd: string, person: string) {
  return runCommand('bash', { args: ['-c', command.replace(/^npx /, '')], cwd, env: environment(cwd, person) })
}

/** `try` keeps serving: it is there when it has shown all that the README shows of it. */
async function startServer({ command, shown }: Step, place: string) {
  const child = spawn('bash', ['-c', `exec ${command.replace(/^npx /, '')}`], {
    cwd: place,
    env: environment(place, 'owner'),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stdout.on('data', chunk => {
    said += String(chunk)
  })
  child.stderr.on('data', chunk => {
    said += String(chunk)
  })
  const ended = new Promise(resolve => child.once('exit', resolve))
  for (let waited = 0; waited < 60_000 && !said.includes('Ctrl-C') && child.exitCode === null; waited += 50)
    await sleep(50)
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  const missing = shown.filter(line => !steady(said).includes(steady(line)))
  if (missing.length > 0) await stop()
  expect(missing, said).toEqual([])
  return { stop }
}
