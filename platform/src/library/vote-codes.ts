import type { Random } from '@super-data/base/ids'
import type { Database } from '@super-data/metadata'
import type { PlatformTables } from '../state/platform.ts'

/** No letters that are taken for one another. */
const alphabet = '23456789abcdefghjkmnpqrstuvwxyz'
const characters = 8

/** One-time codes with which people confirm votes that an agent may have cast for them. They stay on this installation. */
export class VoteCodes {
  readonly #platform: Database<PlatformTables>
  readonly #random: Random

  constructor(platform: Database<PlatformTables>, random: Random) {
    this.#platform = platform
    this.#random = random
  }

  /** The code of a vote, made when it is first asked for. */
  async of(voteId: string): Promise<string> {
    const find = () =>
      this.#platform.read.selectFrom('vote_codes').select('code').where('vote_id', '=', voteId).executeTakeFirst()
    const present = await find()
    if (present) return present.code
    const code = [...this.#random.bytes(characters)].map(byte => alphabet[byte % alphabet.length]).join('')
    await this.#platform.write(transaction =>
      transaction
        .insertInto('vote_codes')
        .values({ vote_id: voteId, code })
        .onConflict(conflict => conflict.column('vote_id').doNothing())
        .execute(),
    )
    return (await find())?.code ?? code
  }
}
