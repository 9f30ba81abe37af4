import type { DuckDBConnection } from '@duckdb/node-api'
import type { TableFile } from '../table-file.ts'
import { none, separatorOf } from './csv-separator.ts'
import { identifier, literal } from './quote.ts'

/** How a file is turned into rows: an expression for FROM. */
export type Reader = string

/** Rows looked at before types are chosen, where looking at all of them would take too long. */
const sampleRows = 200_000

/** How long one JSON element may be. */
const elementBytes = { least: 1024 * 1024, usual: 8 * 1024 * 1024, most: 512 * 1024 * 1024 }

/**
 * The ways to read a file, the strict one first: the next is tried when one fails.
 *
 * @param whole look at every row before choosing types.
 */
export async function readersOf(connection: DuckDBConnection, table: TableFile, whole: boolean): Promise<Reader[]> {
  switch (table.format) {
    case 'parquet':
      return [`read_parquet(${literal(table.file)})`]
    case 'csv':
      return csvReaders(table, await findSeparator(connection, table), whole)
    default:
      return jsonReaders(table, whole)
  }
}

function csvReaders(table: TableFile, separator: string, whole: boolean): Reader[] {
  const options = [
    csvFile(table),
    `sample_size=${whole ? -1 : sampleRows}`,
    // Left to itself, DuckDB passes over leading lines that do not fit the rest.
    'skip=0',
    `delim=${literal(separator)}`,
    `quote='"'`,
  ]
  const strict = [...options, `escape='"'`]
  // In strict mode lines must all end in the same way. Whoever gives the file has checked how many fields they have.
  const lenient = [...strict, 'strict_mode=false']
  return [strict, [...options, `escape='\\'`], [...strict, 'all_varchar=true'], lenient].map(
    list => `read_csv(${list.join(', ')})`,
  )
}

/** Left to itself, DuckDB passes over lines that look like comments. */
function csvFile(table: TableFile): string {
  const compression = `compression=${table.gzip ? "'gzip'" : "'none'"}`
  return [literal(table.file), compression, "comment=''", ...csvBuffers(table)].join(', ')
}

/** Lines looked at for a header: names may hold line breaks. */
const headLines = 100

async function findSeparator(connection: DuckDBConnection, table: TableFile): Promise<string> {
  if (table.separator !== undefined) return table.separator ?? none
  const lines = `auto_detect=false, header=false, columns={'line': 'VARCHAR'}, delim='\u001f', quote='', escape=''`
  const head = await connection.runAndReadAll(
    `SELECT line FROM read_csv(${csvFile(table)}, ${lines}, strict_mode=false, null_padding=true) LIMIT ${headLines}`,
  )
  return separatorOf(
    head
      .getRows()
      .map(([line]) => line ?? '')
      .join('\n'),
  )
}

/** DuckDB would take room for 32 of the longest lines for each thread, far more than most files are long. */
function csvBuffers(table: TableFile): string[] {
  const bytes = Math.max(table.sizeBytes * (table.gzip ? 20 : 1), 64 * 1024)
  const lineBytes = Math.min(bytes, 4 * 1024 * 1024)
  return [`max_line_size=${lineBytes}`, `buffer_size=${2 * lineBytes}`]
}

function jsonReaders(table: TableFile, whole: boolean): Reader[] {
  const format = jsonFormat(table)
  const options = [
    literal(table.file),
    `format='${format}'`,
    `sample_size=${whole ? -1 : sampleRows}`,
    `compression=${table.gzip ? "'gzip'" : "'uncompressed'"}`,
  ]
  return elementSizes(table, format).map(bytes => `read_json(${options.join(', ')}, maximum_object_size=${bytes})`)
}

function jsonFormat(table: TableFile): 'newline_delimited' | 'array' | 'unstructured' {
  if (table.format === 'ndjson') return 'newline_delimited'
  return (table.shape ?? 'array') === 'array' ? 'array' : 'unstructured'
}

/** Room for one element, which DuckDB takes several times: little first, much when that was too little. */
function elementSizes(table: TableFile, format: string): number[] {
  // A gzip file says nothing certain about its length inside.
  const bytes = Math.min(Math.max(table.sizeBytes * (table.gzip ? 20 : 1), elementBytes.least), elementBytes.most)
  return format === 'unstructured' || bytes <= elementBytes.usual ? [bytes] : [elementBytes.usual, bytes]
}

/**
 * Numbers with leading zeros are codes, not numbers, and are read as text; whole numbers that are too large for 64 bits
 * keep every digit.
 *
 * @returns the reader with those columns' types fixed.
 */
export async function keepDigits(connection: DuckDBConnection, reader: Reader): Promise<Reader> {
  if (!reader.startsWith('read_csv') || reader.includes('all_varchar')) return reader
  const described = await connection.runAndReadAll(`DESCRIBE FROM ${reader}`)
  const columns = described.getRows().map(row => ({ name: String(row[0]), type: String(row[1]) }))
  const numeric = columns.filter(({ type }) => /INT|DECIMAL|DOUBLE/.test(type))
  if (numeric.length === 0) return reader
  const headless = columns.every(({ name }) => /^column\d+$/.test(name))
  const text = reader.replace(/\)$/, `, all_varchar=true, header=${!headless})`)
  const tests = numeric.flatMap(({ name }) => [
    `bool_or(regexp_full_match(${identifier(name)}, '\\s*-?0[0-9].*'))`,
    `bool_and(regexp_full_match(${identifier(name)}, '\\s*-?[0-9]{1,38}\\s*'))`,
  ])
  const found = await connection.runAndReadAll(`SELECT ${tests.join(', ')} FROM (FROM ${text} LIMIT ${sampleRows})`)
  const types = numeric.flatMap(({ name, type }, place) => {
    const [isCode, isWhole] = found.getRows()[0]!.slice(2 * place)
    if (isCode === true) return [`${literal(name)}: 'VARCHAR'`]
    return type === 'DOUBLE' && isWhole === true ? [`${literal(name)}: 'HUGEINT'`] : []
  })
  return types.length === 0 ? reader : reader.replace(/\)$/, `, types={${types.join(', ')}})`)
}

/**
 * Fixes the columns of a JSON file that every query reads anew, so that they are not looked for every time.
 *
 * @returns the reader with its columns written out.
 */
export async function fixColumns(connection: DuckDBConnection, reader: Reader): Promise<Reader> {
  if (!reader.startsWith('read_json')) return reader
  const described = await connection.runAndReadAll(`DESCRIBE FROM ${reader}`)
  const columns = described.getRows().map(row => ({ name: String(row[0]), type: String(row[1]) }))
  // A single column of this name may be DuckDB's own, for elements that are no objects.
  if (columns.length === 1 && columns[0]!.name === 'json') return reader
  if (columns.some(({ name }) => isRenamed(name, columns))) return reader
  const list = columns.map(({ name, type }) => `${literal(name)}: ${literal(type)}`).join(', ')
  return reader.replace(/\)$/, `, columns={${list}})`)
}

/** DuckDB calls the second of two keys that differ only in case `key_1`, which the file does not know. */
function isRenamed(name: string, columns: readonly { name: string }[]): boolean {
  const base = /^(.*)_\d+$/s.exec(name)?.[1]?.toLowerCase()
  return base !== undefined && columns.some(column => column.name.toLowerCase() === base)
}
