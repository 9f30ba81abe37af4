import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { run, temporaryFolder } from './shell.ts'

const lib = 'def kept: 1;'

async function madeHome(env: Record<string, string> = {}) {
  const cwd = temporaryFolder()
  await run(['init', '--seed'], { cwd, env })
  const home = join(cwd, 'data')
  const names = async () => {
    const { out } = await run(['functions', 'list', '--json'], { cwd, env })
    return (JSON.parse(out) as { items: { name: string }[] }).items.map(({ name }) => name)
  }
  return { cwd, home, names, env }
}

describe('backup and restore', { timeout: 240_000 }, () => {
  it('brings back the state of the backup, and keeps what was there', async () => {
    const { cwd, home, names } = await madeHome()
    await run(['functions', 'create', lib], { cwd })
    const made = JSON.parse((await run(['backup', '--json'], { cwd })).out) as { name: string; sha256: string }
    expect(made.sha256).toMatch(/^[0-9a-f]{64}$/)
    await run(['functions', 'create', 'def later: 2;'], { cwd })
    const dry = await run(['restore', '--dry-run', '--json'], { cwd })
    expect(JSON.parse(dry.out)).toMatchObject({ copy: { place: 'backups' }, setAside: null, copies: [{}] })
    expect(JSON.parse(dry.out).rowsGiven).toBeGreaterThan(0)
    expect(await names()).toEqual(['kept', 'later'])
    const { out, code } = await run(['restore', '--from', 'latest'], { cwd })
    expect({ out, code }).toMatchObject({ code: 0, out: expect.stringContaining('Restored.') })
    expect(await names()).toEqual(['kept'])
    const [aside = ''] = readdirSync(join(home, 'database/quarantine'))
    expect(existsSync(join(home, 'database/quarantine', aside, 'tools.db'))).toBe(true)
  })

  it('goes to a file and to the bucket, and comes back from there', async () => {
    const place = temporaryFolder()
    const env = { SUPER_DATA_S3_BUCKET: 'team', SUPER_DATA_S3_ENDPOINT: pathToFileURL(place).href }
    const { cwd, names } = await madeHome(env)
    await run(['functions', 'create', lib], { cwd, env })
    const toFile = await run(['backup', '--output', 'library.db', '--json'], { cwd, env })
    expect(readFileSync(join(cwd, 'library.db')).byteLength).toBe(JSON.parse(toFile.out).sizeBytes)
    const uploaded = JSON.parse((await run(['backup', '--s3', '--json'], { cwd, env })).out) as { name: string }
    expect(uploaded.name).toMatch(/^backups\/tools\.db\.\d{8}-\d{6}-[0-9a-z]{4}$/)
    const { code } = await run(['restore', '--from', uploaded.name], { cwd, env })
    expect(code).toBe(0)
    expect(await names()).toEqual(['kept'])
    const called = await run(['run', 'cups_by_drink', '--min', '30', '--json'], { cwd, env })
    expect(called.code).toBe(0)
    await run(['functions', 'create', 'def later: 2;'], { cwd, env })
    const fromFile = await run(['restore', '--from', './library.db'], { cwd, env })
    expect(fromFile).toMatchObject({ code: 0, out: expect.stringMatching(/library\.db \(file\)[\s\S]*Restored\./) })
    expect(await names()).toEqual(['kept'])
    writeFileSync(join(cwd, 'library.db'), 'no library')
    expect(await run(['restore', '--from', 'library.db'], { cwd, env })).toMatchObject({ code: 5 })
    expect(await names()).toEqual(['kept'])
  })

  it('say what is missing: a home, a bucket, the name of a backup', async () => {
    expect(await run(['backup'])).toMatchObject({ code: 5 })
    const { cwd } = await madeHome()
    expect(await run(['backup', '--s3'], { cwd })).toMatchObject({ code: 2 })
    expect(await run(['restore'], { cwd })).toMatchObject({ code: 2 })
    expect(await run(['restore', '--from', 'nothing'], { cwd })).toMatchObject({ code: 5 })
  })
})

describe('a home whose library is lost', { timeout: 240_000 }, () => {
  it('ends with a code of its own until somebody says to begin anew', async () => {
    const { cwd, home } = await madeHome()
    for (const name of readdirSync(join(home, 'database'))) {
      if (name.startsWith('tools.db')) writeFileSync(join(home, 'database', name), 'x'.repeat(5_000))
    }
    mkdirSync(join(home, 'database/backups'), { recursive: true })
    const { code, err } = await run(['tools', 'list'], { cwd })
    expect(code).toBe(70)
    expect(err).toContain('LIBRARY_LOST')
    expect(readFileSync(join(home, 'database/tools.db'), 'utf8')).toContain('xxxx')
  })
})
