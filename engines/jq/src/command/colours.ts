import { defaultPalette, type Palette } from '../value/json-print.ts'

const order = ['null', 'false', 'true', 'number', 'string', 'array', 'object', 'key'] as const

/** What `JQ_COLORS` says: SGR codes for each kind of value, `undefined` when they are none. */
export function readColours(text: string): Palette | undefined {
  const codes = text.split(':').slice(0, order.length)
  if (codes.some(code => !/^[\d;]*$/.test(code))) return undefined
  const given = codes.flatMap((code, at): [string, string][] => {
    const isLastAndEmpty = at === codes.length - 1 && code === ''
    return isLastAndEmpty ? [] : [[order[at]!, code]]
  })
  return { ...defaultPalette, ...Object.fromEntries(given) }
}
