import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ErrorKind, PlatformError } from '@super-data/base/errors'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../src/exit-code.ts'
import { run, temporaryFolder } from './shell.ts'

describe('exit codes', () => {
  it('say what the caller should do next', () => {
    const expected: Record<ErrorKind, number> = {
      internal: 1,
      invalid: 2,
      unauthenticated: 3,
      denied: 4,
      missing: 5,
      conflict: 6,
      limited: 7,
      unavailable: 8,
      cancelled: 130,
    }
    expect(exitCodes).toEqual(expected)
  })

  it.each([
    [['nonsense'], "unknown command 'nonsense'"],
    [['tools', 'get'], "missing required argument 'tool'"],
    [['tools', 'list', '--nonsense'], "unknown option '--nonsense'"],
    [['tools', 'list', '--state', 'nonsense'], 'Allowed choices are'],
    [['queries', 'ask', '.'], "required option '--engine <value>' not specified"],
    [['tools', 'list', '--limit', 'many'], "--limit takes a number, not 'many'"],
    [['tools', 'run', 'x', '--params', '{'], '--params is not JSON'],
    [['tools', 'list', '--url', 'nonsense'], 'is not the address of a server'],
  ])('%j is 2, and says why', async (words, message) => {
    const { code, out, err } = await run(words)
    expect(code).toBe(2)
    expect(err).toContain(message)
    expect(out).toBe('')
  })

  it('a near miss is named', async () => {
    const { err } = await run(['tools', 'lst'])
    expect(err).toContain('Did you mean list?')
  })

  it('a word that is near to nothing gets the list', async () => {
    const { err } = await run(['tools', 'nope'])
    expect(err).toContain("unknown command 'nope'")
    expect(err).toMatch(/hint: {2}The commands are: list, .*vote.*\./)
    expect(err).not.toContain('Did you mean')
  })

  it('--json prints the problem as JSON on stderr', async () => {
    const { code, err, out } = await run(['tools', 'get', '--json'])
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(JSON.parse(err)).toMatchObject({ code: 'CLI_USAGE', kind: 'invalid', retryable: false })
  })

  it('an unreadable @file is 5', async () => {
    const { code, err } = await run(['ask', '@nowhere.sql'])
    expect(code).toBe(5)
    expect(err).toContain('CLI_INPUT_UNREADABLE')
  })

  it('a file that cannot be used is named', async () => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'file'), '')
    const { code, err } = await run(['leave'], { cwd, env: { XDG_CONFIG_HOME: join(cwd, 'file') } })
    expect(code).toBe(8)
    expect(err).toContain('connection.json cannot be used (ENOTDIR)')
    expect(err).toContain('CLI_FILE_REFUSED')
  })

  it('a server that does not answer is 8', async () => {
    const { code, err } = await run(['tools', 'list', '--url', 'http://127.0.0.1:9', '--key', 'k'])
    expect(code).toBe(8)
    expect(err).toContain('SERVER_UNREACHABLE')
  })

  it('the errors of the command line are errors like all others', async () => {
    const { UsageWrong } = await import('../src/errors.ts')
    expect(new UsageWrong('x')).toBeInstanceOf(PlatformError)
  })
})
