import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Client } from '@super-data/contract'

/** The files of the npm package `vega-datasets` that this project's tools read. */
export const vegaFiles = [
  'airports.csv',
  'cars.json',
  'co2-concentration.csv',
  'earthquakes.json',
  'flights-2k.json',
  'flights-airport.csv',
  'gapminder.json',
  'iowa-electricity.csv',
  'jobs.json',
  'movies.json',
  'penguins.json',
  'seattle-weather.csv',
  'sp500.csv',
  'stocks.csv',
  'us-state-capitals.json',
] as const

const ownFolder = dirname(fileURLToPath(import.meta.url))

/** Where the package keeps its data. */
export const vegaDataFolder = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '..', 'data')

/** Copies the data and the two seed files into a dataset folder, which is made when it is not there. */
export async function copyVegaProject(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await Promise.all([
    ...vegaFiles.map(file => copyFile(join(vegaDataFolder, file), join(folder, file))),
    ...['functions.yaml', 'tools.yml'].map(file => copyFile(join(ownFolder, file), join(folder, file))),
  ])
}

/** JSON text of a dataset: a JSON file as it lies there, anything else as the server shows it to jq. */
export async function vegaDocument(client: Client, dataset: string): Promise<string> {
  const file = vegaFiles.find(each => each === `${dataset.replaceAll('_', '-')}.json`)
  if (file !== undefined) return readFile(join(vegaDataFolder, file), 'utf8')
  const answer = await client.queries.ask({
    engine: 'jq',
    source: dataset,
    text: '.',
    maxRows: 10_000,
    maxBytes: 4_000_000,
  })
  return JSON.stringify(answer.value)
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const folder = argv[2]
  if (folder === undefined) throw new Error('say where: node examples/vega/datasets.ts FOLDER')
  await copyVegaProject(folder)
  console.log(`Copied ${vegaFiles.length} datasets, functions.yaml and tools.yml into ${folder}.`)
}
