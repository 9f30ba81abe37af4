import { must } from '@super-data/base/errors'
import type { Random } from '@super-data/base/ids'
import type { Database } from '@super-data/metadata'
import type { PlatformTables } from './platform.ts'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const characters = 10

/** The random name of this installation, made at its first start. */
export async function ensureNodeId(platform: Database<PlatformTables>, random: Random): Promise<string> {
  const present = await platform.read.selectFrom('installation').select('node_id').executeTakeFirst()
  if (present) return present.node_id
  const node_id = [...random.bytes(characters)].map(byte => alphabet[byte & 31]).join('')
  return platform.write(async transaction => {
    // Another process on the same home may have been faster.
    await transaction
      .insertInto('installation')
      .values({ one: 1, node_id })
      .onConflict(conflict => conflict.column('one').doNothing())
      .execute()
    return must(await transaction.selectFrom('installation').select('node_id').executeTakeFirst(), 'a node id').node_id
  })
}
