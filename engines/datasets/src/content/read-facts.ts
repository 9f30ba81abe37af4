import type { DatasetFormat } from '../dataset.ts'
import { DatasetInvalid } from '../errors.ts'
import type { Facts } from './facts.ts'
import { type ReadOptions, readJsonFacts } from './json-facts.ts'
import { checkCsv, checkParquet } from './table-facts.ts'

/**
 * Reads a file whole and says what it is.
 *
 * @throws DatasetInvalid when it is not what its name says.
 */
export async function readFacts(
  source: { readonly file: string; readonly format: DatasetFormat; readonly gzip: boolean },
  options: ReadOptions,
): Promise<Facts> {
  const { file, format, gzip } = source
  switch (format) {
    case 'csv':
      return { format, shape: 'array', records: null, structure: null, ...(await checkCsv(source, options)) }
    case 'parquet':
      if (gzip) throw new DatasetInvalid('Parquet is packed inside already', { hint: 'Unpack the .gz file.' })
      await checkParquet(file)
      return { format, shape: 'array', records: null, structure: null }
    default:
      return readJsonFacts({ file, format, gzip }, options)
  }
}
