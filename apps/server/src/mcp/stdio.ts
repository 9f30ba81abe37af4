import { type StdioServerHandle, serveStdio } from '@modelcontextprotocol/server/stdio'
import type { Ids } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import type { PlatformDoor } from '@super-data/platform'
import { defaultLimits } from '../limits.ts'
import { version } from '../version.ts'
import { within } from '../within.ts'
import { Changes } from './changes.ts'
import { PlatformRegistry } from './platform-registry.ts'
import type { McpRegistry, McpScope } from './registry.ts'
import { RegistryServer } from './registry-server.ts'
import { tell } from './sessions.ts'

export interface StdioOptions {
  readonly platform: PlatformDoor
  /** The operating-system user that started the process: there is no other credential here. */
  readonly user: string
  /** Default: the principal's own. */
  readonly project?: string
  readonly log: Log
  readonly ids: Ids
  /** Default: the platform's operations and tools. */
  readonly registry?: McpRegistry
}

/** MCP over this process's stdin and stdout, which carry nothing else from here on. */
export interface StdioDoor {
  /** Resolves when the client closed its end, or `close` was called. */
  readonly closed: Promise<void>
  close(): Promise<void>
}

/**
 * Serves one client over stdin and stdout, in the protocol revision it speaks.
 *
 * @throws Unauthenticated · ProjectMissing
 */
export async function openStdioDoor(options: StdioOptions): Promise<StdioDoor> {
  const { platform, log } = options
  const registry = options.registry ?? new PlatformRegistry({ ...options, ...defaultLimits, version })
  const credentials = { local: options.user }
  const scope: McpScope = {
    credentials,
    principal: await platform.authenticate(credentials),
    project: options.project,
    group: undefined,
    channel: 'stdio',
  }
  const topic = await registry.topic(scope)
  return serve(registry, scope, topic, log)
}

function serve(registry: McpRegistry, scope: McpScope, topic: string, log: Log): StdioDoor {
  const servers = new Set<RegistryServer>()
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const handle: StdioServerHandle = serveStdio(
    () => {
      const server = new RegistryServer({ registry, scope, log, ...defaultLimits })
      servers.add(server)
      server.server.onclose = () => servers.delete(server)
      return server
    },
    { onerror: error => log.debug({ error: error.message }, 'MCP over stdio') },
  )
  const changes = new Changes(defaultLimits.changeDelayMs, change => {
    for (const server of servers)
      within(defaultLimits.notifyTimeoutMs, tell(server, change.what)).catch(error =>
        log.debug({ error: String(error) }, 'telling of a change'),
      )
  })
  const stop = registry.onChange(change => {
    if (change.topic === topic) changes.add(change)
  })
  const close = async (): Promise<void> => {
    stop()
    changes.close()
    await handle.close()
    resolve()
  }
  process.stdin.once('end', () => void close())
  return { closed, close }
}
