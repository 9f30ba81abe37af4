import { contentHash } from './canonical-json.ts'

const hashCharacters = 26

/** An id that is the same wherever it is made from the same parts: for things whose name is what they are. */
export function derivedId(prefix: string, ...parts: readonly (string | number)[]): string {
  return `${prefix}_${contentHash(parts).slice(0, hashCharacters)}`
}
