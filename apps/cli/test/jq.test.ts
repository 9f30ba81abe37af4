import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { launcherFile } from '../src/self.ts'
import { type Around, run, temporaryFolder } from './shell.ts'

function jq(words: readonly string[], stdin = '', around: Around = {}) {
  return run(['jq', ...words], { ...around, stdin })
}

describe('super-data jq', () => {
  it.each([
    [['.a'], '{"a":{"b":1}}', '{\n  "b": 1\n}\n'],
    [['-c', '.'], '{"b":1,"a":2} [3]', '{"b":1,"a":2}\n[3]\n'],
    [['-r', '.[]'], '["x","é"]', 'x\né\n'],
    [['-n', '[inputs]', '-c'], '1 2', '[1,2]\n'],
    [['-nc', '[$a, $b]', '--arg', 'a', '1', '--argjson', 'b', '[2]'], '', '["1",[2]]\n'],
  ])('%j on %j', async (words, stdin, expected) => {
    expect(await jq(words, stdin)).toEqual({ code: 0, out: expected, err: '' })
  })

  it.each([
    [['.['], '1', 3, 'jq: 1 compile error'],
    [['error("no")'], '1', 5, 'jq: error (at <stdin>:0): no'],
    [['.'], '{"a":', 5, 'jq: parse error: Unfinished JSON term'],
    [['-e', '.'], 'false', 1, ''],
    [['-e', 'empty'], '1', 4, ''],
    [['"bye\\n" | halt_error(7)'], '1', 7, 'bye\n'],
    [['-Z', '.'], '1', 2, 'jq: Unknown option -Z\nUse super-data jq --help'],
    [['.', 'nowhere.json'], '', 2, 'Could not open nowhere.json: No such file or directory'],
  ])('%j on %j ends with %i', async (words, stdin, code, message) => {
    const ended = await jq(words, stdin)
    expect(ended.code).toBe(code)
    expect(ended.err).toContain(message)
  })

  it('reads programs and data from files', async () => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'p.jq'), '# pick\n.[] + "!"')
    writeFileSync(join(cwd, 'a.json'), '["a"]')
    expect(await jq(['-f', 'p.jq', 'a.json', 'a.json'], '', { cwd })).toMatchObject({ code: 0, out: '"a!"\n"a!"\n' })
  })

  it('--help lists its options', async () => {
    const { code, out } = await jq(['--help'])
    expect(code).toBe(0)
    expect(out).toContain('Usage: super-data jq [options] PROGRAM')
    expect(out).toContain('--slurpfile NAME FILE')
  })

  it('debug messages go to stderr, the environment is there', async () => {
    const { out, err } = await jq(['-n', 'env.HELLO | debug'], '', { env: { HELLO: 'you' } })
    expect(out).toBe('"you"\n')
    expect(err).toBe('["DEBUG:","you"]\n')
  })

  it('runs as a process of its own, and stops when its reader has seen enough', () => {
    const script = `echo '{"a":1}' | ${launcherFile} jq -c '.a, (repeat("more"))' | head -2; ${launcherFile} jq -e false <<< 1`
    const { stdout, status } = spawnSync('bash', ['-c', script], { encoding: 'utf8', timeout: 20_000 })
    expect(stdout).toBe('1\n"more"\nfalse\n')
    expect(status).toBe(1)
  })
})
