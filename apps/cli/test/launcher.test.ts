import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from './shell.ts'

const launcher = fileURLToPath(new URL('../bin/super-data.js', import.meta.url))
const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find(file => existsSync(file) && majorOf(file) < 24)

function majorOf(node: string): number {
  return Number(execFileSync(node, ['-p', 'process.versions.node']).toString().split('.')[0])
}

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly out: string
  readonly err: string
}

/** Starts the launcher (or a copy of it) and, once it printed something, sends it a signal. */
function start(
  node: string,
  words: readonly string[],
  options: { file?: string; signal?: NodeJS.Signals } = {},
): Promise<Ended> {
  return new Promise(resolve => {
    const child = spawn(node, [options.file ?? launcher, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
    const texts = { out: '', err: '' }
    child.stdout.on('data', chunk => {
      texts.out += chunk
      if (options.signal !== undefined) child.kill(options.signal)
    })
    child.stderr.on('data', chunk => (texts.err += chunk))
    child.on('close', (code, signal) => resolve({ code, signal, ...texts }))
  })
}

/** A package as it is published: `dist` and no sources. */
function publishedPackage(program: string): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'bin'))
  mkdirSync(join(folder, 'dist'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  cpSync(launcher, join(folder, 'bin', 'super-data.js'))
  writeFileSync(join(folder, 'dist', 'main.js'), program)
  return folder
}

/** As an installation would bring it. */
function bringNode(folder: string): void {
  const brought = fileURLToPath(new URL('../../../node_modules', import.meta.url))
  const name = `node-${process.platform}-${process.arch}`
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(join(brought, name), join(folder, 'node_modules', name))
}

const nodes = [
  ['this Node', process.execPath] as const,
  ...(oldNode === undefined ? [] : [['an older Node', oldNode] as const]),
]

describe.each(nodes)('started by %s', (_, node) => {
  it('runs the sources of a checkout, without warnings', async () => {
    const { code, out, err } = await start(node, ['--help'])
    expect(err).toBe('')
    expect(out).toContain('Usage: super-data')
    expect(code).toBe(0)
  })

  it('passes arguments and the exit code on', async () => {
    const { code, err } = await start(node, ['tools', 'get', '--json'])
    expect(code).toBe(2)
    expect(JSON.parse(err)).toMatchObject({ code: 'CLI_USAGE' })
  })

  it('runs the build of a published package on a Node that is new enough', async () => {
    const folder = publishedPackage(
      'console.log(process.versions.node, process.argv.slice(2).join()); process.exitCode = 7',
    )
    bringNode(folder)
    const { code, out } = await start(node, ['a', 'b c'], { file: join(folder, 'bin', 'super-data.js') })
    expect(out).toMatch(/^(2[4-9]|[3-9]\d)\.\d+\.\d+ a,b c\n$/)
    expect(code).toBe(7)
  })

  it('passes signals on, and the program ends in its own way', async () => {
    const program =
      "process.on('SIGTERM', () => { console.log('drained'); process.exit(0) }); setInterval(() => {}, 1000); console.log('up')"
    const folder = publishedPackage(program)
    bringNode(folder)
    const { code, out } = await start(node, [], { file: join(folder, 'bin', 'super-data.js'), signal: 'SIGTERM' })
    expect(out).toBe('up\ndrained\n')
    expect(code).toBe(0)
  })
})

describe.skipIf(oldNode === undefined)('without a Node that is new enough', () => {
  it('says in one line what is needed', async () => {
    const folder = publishedPackage('')
    const { code, err } = await start(oldNode!, [], { file: join(folder, 'bin', 'super-data.js') })
    expect(code).toBe(1)
    expect(err).toMatch(/^super-data needs Node 24 or newer; this is v\d+\.\d+\.\d+\. .*\n$/)
  })

  it('a killed launcher takes its program along', async () => {
    const program =
      "process.on('disconnect', () => process.exit()); process.channel.unref(); setInterval(() => {}, 100); console.log('up')"
    const folder = publishedPackage(program)
    bringNode(folder)
    const file = join(folder, 'bin', 'super-data.js')
    // The program shares the output pipe: `start` resolves only when both are gone.
    const { out, signal } = await start(oldNode!, [], { file, signal: 'SIGKILL' })
    expect(signal).toBe('SIGKILL')
    expect(out).toBe('up\n')
  })
})
