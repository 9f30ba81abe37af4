import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '@super-data/base/clock'
import { must } from '@super-data/base/errors'
import { DatabaseCorrupt } from '../errors.ts'
import { compare } from './comparison.ts'
import { Connection } from './connection.ts'
import { examine } from './examination.ts'
import { factsOf } from './failure.ts'
import { checkWhole, takeSnapshot } from './snapshot.ts'
import type { Job, JobResults, Reply } from './thread-jobs.ts'
import { takeTravellingSnapshot } from './travelling-snapshot.ts'

/** Runs in a thread of its own: one job after another, with its own connection, which only reads. */
const { file } = workerData as { file: string }
const port = must(parentPort, 'a parent thread')
let connection: Connection | undefined

port.on('message', async (job: Job) => {
  port.postMessage(await reply(job))
})

async function reply(job: Job): Promise<Reply> {
  try {
    return { result: await run(job) }
  } catch (failure) {
    // Errors of this package carry what SQLite or Node said as their cause; that is what the other side translates.
    const cause = failure instanceof Error && failure.cause !== undefined ? failure.cause : failure
    return failure instanceof DatabaseCorrupt
      ? { failure: factsOf(failure), findings: failure.details['findings'] as string[] }
      : { failure: factsOf(cause) }
  }
}

async function run(job: Job): Promise<JobResults[keyof JobResults]> {
  if (job.kind === 'backup') return takeSnapshot(file, job.target)
  if (job.kind === 'snapshot') return takeTravellingSnapshot(file, job)
  if (job.kind === 'compare') return compare(file, job)
  if (job.kind === 'examine') return examine(job.file, { planned: job.planned, clock: systemClock })
  connection ??= Connection.open(file, { readOnly: true, busyMs: 5000, foreignKeys: true })
  return job.kind === 'query' ? connection.run(job.sql, job.parameters).rows : checkWhole(connection)
}
