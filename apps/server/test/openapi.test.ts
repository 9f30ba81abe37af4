import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Operation, operations } from '@super-data/contract'
import { openTestServer, runCommand } from '@super-data/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../src/server.ts'

interface Description {
  openapi: string
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>
}

describe('the OpenAPI description', () => {
  let server: Server
  let folder: string
  let text: string

  beforeAll(async () => {
    server = await openTestServer()
    folder = await mkdtemp(join(tmpdir(), 'openapi-'))
    text = await (await fetch(`${server.url}/openapi.json`)).text()
  })

  afterAll(async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('passes the linter without an error or a warning', async () => {
    const file = join(folder, 'openapi.json')
    await writeFile(file, text)
    const { code, stdout, stderr } = await runCommand('redocly', {
      args: ['lint', file, '--extends', 'recommended', '--format', 'json'],
      cwd: folder,
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    })
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout).totals).toMatchObject({ errors: 0, warnings: 0 })
  })

  it('describes every declared operation at its route, under its own name', () => {
    const { openapi, paths } = JSON.parse(text) as Description
    expect(openapi).toMatch(/^3\.1\./)
    for (const { name, route } of Object.values(operations) as Operation[])
      expect(paths[route.path]?.[route.method.toLowerCase()]?.operationId).toBe(name)
  })

  it('tells for every operation how it can fail', () => {
    const { paths } = JSON.parse(text) as Description
    for (const { access, route } of Object.values(operations) as Operation[]) {
      const { responses } = paths[route.path]![route.method.toLowerCase()]!
      const expected = access.target === 'public' ? ['400', '429', '500'] : ['400', '401', '403', '404', '429', '500']
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(expected))
    }
  })

  it('describes fields in full, without the short form that is for agents', () => {
    expect(text).toContain('of SQL the rows, each a list of values')
    expect(text).not.toContain('"brief"')
  })
})
