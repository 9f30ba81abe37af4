import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { type Ended, FileFolder, runLine } from './command-fixture.ts'
import transcript from './shell-uses.json' with { type: 'json' }
import { shellWords } from './shell-words.ts'

interface Use {
  readonly command: string
  readonly stdin?: string
  readonly stdout: string
  readonly stderr?: string
  readonly code?: number
  /** Why jq 1.6 does something else. */
  readonly before18?: string
}

const uses: readonly Use[] = transcript.uses
const folder = new FileFolder(transcript.files)
afterAll(() => folder[Symbol.dispose]())

const systemJq = spawnSync('jq', ['--version'], { encoding: 'utf8' })
const hasJq16 = systemJq.error === undefined && systemJq.stdout.trim() === 'jq-1.6'

function ours({ command, stdin }: Use, pieceBytes?: number): Ended {
  const [first, ...words] = shellWords(command.replace(/ \| head.*$/, ''))
  if (first !== 'jq') throw new Error(`${command} is no use of jq`)
  const around = { cwd: folder.path, env: transcript.env, ...(pieceBytes ? { pieceBytes } : {}) }
  return runLine(words, stdin ?? '', around)
}

/** What follows a pipe in the transcript is `head -c N`. */
function shown({ command }: Use, stdout: string): string {
  const head = /\| head -c (\d+)$/.exec(command)
  return head ? stdout.slice(0, Number(head[1])) : stdout
}

describe('uses of jq in a shell', () => {
  it.each(uses)('$command', use => {
    const { code, stdout, stderr } = ours(use)
    expect(shown(use, stdout)).toBe(use.stdout)
    expect(stderr).toBe(use.stderr ?? '')
    if (!use.command.includes('| head')) expect(code).toBe(use.code ?? 0)
  })

  it('come out the same when the input arrives byte by byte', () => {
    for (const use of uses) {
      if (use.stdin) expect([use.command, ours(use, 1)]).toEqual([use.command, ours(use)])
    }
  })

  it.skipIf(!hasJq16)('come out the same with jq 1.6, where nothing has changed since', { timeout: 60_000 }, () => {
    using results = new FileFolder()
    const file = (at: number, what: string) => `'${join(results.path, `${at}.${what}`)}'`
    const lines = uses.map(({ command, stdin = '' }, at) => {
      writeFileSync(join(results.path, `${at}.in`), stdin)
      return `{ ${command}; } <${file(at, 'in')} >${file(at, 'out')} 2>/dev/null; echo -n $? >${file(at, 'code')}`
    })
    spawnSync('bash', ['-c', lines.join('\n')], { cwd: folder.path, env: { ...process.env, ...transcript.env } })
    for (const [at, use] of uses.entries()) {
      const read = (what: string) => readFileSync(join(results.path, `${at}.${what}`), 'utf8')
      const same = read('out') === use.stdout && read('code') === String(use.code ?? 0)
      expect([use.command, same]).toEqual([use.command, use.before18 === undefined])
    }
  })

  it("work in a real shell, with the package's own command", { timeout: 60_000 }, () => {
    const sdjq = fileURLToPath(new URL('../bin/sdjq.js', import.meta.url))
    const script = [
      'set -o pipefail',
      "jq -r '.[].name' people.json | sort -r",
      "jq -n 'repeat(1)' | head -1",
      'jq -e .debug config.json; echo $?',
      "jq '.[' config.json 2>&1 | tail -1",
    ].join('\n')
    const run = (jq: string) =>
      spawnSync('bash', ['-c', `jq() { ${jq} "$@"; }\n${script}`], {
        cwd: folder.path,
        encoding: 'utf8',
        timeout: 50_000,
      })
    const expected = 'Cy\nBob\nAnn\n1\nfalse\n1\njq: 1 compile error\n'
    expect(run(`'${sdjq}'`).stdout).toBe(expected)
    if (hasJq16) expect(run('command jq').stdout).toBe(expected)
  })
})
