/** Type oids that never change. */
const oids = { bool: 16, int2: 21, int4: 23, oid: 26, float4: 700, float8: 701 } as const

const numbers: ReadonlySet<number> = new Set([oids.int2, oids.int4, oids.oid, oids.float4, oids.float8])
const json: ReadonlySet<number> = new Set([114, 3802])

/** Array types by the type of their elements; 0 for those that stay text. */
const elements: ReadonlyMap<number, number> = new Map([
  [1000, oids.bool],
  [1005, oids.int2],
  [1007, oids.int4],
  [1028, oids.oid],
  [1021, oids.float4],
  [1022, oids.float8],
  [1002, 0],
  [1003, 0],
  [1009, 0],
  [1015, 0],
  [1016, 0],
  [1034, 0],
  [2211, 0],
])

/** `int2vector` and `oidvector` are numbers with spaces between. */
const vectors: ReadonlySet<number> = new Set([22, 30])

/** A value of a catalogue as JavaScript has it; what JavaScript would not keep exactly stays text. */
export function toJavaScript(text: string | null, type: number): unknown {
  if (text === null) return null
  if (type === oids.bool) return text === 't'
  if (numbers.has(type)) return Number(text)
  if (json.has(type)) return JSON.parse(text)
  if (vectors.has(type)) return text === '' ? [] : text.split(' ').map(Number)
  const element = elements.get(type)
  return element === undefined ? text : parseArray(text, part => toJavaScript(part, element))
}

/** Text of an answer's value: booleans, and numbers JavaScript keeps exactly, as such; all else as PostgreSQL writes it. */
export function toCell(text: string | null, type: number): string | number | boolean | null {
  if (text === null) return null
  if (type === oids.bool) return text === 't'
  if (!numbers.has(type)) return text
  const value = Number(text)
  return Number.isFinite(value) && !Object.is(value, -0) ? value : text
}

/** One-dimensional array text: `{a,"b c",NULL}`. Others stay text. */
function parseArray(text: string, decode: (part: string | null) => unknown): unknown {
  if (!text.startsWith('{') || text.startsWith('{{')) return text === '{}' ? [] : text
  const parts = text.slice(1, -1).match(/"(?:[^"\\]|\\.)*"|[^,]+/gs) ?? []
  return parts.map(part => {
    if (part.startsWith('"')) return decode(part.slice(1, -1).replace(/\\(.)/gs, '$1'))
    return decode(part === 'NULL' ? null : part)
  })
}
