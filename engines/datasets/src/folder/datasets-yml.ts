import { nearest } from '@super-data/base/nearest'
import { parseDocument } from 'yaml'
import { type ObjectAddress, parseAddress } from '../bucket/object-address.ts'
import type { DatasetFormat } from '../dataset.ts'
import { DatasetInvalid } from '../errors.ts'
import { datasetNamePattern, parseFileName } from './dataset-name.ts'

/** The file in which an owner names datasets. */
export const datasetsFile = 'datasets.yml'

/** One line of it: this file, or this object, is the dataset of that name. */
export interface NamedEntry {
  readonly name: string
  /** Relative to the folder; of an object its whole address. */
  readonly file: string
  readonly object?: ObjectAddress
  readonly format: DatasetFormat
  readonly gzip: boolean
  readonly description: string | null
}

export type NamedObject = NamedEntry & { readonly object: ObjectAddress }

const textBytesMax = 256 * 1024
const fields = ['name', 'file', 'from', 'format', 'description']
const formats: readonly string[] = ['json', 'ndjson', 'csv', 'parquet']

/** @throws DatasetInvalid saying which line is wrong; nothing of a wrong file counts. */
export function parseDatasetsYml(text: string): NamedEntry[] {
  if (Buffer.byteLength(text) > textBytesMax) throw wrong('it is too large')
  const document = parseDocument(text, { schema: 'core', uniqueKeys: true })
  if (document.errors.length > 0) throw wrong(document.errors[0]!.message.split('\n')[0]!)
  const content = toPlain(document)
  if (content === null) return []
  if (!isRecord(content) || !Array.isArray(content['datasets'])) throw wrong('it needs a list `datasets`')
  checkFields(content, ['datasets'], 'at the top')
  const entries = content['datasets'].map((entry, place) => toEntry(entry, `entry ${place + 1}`))
  checkUnique(entries)
  return entries
}

function toPlain(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 20 })
  } catch {
    throw wrong('it repeats itself too often')
  }
}

function toEntry(entry: unknown, where: string): NamedEntry {
  if (!isRecord(entry)) throw wrong(`${where} needs \`name\`, and \`file\` or \`from\``)
  checkFields(entry, fields, where)
  const { name, format, description } = entry
  if (typeof name !== 'string' || !datasetNamePattern.test(name)) {
    throw wrong(`${where}: \`name\` takes lower-case letters, digits and _, and starts with no digit`)
  }
  const place = toPlace(entry, where)
  if (description !== undefined && typeof description !== 'string') throw wrong(`${where}: \`description\` is no text`)
  const named = parseFileName(place.file)
  const chosen = format ?? named?.format
  if (typeof chosen !== 'string' || !formats.includes(chosen)) {
    throw wrong(`${where}: \`format\` is one of ${formats.join(', ')}`)
  }
  return {
    name,
    ...place,
    format: chosen as DatasetFormat,
    gzip: named?.gzip ?? /\.gz$/i.test(place.file),
    description: description ?? null,
  }
}

function toPlace({ file, from }: Record<string, unknown>, where: string): Pick<NamedEntry, 'file' | 'object'> {
  if (typeof file === 'string' && file !== '' && from === undefined) return { file }
  if (file !== undefined || from === undefined) throw wrong(`${where} needs \`file\`, or \`from\` for an object`)
  const object = typeof from === 'string' ? parseAddress(from) : undefined
  if (object === undefined) throw wrong(`${where}: \`from\` is the address of one object, s3://bucket/key`)
  return { file: from as string, object }
}

function checkFields(entry: Record<string, unknown>, known: readonly string[], where: string): void {
  const unknown = Object.keys(entry).find(key => !known.includes(key))
  if (unknown === undefined) return
  const near = nearest(unknown, known)
  throw wrong(`${where}: no field ${JSON.stringify(unknown)}${near === undefined ? '' : `; did you mean ${near}?`}`)
}

function checkUnique(entries: readonly NamedEntry[]): void {
  const seen = new Set<string>()
  for (const { name } of entries) {
    if (seen.has(name)) throw wrong(`${name} is named twice`)
    seen.add(name)
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const wrong = (reason: string) =>
  new DatasetInvalid(`${datasetsFile}: ${reason}`, { hint: 'datasets: [{ name: orders, file: exports/orders.csv }]' })
