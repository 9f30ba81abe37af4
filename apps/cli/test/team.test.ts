import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run, temporaryFolder } from './shell.ts'

/** A home with data and one published tool. */
async function homeWithTool(name: string): Promise<string> {
  const cwd = temporaryFolder()
  mkdirSync(join(cwd, 'data', 'datasets'), { recursive: true })
  writeFileSync(join(cwd, 'data', 'datasets', 'orders.json'), '[{"amount":1},{"amount":2}]')
  await run(['init'], { cwd })
  await run(
    [
      'tools',
      'create',
      name,
      '--description',
      'Sum.',
      '--engine',
      'jq',
      '--source',
      'orders',
      '--text',
      'map(.amount) | add',
    ],
    { cwd },
  )
  await run(['tools', 'submit', name], { cwd })
  return cwd
}

describe('commands of a team', () => {
  it('export to a file, look at it from another home, import it there', { timeout: 120_000 }, async () => {
    const from = await homeWithTool('total')
    const exported = await run(['export', '--type=approved', '--output=tools.json'], { cwd: from })
    expect(exported).toMatchObject({ code: 0, err: expect.stringContaining('1 tools and 0 functions in tools.json') })
    const to = temporaryFolder()
    mkdirSync(join(to, 'data', 'datasets'), { recursive: true })
    writeFileSync(join(to, 'data', 'datasets', 'orders.json'), '[{"amount":5}]')
    await run(['init'], { cwd: to })
    const file = join(from, 'tools.json')
    const rehearsed = await run(['import', file, '--dry-run'], { cwd: to })
    expect(rehearsed.out).toMatch(/tool\s+total\s+create/)
    expect((await run(['tools', 'list', '--json'], { cwd: to })).out).toContain('"items":[]')
    await run(['import-tools', `--input=${file}`], { cwd: to })
    expect((await run(['run', 'total', '--json'], { cwd: to })).out).toContain('"value":5')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ format: 'super-data-library' })
  })

  it('refuse a file that no export wrote', async () => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'x.json'), 'tools: []')
    const refused = await run(['import', 'x.json'], { cwd })
    expect(refused.code).not.toBe(0)
    expect(refused.err).toContain('CLI_NOT_A_DOCUMENT')
  })

  it('list what waits, and vote only where somebody can be asked', async () => {
    const cwd = await homeWithTool('total')
    expect((await run(['pending-approvals'], { cwd })).out).toContain('nothing waits')
    expect((await run(['review-proposals'], { cwd })).err).toContain('Nothing waits for your vote')
    expect((await run(['list-learned-tools'], { cwd })).out).toContain('nothing')
    await run(['ask', 'SELECT 1 AS one'], { cwd })
    await run(['save', 'from_a_question', '--description', 'One.'], { cwd })
    expect((await run(['list-learned-tools'], { cwd })).out).toMatch(/from_a_question\s+draft/)
    expect(JSON.parse((await run(['list-learned-tools', '--json'], { cwd })).out)).toMatchObject({
      tools: [{ name: 'from_a_question', state: 'draft', version: 1 }],
      suggestions: [],
    })
  })

  it('list tools and functions that wait for a colleague', { timeout: 120_000 }, async () => {
    const cwd = await homeWithTool('total')
    const { link } = JSON.parse((await run(['users', 'invite', 'bob', '--json'], { cwd })).out)
    await run(['users', 'redeem', link], { cwd })
    await run(['functions', 'create', 'def twice: . * 2;'], { cwd })
    await run(['functions', 'submit', 'twice'], { cwd })
    await run(['tools', 'update', 'total', '--expected-version', '1', '--description', 'The sum.'], { cwd })
    await run(['tools', 'submit', 'total'], { cwd })
    const waiting = JSON.parse((await run(['pending-approvals', '--json'], { cwd })).out)
    expect(waiting).toMatchObject([
      { kind: 'tool', name: 'total', version: 2, approvals: 0, votesNeeded: 1 },
      { kind: 'function', name: 'twice/0', version: 1 },
    ])
  })
})
