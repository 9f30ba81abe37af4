import { mkdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dataFolder } from './data-folder.ts'
import { run, temporaryFolder } from './shell.ts'

describe('init', () => {
  it('makes a home, prints its key once, and a seed that can be asked and called', async () => {
    const cwd = temporaryFolder()
    const first = await run(['init', '--seed', '--json'], { cwd })
    expect(JSON.parse(first.out)).toMatchObject({ ownerKey: expect.stringMatching(/^sd_/), seeded: true })
    const asked = await run(['ask', 'SELECT count(*) AS n FROM coffee', '--json'], { cwd })
    expect(JSON.parse(asked.out)).toMatchObject({ rows: [[9]] })
    const called = await run(['run', 'cups_by_drink', '--min', '30', '--json'], { cwd })
    expect(JSON.parse(called.out)).toMatchObject({
      rows: [
        ['espresso', 124],
        ['flat white', 31],
      ],
    })
    const again = await run(['init', '--json'], { cwd })
    expect(JSON.parse(again.out)).toMatchObject({ ownerKey: null, seeded: false })
  })

  it('never adds a seed to data that is there', async () => {
    const cwd = temporaryFolder()
    mkdirSync(join(cwd, 'data/datasets'), { recursive: true })
    dataFolder(join(cwd, 'data/datasets'))
    const { out } = await run(['init', '--seed', '--json'], { cwd })
    expect(JSON.parse(out)).toMatchObject({ seeded: false })
  })
})

describe('in this process', () => {
  it('errors carry the code, the exit code and a request id', async () => {
    const cwd = temporaryFolder()
    await run(['init'], { cwd })
    const { code, err } = await run(['tools', 'get', 'nothing', '--json'], { cwd })
    expect(code).toBe(5)
    expect(JSON.parse(err)).toMatchObject({ kind: 'missing', requestId: expect.stringMatching(/^req_/) })
  })

  it('a setting that does not exist is refused, with the one that was meant', async () => {
    const { code, err } = await run(['tools', 'list'], { env: { SUPER_DATA_PROT: '1' } })
    expect(code).toBe(2)
    expect(err).toContain('SUPER_DATA_PROT: no such setting; did you mean SUPER_DATA_PORT?')
  })
})

describe('a home', () => {
  it('is never made by looking for one', async () => {
    const cwd = temporaryFolder()
    const { code, out, err } = await run(['datasets', 'list'], { cwd })
    expect({ code, out }).toEqual({ code: 5, out: '' })
    expect(err).toContain('there is no server and no home here')
    expect(err).toContain('super-data init')
    expect(() => statSync(join(cwd, 'data'))).toThrow('ENOENT')
  })

  it('remembers where its datasets lie', async () => {
    const cwd = temporaryFolder()
    const home = join(cwd, 'home')
    const made = await run(['init', '--home', home, '--datasets', dataFolder()], { cwd })
    expect(made.out).toContain(`serve --home ${home}\n`)
    const { out } = await run(['datasets', 'list', '--home', home], { cwd })
    expect(out).toMatch(/orders +csv/)
    const other = await run(['datasets', 'list', '--home', home], {
      cwd,
      env: { SUPER_DATA_DATASETS_PATH: temporaryFolder() },
    })
    expect(other.out).not.toContain('orders')
  })
})

describe('a question that jq cannot read', () => {
  it.each(['selct * from customers', 'drop table customers'])('%j is called SQL in the hint', async text => {
    const cwd = temporaryFolder()
    await run(['init'], { cwd })
    const { code, err } = await run(['ask', text], { cwd })
    expect(code).toBe(2)
    expect(err).toMatch(/hint: {2}This looks like SQL; use --engine sql\.\ncode: {2}JQ_SYNTAX \(request req_/)
    expect((await run(['ask', text, '--engine', 'jq'], { cwd })).err).not.toContain('hint')
  })
})

describe('config', () => {
  it('shows every setting, and never a secret', async () => {
    const env = {
      SUPER_DATA_PORT: '9000',
      ADMIN_API_KEY: 'a-very-secret-admin-key',
      SUPER_DATA_API_KEY: 'another-secret',
    }
    const { code, out } = await run(['config', '--json'], { env })
    expect(code).toBe(0)
    const byName = Object.fromEntries(JSON.parse(out).map((setting: { env: string }) => [setting.env, setting]))
    expect(byName['SUPER_DATA_PORT']).toMatchObject({ value: 9000, default: 8080, set: true })
    expect(byName['ADMIN_API_KEY']).toMatchObject({ value: '[secret]', set: true })
    expect(byName['SUPER_DATA_URL']).toMatchObject({ set: false })
    const shown = await run(['config'], { env })
    const help = await run(['config', '--help'], { env })
    for (const text of [out, shown.out, help.out]) expect(text).not.toContain('secret-admin')
    for (const name of Object.keys(byName)) expect(help.out).toContain(name)
  })

  it('shows what is wrong with a setting instead of refusing to say anything', async () => {
    const { code, out } = await run(['config'], { env: { SUPER_DATA_PORT: 'many' } })
    expect(code).toBe(0)
    expect(out).toMatch(/SUPER_DATA_PORT +\S.*number/)
  })
})

describe('doctor', () => {
  it('finds nothing wrong with a fresh home, and changes nothing', async () => {
    const cwd = temporaryFolder()
    const { code, out } = await run(['doctor', '--json'], { cwd, env: { SUPER_DATA_PORT: '0' } })
    const findings = JSON.parse(out)
    expect(findings.filter(({ state }: { state: string }) => state === 'failed')).toEqual([])
    expect(findings.map(({ check }: { check: string }) => check)).toEqual(
      expect.arrayContaining(['node', 'home', 'datasets', 'engine sql', 'engine jq', 'system jq', 'port']),
    )
    expect(code).toBe(0)
    expect(() => statSync(join(cwd, 'data'))).toThrow('ENOENT')
  })

  it('fails on a damaged database, and names it', async () => {
    const cwd = temporaryFolder()
    expect(await run(['init', '--json'], { cwd })).toMatchObject({ code: 0 })
    const file = join(cwd, 'data/database/tools.db')
    truncateSync(file, 5_000)
    const { code, out } = await run(['doctor'], { cwd, env: { SUPER_DATA_PORT: '0' } })
    expect(out).toMatch(/database tools\.db +failed/)
    expect(code).toBe(1)
  })

  it('fails when the server that commands would call does not answer', async () => {
    const { code, out } = await run(['doctor', '--json', '--url', 'http://127.0.0.1:9', '--key', 'k'])
    expect(code).toBe(1)
    expect(JSON.parse(out)).toContainEqual(
      expect.objectContaining({ check: 'connection', state: 'failed', found: expect.stringContaining('127.0.0.1:9') }),
    )
  })

  it('reports wrong settings as a finding', async () => {
    const { code, out } = await run(['doctor', '--json'], { env: { SUPER_DATA_PORT: 'many' } })
    expect(code).toBe(1)
    expect(JSON.parse(out)).toContainEqual(expect.objectContaining({ check: 'settings', state: 'failed' }))
  })
})
