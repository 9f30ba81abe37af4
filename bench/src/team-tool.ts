import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createClient } from '@super-data/contract/client'
import type { ServerProcess } from '@super-data/testing/server-process'

const samples = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '..', 'data')

/** The data all benchmarks of the server ask: public, small, real. Gone when the benchmark ends. */
export class SampleDatasets implements AsyncDisposable {
  readonly folder: string
  readonly cars: string

  private constructor(folder: string) {
    this.folder = folder
    this.cars = join(folder, 'cars.json')
  }

  static async open(): Promise<SampleDatasets> {
    const folder = await mkdtemp(join(tmpdir(), 'super-data-bench-data-'))
    for (const name of ['cars.json', 'movies.json', 'seattle-weather.csv'])
      await copyFile(join(samples, name), join(folder, name))
    await writeFile(join(folder, 'README.txt'), 'Sample data of vega-datasets.\n')
    return new SampleDatasets(folder)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

export const carsTool = {
  name: 'cars_by_cylinders',
  text: 'map(select(.Cylinders == $cylinders and .Horsepower > $above)) | length',
  path: '/api/v1/projects/default/tools/cars_by_cylinders/run',
}

let asked = 0

/** Other parameters each time: an answer that is kept would not show what a call costs. */
export function carsParams(): { cylinders: number; above: number } {
  asked += 1
  return { cylinders: 8, above: asked / 1_000_000 }
}

/** Saves and publishes the tool that the benchmarks call. */
export async function publishCarsTool(server: ServerProcess): Promise<void> {
  const client = createClient({ url: server.url, key: server.key })
  await client.tools.create({
    project: 'default',
    tool: carsTool.name,
    description: 'Count cars by cylinders.',
    engine: 'jq',
    source: 'cars',
    text: carsTool.text,
    parameters: {
      type: 'object',
      properties: { cylinders: { type: 'integer' }, above: { type: 'number' } },
      required: ['cylinders', 'above'],
    },
  })
  await client.tools.submit({ project: 'default', tool: carsTool.name })
}
