import type { Random } from '@super-data/base/ids'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** So many random letters and digits. */
export function randomText(random: Random, characters: number): string {
  return [...random.bytes(characters)].map(byte => alphabet[byte & 31]).join('')
}

/** A number from 0 up to, but not including, 1. */
export function randomFraction(random: Random): number {
  const [high = 0, low = 0] = random.bytes(2)
  return (high * 256 + low) / 65_536
}
