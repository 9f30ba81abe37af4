import { ObjectKeyInvalid } from './errors.ts'

export const keyBytesMax = 1024

const controlCharacters = /[\u0000-\u001f\u007f-\u009f]/

/** @throws ObjectKeyInvalid */
export function assertKey(key: string): void {
  if (key.length === 0) throw new ObjectKeyInvalid('is empty')
  if (controlCharacters.test(key)) throw new ObjectKeyInvalid('holds a control character')
  if (!key.isWellFormed()) throw new ObjectKeyInvalid('is not well-formed Unicode')
  if (new TextEncoder().encode(key).byteLength > keyBytesMax) throw new ObjectKeyInvalid('is longer than 1,024 bytes')
}

/**
 * Orders keys by their UTF-8 bytes, as S3 lists them. JavaScript compares UTF-16 units, which puts characters beyond
 * U+FFFF (written with surrogates, U+D800…DFFF) before U+E000…FFFF; moving the surrogates up repairs that.
 */
export function compareKeys(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at++) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
