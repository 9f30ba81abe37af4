import type { Random } from '@super-data/base/ids'

/** 128 random bits: no two writes share one, whatever they write. */
export function newEtag(random: Random): string {
  return Buffer.from(random.bytes(16)).toString('hex')
}
