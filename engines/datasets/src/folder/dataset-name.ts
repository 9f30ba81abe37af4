import type { DatasetFormat } from '../dataset.ts'

/** What a file's name says about it. */
export interface NamedFile {
  readonly name: string
  readonly format: DatasetFormat
  readonly gzip: boolean
}

const formats: Readonly<Record<string, DatasetFormat>> = {
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  csv: 'csv',
  tsv: 'csv',
  parquet: 'parquet',
}

export const datasetNamePattern = /^[a-z_][a-z0-9_]{0,99}$/

/** Reads name and format from a file name; `undefined` when it is no data file. */
export function parseFileName(fileName: string): NamedFile | undefined {
  const match = /^(.+?)\.(json|ndjson|jsonl|csv|tsv|parquet)(\.gz)?$/i.exec(fileName)
  if (!match) return undefined
  return {
    name: toDatasetName(match[1]!),
    format: formats[match[2]!.toLowerCase()]!,
    gzip: match[3] !== undefined,
  }
}

/** Lower case, plain letters, digits and `_`: a name that needs no quotes in jq or SQL. */
export function toDatasetName(base: string): string {
  const plain = base
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
  return (/^[0-9]/.test(plain) ? `_${plain}` : plain).slice(0, 100)
}
