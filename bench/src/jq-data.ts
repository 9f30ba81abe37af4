import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const cities = ['Aarhus', 'Bergen', 'Cork', 'Dresden', 'Espoo', 'Faro', 'Ghent', 'Haarlem', 'Izmir', 'Jena']
const notes = ['paid on time', 'wants a call back', 'moved house last year, new address follows', 'gift wrapping', '']

/** One order of about 250 bytes; the same for the same number. */
function order(id: number, longIds: boolean): string {
  const random = ((id * 2_654_435_761) >>> 0) / 2 ** 32
  const number = longIds ? `90071992547409${String(930_000 + id)}` : String(id)
  return (
    `{"id":${number},"name":"Customer ${id}","email":"customer${id}@example.com","city":"${cities[id % 10]}",` +
    `"active":${random < 0.6},"amount":${(random * 1000).toFixed(2)},"visits":${Math.floor(random * 90)},` +
    `"tags":["t${id % 7}","t${id % 11}"],"note":"${notes[id % 5]}","address":{"street":"Street ${id % 997}","zip":"${10_000 + (id % 89_999)}"}}`
  )
}

export interface DataFile {
  readonly file: string
  readonly bytes: number
  readonly records: number
}

/** A folder for generated inputs, gone when the benchmark ends. */
export class JqData implements AsyncDisposable {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(): Promise<JqData> {
    return new JqData(await mkdtemp(join(tmpdir(), 'super-data-bench-jq-')))
  }

  /** So many megabytes of orders: one array, or a line each. */
  async orders(megabytes: number, { format = 'json' as 'json' | 'ndjson', longIds = false } = {}): Promise<DataFile> {
    const file = join(this.#folder, `${megabytes}${longIds ? '-long' : ''}.${format}`)
    const stream = createWriteStream(file)
    let bytes = 0
    let records = 0
    const put = async (text: string) => {
      bytes += text.length
      if (!stream.write(text)) await new Promise<void>(resolve => stream.once('drain', () => resolve()))
    }
    while (bytes < megabytes * 1e6) {
      const lines = Array.from({ length: 500 }, () => order(records++, longIds))
      const start = format === 'ndjson' ? '' : records === 500 ? '[' : ','
      await put(start + lines.join(format === 'ndjson' ? '\n' : ',') + (format === 'ndjson' ? '\n' : ''))
    }
    if (format === 'json') await put(']')
    await new Promise<void>(resolve => stream.end(() => resolve()))
    return { file, bytes, records }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** A few records, as text and as a value. */
export function sample(records: number): string {
  return `[${Array.from({ length: records }, (_, id) => order(id, false)).join(',')}]`
}
