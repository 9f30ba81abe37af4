/**
 * The process in which strangers' programs run. It has no environment, no event loop to speak of and no way to the disk
 * but its own code: it reads calls from one pipe, answers them on the same, and ends when the pipe does.
 */
import { flushCompileCache } from 'node:module'
import { systemClock } from '@super-data/base/clock'
import { Channel } from './channel.ts'
import { PoolGone } from './conversation.ts'
import { Executor } from './executor.ts'
import { frameTypes } from './frames.ts'
import { startGuard } from './guard.ts'
import type { ChildSettings } from './protocol.ts'

/** The pipe to the pool; 0, 1 and 2 are what they always are. */
const poolFd = 3

function serve(): void {
  const channel = new Channel(poolFd)
  const executor = new Executor(channel, JSON.parse(process.argv[2]!) as ChildSettings, systemClock)
  startGuard()
  channel.write(frameTypes.ready, 0, '')
  flushCompileCache()
  for (let frame = channel.read(); frame; frame = channel.read()) {
    // Anything else answers a call that has ended.
    if (frame.type === frameTypes.call) executor.answer(frame)
  }
}

try {
  serve()
} catch (failure) {
  const poolHasGone = failure instanceof PoolGone || (failure as NodeJS.ErrnoException).code === 'EPIPE'
  if (!poolHasGone) throw failure
}
process.exit(0)
