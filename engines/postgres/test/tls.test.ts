import { execFileSync } from 'node:child_process'
import { chownSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { openPrivatePostgres, type PrivatePostgres, type TestDatabase } from '@super-data/testing/postgres'
import { expect, it } from 'vitest'
import { openSource } from './open-source.ts'

/** Gives the server a certificate of its own. @returns the certificate. */
async function switchTlsOn(postgres: PrivatePostgres, database: TestDatabase): Promise<string> {
  const [row] = await postgres.ask<{ data_directory: string }>(database, 'SHOW data_directory')
  const folder = row!.data_directory
  const [key, certificate] = [join(folder, 'server.key'), join(folder, 'server.crt')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', certificate]
  execFileSync('openssl', [...made, ...subject], { stdio: 'ignore' })
  const { uid, gid } = statSync(folder)
  for (const file of [key, certificate]) chownSync(file, uid, gid)
  await postgres.ask(database, 'ALTER SYSTEM SET ssl = on')
  await postgres.restart()
  return readFileSync(certificate, 'utf8')
}

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

it.skipIf(!hasOpenssl())(
  'everything holds over TLS: answers, limits and cancelling',
  async context => {
    const own = await openPrivatePostgres(18)
    if (!own) return context.skip('PostgreSQL 18 is not installed')
    await using postgres = own
    const database = await postgres.createDatabase()
    const ssl = { ca: await switchTlsOn(postgres, database) }
    const reader = { ...database.reader, ssl }
    await using source = await openSource(database, { reader, writer: undefined })
    const encrypted = await source.inspect(undefined, catalog =>
      catalog.rows('SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()'),
    )
    expect(encrypted).toEqual([{ ssl: true }])
    expect(await source.read({ text: 'SELECT generate_series(1, 1000000000)' })).toMatchObject({
      truncated: { by: 'rows' },
    })
    await expect(source.read({ text: `SELECT repeat('x', 40000000)` })).rejects.toMatchObject({
      code: 'POSTGRES_RESULT_TOO_LARGE',
    })
    const signal = AbortSignal.timeout(200)
    const text = 'SELECT count(*) FROM generate_series(1, 1000000000)'
    await expect(source.read({ text, signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await source.read({ text: 'SELECT 1' })).toMatchObject({ rows: [[1]] })

    await using distrusting = await openSource(database, {
      reader: { ...database.reader, ssl: true },
      writer: undefined,
    })
    await expect(distrusting.read({ text: 'SELECT 1' })).rejects.toMatchObject({ code: 'POSTGRES_UNAVAILABLE' })
  },
  60_000,
)
