import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Server } from '@super-data/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConformanceRegistry, openTestServer, runCommand } from '../src/index.ts'

describe('the official MCP conformance suite', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conformance-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function run(server: Server, args: readonly string[]): Promise<{ code: number | null; summary: string }> {
    const url = `http://localhost:${server.port}/mcp`
    const { code, stdout, stderr } = await runCommand('conformance', {
      args: ['server', '--url', url, ...args, '-o', folder],
      cwd: folder,
    })
    return { code, summary: code === 0 ? '' : (stdout + stderr).slice(-4_000) }
  }

  it.each(['2026-07-28', '2025-11-25'])('everything revision %s requires', async revision => {
    await using server = await openTestServer({ mcpRegistry: new ConformanceRegistry() })
    expect(await run(server, ['--requirements', revision])).toEqual({ code: 0, summary: '' })
  })

  it.each(['http-header-validation', 'http-custom-header-server-validation', 'json-schema-2020-12'])(
    '%s, although it is not required yet',
    async scenario => {
      await using server = await openTestServer({ mcpRegistry: new ConformanceRegistry() })
      expect(await run(server, ['--scenario', scenario, '--spec-version', '2026-07-28'])).toEqual({
        code: 0,
        summary: '',
      })
    },
  )

  it.each(['tools-list', 'dns-rebinding-protection', 'http-header-validation'])(
    '%s, with the real tools',
    async scenario => {
      await using server = await openTestServer()
      expect(await run(server, ['--scenario', scenario, '--spec-version', '2026-07-28'])).toEqual({
        code: 0,
        summary: '',
      })
    },
  )
})
