import { compactJson } from '../value/json-print.ts'
import { fail, typeError } from '../value/raised.ts'
import { isNumber, toDouble, type Value } from '../value/value.ts'
import { charged, type Family } from './builtin.ts'
import { toText } from './types.ts'

export type Format = (value: Value) => string

/** One row: the format of strings, and what stands between cells. */
function row(name: string, separator: string, quote: (text: string) => string): Format {
  return value => {
    if (!Array.isArray(value)) return typeError(value, `cannot be ${name}-formatted, only array`)
    return value.map(cell => rowCell(cell, quote)).join(separator)
  }
}

/** One cell; the complaint speaks of csv for both kinds of row, as jq's does. */
function rowCell(cell: Value, quote: (text: string) => string): string {
  if (cell === null) return ''
  if (typeof cell === 'string') return quote(cell)
  if (typeof cell === 'boolean') return String(cell)
  if (isNumber(cell)) return Number.isNaN(toDouble(cell)) ? '' : compactJson(cell)
  return typeError(cell, 'is not valid in a csv row')
}

const tabEscapes: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\r': '\\r',
  '\n': '\\n',
  '\\': '\\\\',
  '\0': '\\0',
}
const htmlEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
}

function shell(value: Value): string {
  const words = Array.isArray(value) ? value : [value]
  return words
    .map(word => {
      if (typeof word === 'string') return `'${word.replaceAll("'", "'\\''")}'`
      if (word !== null && typeof word === 'object' && !isNumber(word)) {
        return typeError(word, 'can not be escaped for shell')
      }
      return compactJson(word)
    })
    .join(' ')
}

function percentEncode(value: Value): string {
  return toText(value).replace(/[^A-Za-z0-9\-_.~]+/g, part => {
    let encoded = ''
    for (const byte of Buffer.from(part, 'utf8')) encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    return encoded
  })
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function percentDecode(value: Value): string {
  const text = toText(value)
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return typeError(value, 'is not a valid uri encoding')
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, part => {
    try {
      return strictUtf8.decode(Buffer.from(part.replaceAll('%', ''), 'hex'))
    } catch {
      return typeError(value, 'is not a valid uri encoding')
    }
  })
}

function base64Decode(value: Value): string {
  const text = toText(value)
  const end = text.indexOf('=')
  const data = end === -1 ? text : text.slice(0, end)
  if (!/^[A-Za-z0-9+/]*$/.test(data)) return typeError(text, 'is not valid base64 data')
  if (data.length % 4 === 1) return typeError(text, 'trailing base64 byte found')
  return Buffer.from(data, 'base64').toString('utf8')
}

const base32Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function base32Encode(value: Value): string {
  let bits = 0
  let held = 0
  let text = ''
  for (const byte of Buffer.from(toText(value), 'utf8')) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += base32Alphabet[(held >>> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  if (bits > 0) text += base32Alphabet[(held << (5 - bits)) & 31]
  return text.padEnd(Math.ceil(text.length / 8) * 8, '=')
}

function base32Decode(value: Value): string {
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const char of toText(value).replace(/=+$/, '')) {
    const digit = base32Alphabet.indexOf(char)
    if (digit < 0) return typeError(value, 'is not valid base32 data')
    held = (held << 5) | digit
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((held >>> bits) & 255)
    held &= (1 << bits) - 1
  }
  return Buffer.from(bytes).toString('utf8')
}

const formats = new Map<string, Format>([
  ['text', toText],
  ['json', compactJson],
  ['csv', row('csv', ',', text => `"${text.replaceAll('"', '""')}"`)],
  ['tsv', row('tsv', '\t', text => text.replace(/[\t\r\n\\\0]/g, char => tabEscapes[char]!))],
  ['html', value => toText(value).replace(/[&<>'"]/g, char => htmlEscapes[char]!)],
  ['uri', percentEncode],
  ['urid', percentDecode],
  ['sh', shell],
  ['base64', value => Buffer.from(toText(value), 'utf8').toString('base64')],
  ['base64d', base64Decode],
  ['base32', base32Encode],
  ['base32d', base32Decode],
])

/** The format behind `@name`, or `undefined`. */
export function findFormat(name: string): Format | undefined {
  return formats.get(name)
}

export function formatNames(): string[] {
  return [...formats.keys()]
}

export const formatting: Family = {
  'format/1': charged((_runtime, input, name) => {
    if (typeof name !== 'string') return typeError(name, 'is not a valid format')
    const format = findFormat(name)
    return format ? format(input) : fail(`${name} is not a valid format`)
  }),
}
