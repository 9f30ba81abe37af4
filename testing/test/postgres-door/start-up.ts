import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connectMcp, runCommand } from '../../src/index.ts'
import { cleanEnvironment, launcher, ServerProcess } from '../../src/server-process.ts'
import { Caller } from './caller.ts'
import type { Scene } from './scene.ts'

export function startUp(scene: () => Scene): void {
  const withFile = async (content: unknown, work: (file: string, folder: string) => Promise<void>) => {
    const folder = await mkdtemp(join(tmpdir(), 'super-data-sources-'))
    const file = join(folder, 'postgres.yml')
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
    await work(file, folder).finally(() => rm(folder, { recursive: true, force: true }))
  }
  const serve = (file: string, folder: string) =>
    runCommand(process.execPath, {
      args: [launcher, 'serve'],
      env: {
        ...cleanEnvironment(),
        ...{ SUPER_DATA_HOME: join(folder, 'home'), SUPER_DATA_POSTGRES_FILE: file, SUPER_DATA_PORT: '0' },
      },
    })
  const asSuperuser = (more: object = {}) => {
    const { host, port, database, user, password } = scene().shop.superuser
    return { sources: { shop: { host, port, database, reader: { user, password }, ...more } } }
  }

  it('a login of a superuser is refused with the reason', () =>
    withFile(asSuperuser(), async (file, folder) => {
      const { code, stdout, stderr } = await serve(file, folder)
      expect(code).not.toBe(0)
      expect(stdout + stderr).toMatch(/SUPERUSER/)
      expect(stdout + stderr).not.toContain(scene().shop.superuser.password)
    }))

  it('unless that is allowed aloud: then its health says so', () =>
    withFile(asSuperuser({ allowSuperuser: true }), async (file, folder) => {
      await using server = await ServerProcess.open({ datasets: folder, env: { SUPER_DATA_POSTGRES_FILE: file } })
      await using caller = new Caller(await connectMcp(`${server.url}/mcp`, { era: 'modern', key: server.key }))
      expect(await caller.ask('pg_monitor', 'health')).toMatchObject({
        logins: expect.arrayContaining([
          expect.objectContaining({ login: 'reader', power: 'SUPERUSER', severity: 'refused' }),
        ]),
      })
      expect((await caller.ask('pg_schema', 'sources')).items[0]!['findings']).toContainEqual(
        expect.stringContaining('SUPERUSER'),
      )
      expect(server.output).toContain('SUPERUSER')
      for (const sql of [`SELECT pg_read_file('PG_VERSION')`, 'DELETE FROM acct', 'SELECT rolpassword FROM pg_authid'])
        expect(await caller.refused('pg_query', 'read', { sql })).toMatchObject({ code: 'POLICY_DENIED' })
    }))

  it('a mistake in the file of sources is named, and no server starts', () =>
    withFile(
      `sources:\n  shop:\n    database: x\n    reader: { user: a }\n    allowSuperUser: true\n    limits: { readSecond: 5 }\n    writer: { user: b, password: "\${NOWHERE}" }\n`,
      async (file, folder) => {
        const { code, stdout, stderr } = await serve(file, folder)
        expect(code).not.toBe(0)
        expect(stdout + stderr).toMatch(/allowSuperUser.*did you mean allowSuperuser/s)
        expect(stdout + stderr).toMatch(/readSecond.*did you mean readSeconds/s)
        expect(stdout + stderr).toContain('NOWHERE')
      },
    ))
}
