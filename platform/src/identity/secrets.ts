import { createHash, timingSafeEqual } from 'node:crypto'
import type { Random } from '@super-data/base/ids'
import type { Need } from '@super-data/contract'

/** 256 bits as 43 characters of base64url. */
export function randomSecret(random: Random): string {
  return Buffer.from(random.bytes(32)).toString('base64url')
}

/** A secret as it is stored: SHA-256, hexadecimal. Enough for random secrets, which nobody can guess from a list. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Compares two hashes in the same time wherever they differ. */
export function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

export interface KeySecret {
  readonly secret: string
  readonly hash: string
  /** Enough of it to tell keys apart, far too little to guess the rest. */
  readonly prefix: string
}

/** `sd_…` for a person, `proj_{project}_{need}_…` for a key that works in one project. */
export function makeKeySecret(random: Random, limitedTo?: { project: string; need: Need }): KeySecret {
  const start = limitedTo === undefined ? 'sd_' : `proj_${limitedTo.project}_${limitedTo.need}_`
  const secret = start + randomSecret(random)
  return { secret, hash: hashSecret(secret), prefix: secret.slice(0, start.length + 6) }
}
