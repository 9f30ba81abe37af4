import { isBigLiteral } from './big-literal.ts'
import { quoteText } from './json-print.ts'
import { numberText } from './number-text.ts'
import { utf8Length } from './text.ts'
import type { Value } from './value.ts'

/** Bytes of the value's JSON on one line. Stops counting soon after `enough`: large values need not be looked through. */
export function jsonBytes(value: Value, enough: number): number {
  let bytes = 0
  const stack: Value[] = [value]
  while (stack.length > 0 && bytes <= enough) {
    const next = stack.pop()!
    if (typeof next !== 'object' || next === null || isBigLiteral(next)) {
      bytes += scalarBytes(next)
    } else if (Array.isArray(next)) {
      bytes += separators(next.length)
      for (const item of next) stack.push(item)
    } else {
      const keys = Object.keys(next)
      bytes += separators(keys.length) + keys.length
      for (const key of keys) {
        bytes += textBytes(key)
        stack.push(next[key]!)
      }
    }
  }
  return bytes
}

/** Brackets and commas. */
function separators(count: number): number {
  return 2 + Math.max(0, count - 1)
}

function scalarBytes(value: Exclude<Value, Value[] | { [key: string]: Value }>): number {
  if (typeof value === 'string') return textBytes(value)
  if (value === null) return 4
  return typeof value === 'boolean' ? (value ? 4 : 5) : numberText(value).length
}

function textBytes(text: string): number {
  return utf8Length(quoteText(text))
}
