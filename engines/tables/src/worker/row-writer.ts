import {
  type DuckDBArrayType,
  type DuckDBDataChunk,
  type DuckDBListType,
  type DuckDBMapType,
  type DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBUnionType,
  type DuckDBValue,
} from '@duckdb/node-api'

/** The JSON text of one value. Nothing is lost: numbers keep every digit they have in SQL. */
type Write = (value: DuckDBValue) => string

/** Writes the rows of a result as JSON arrays, one text a row. */
export class RowWriter {
  readonly #writers: readonly Write[]

  constructor(types: readonly DuckDBType[]) {
    this.#writers = types.map(writerOf)
  }

  *lines(chunk: DuckDBDataChunk): Generator<string> {
    const columns = this.#writers.map((_, place) => chunk.getColumnVector(place))
    for (let row = 0; row < chunk.rowCount; row++) {
      yield `[${this.#writers.map((write, place) => write(columns[place]!.getItem(row) as DuckDBValue)).join(',')}]`
    }
  }
}

function writerOf(type: DuckDBType): Write {
  const write = plainWriterOf(type)
  return value => (value === null || value === undefined ? 'null' : write(value))
}

const asNumber: Write = value => String(value)
const asText: Write = value => JSON.stringify(String(value))

function plainWriterOf(type: DuckDBType): Write {
  switch (type.typeId) {
    case DuckDBTypeId.SQLNULL:
      return () => 'null'
    case DuckDBTypeId.BOOLEAN:
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.UHUGEINT:
    case DuckDBTypeId.BIGNUM:
    case DuckDBTypeId.DECIMAL:
      return asNumber
    case DuckDBTypeId.FLOAT:
      return value => writeFloat(value as number)
    case DuckDBTypeId.DOUBLE:
      return value => (Number.isFinite(value) ? JSON.stringify(value) : 'null')
    case DuckDBTypeId.VARCHAR:
      return type.alias === 'JSON' ? writeJson : asText
    case DuckDBTypeId.BLOB:
    case DuckDBTypeId.GEOMETRY:
      return value => JSON.stringify(Buffer.from((value as { bytes: Uint8Array }).bytes).toString('base64'))
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
      return value => JSON.stringify(String(value).replace(' ', 'T'))
    case DuckDBTypeId.TIMESTAMP_TZ:
      return writeInstant
    default:
      return nestedWriterOf(type)
  }
}

function nestedWriterOf(type: DuckDBType): Write {
  switch (type.typeId) {
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return listWriter((type as DuckDBListType | DuckDBArrayType).valueType)
    case DuckDBTypeId.STRUCT:
      return structWriter(type as DuckDBStructType)
    case DuckDBTypeId.MAP:
      return mapWriter(type as DuckDBMapType)
    case DuckDBTypeId.UNION:
      return unionWriter(type as DuckDBUnionType)
    case DuckDBTypeId.VARIANT:
      return value => writeVariant(value as unknown as { value: DuckDBValue; type?: DuckDBType })
    default:
      return asText
  }
}

function listWriter(element: DuckDBType): Write {
  const write = writerOf(element)
  return value => `[${(value as { items: readonly DuckDBValue[] }).items.map(write).join(',')}]`
}

function structWriter(type: DuckDBStructType): Write {
  const fields = type.entryNames.map((name, place) => {
    const write = writerOf(type.entryTypes[place]!)
    return (entries: Readonly<Record<string, DuckDBValue>>) => `${JSON.stringify(name)}:${write(entries[name]!)}`
  })
  return value => {
    const { entries } = value as { entries: Readonly<Record<string, DuckDBValue>> }
    return `{${fields.map(field => field(entries)).join(',')}}`
  }
}

/** JSON has only text for keys. */
function mapWriter(type: DuckDBMapType): Write {
  const writeKey = writerOf(type.keyType)
  const writeValue = writerOf(type.valueType)
  return value => {
    const { entries } = value as { entries: readonly { key: DuckDBValue; value: DuckDBValue }[] }
    const parts = entries.map(entry => {
      const key = writeKey(entry.key)
      return `${key.startsWith('"') ? key : JSON.stringify(key)}:${writeValue(entry.value)}`
    })
    return `{${parts.join(',')}}`
  }
}

function unionWriter(type: DuckDBUnionType): Write {
  const writers = new Map(type.memberTags.map((tag, place) => [tag, writerOf(type.memberTypes[place]!)]))
  return value => {
    const { tag, value: inner } = value as { tag: string; value: DuckDBValue }
    return writers.get(tag)!(inner)
  }
}

function writeVariant(variant: { value: DuckDBValue; type?: DuckDBType }): string {
  if (variant.value === null) return 'null'
  return variant.type === undefined ? asText(variant.value) : writerOf(variant.type)(variant.value)
}

/** Text that is JSON already goes out as it stands, on one line. */
function writeJson(value: DuckDBValue): string {
  const text = String(value)
  try {
    JSON.parse(text)
  } catch {
    return JSON.stringify(text)
  }
  return text.replace(/[\r\n]/g, ' ')
}

/** The shortest decimal that is this 32-bit number. */
function writeFloat(value: number): string {
  if (!Number.isFinite(value)) return 'null'
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return JSON.stringify(short)
  }
  return JSON.stringify(value)
}

/** Instants are written in UTC, whatever zone the machine is in. */
function writeInstant(value: DuckDBValue): string {
  const { micros } = value as { micros: bigint }
  const floor = (number: bigint, unit: bigint) => (number - (((number % unit) + unit) % unit)) / unit
  const milliseconds = Number(floor(micros, 1000n))
  if (Math.abs(milliseconds) > 8.64e15) return 'null'
  const text = new Date(milliseconds).toISOString().replace(/\.\d+Z$/, '')
  const fraction = String(((micros % 1_000_000n) + 1_000_000n) % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '')
  return `"${text}${fraction === '' ? '' : `.${fraction}`}Z"`
}

/** DuckDB's name of a type, with `JSON` for text that is JSON. */
export function typeName(type: DuckDBType): string {
  return type.alias ?? String(type)
}
