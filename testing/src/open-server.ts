import { systemClock } from '@super-data/base/clock'
import { systemRandom, TimeOrderedIds } from '@super-data/base/ids'
import { type Log, openLog } from '@super-data/base/log'
import { Server, type ServerOptions } from '@super-data/server/server'
import { MemoryPlatform } from './memory-platform.ts'

export const silentLog: Log = openLog({ level: 'silent' })

/** A server on a free port of this machine, over a platform in memory unless given another. */
export function openTestServer(options: Partial<ServerOptions> = {}): Promise<Server> {
  return Server.open({
    platform: new MemoryPlatform(),
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
    clock: systemClock,
    ids: new TimeOrderedIds(systemClock, systemRandom),
    ...options,
  })
}
