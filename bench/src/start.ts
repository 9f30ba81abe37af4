import { ServerProcess } from '@super-data/testing/server-process'
import { machine, table } from './machine.ts'
import { SampleDatasets } from './team-tool.ts'

/** Claim: from process start to ready in 1.5 s at most. */
export async function start(): Promise<void> {
  await using datasets = await SampleDatasets.open()
  const times: number[] = []
  let resident = 0
  for (let round = 0; round < 5; round++) {
    await using server = await ServerProcess.open({ datasets: datasets.folder })
    times.push(server.startMs)
    resident = await server.residentBytes()
  }
  times.sort((a, b) => a - b)
  console.log(`Start, first run included (${machine()})\n`)
  console.log(
    table([
      {
        'start to ready, median': `${times[2]?.toFixed(0)} ms`,
        'slowest of 5': `${times[4]?.toFixed(0)} ms`,
        'idle memory of the server process': `${(resident / 2 ** 20).toFixed(0)} MB`,
      },
    ]),
  )
}
