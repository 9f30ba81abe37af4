import { Worker } from 'node:worker_threads'

/** A pipe nobody writes to: it ends when the pool's process does, however that comes about. */
export const lifelineFd = 4

/** Sleeps until the lifeline ends, then ends the process. Plain text, so that the thread loads no module of ours. */
const watch = `
  require('node:fs').readSync(${lifelineFd}, Buffer.alloc(1))
  process.kill(process.pid, 'SIGKILL')
`

/**
 * Watches over the process from a thread of its own. A program in an endless loop never looks at any pipe: without the
 * guard it would go on for ever after a server that was killed.
 */
export function startGuard(): void {
  const memory = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 }
  new Worker(watch, { eval: true, env: {}, resourceLimits: memory }).unref()
}
