import type { ProjectRole } from '@super-data/contract'
import type { Kysely, Selectable } from 'kysely'
import type { PlatformTables } from '../state/platform.ts'
import { InvitationExpired, InvitationMissing, InvitationUsed } from './errors.ts'
import type { KeyParts } from './keys.ts'
import { hashSecret, randomSecret } from './secrets.ts'

export type InvitationRow = Selectable<PlatformTables['invitations']>

export interface NewInvitation {
  readonly userId: string
  readonly project: string
  readonly projectRole: ProjectRole
  readonly expiresAt: number
}

/** Makes an invitation; earlier ones of the same user stop working. The token is here this once. */
export async function insertInvitation(
  platform: Kysely<PlatformTables>,
  invitation: NewInvitation,
  { clock, ids, random }: KeyParts,
): Promise<{ row: InvitationRow; token: string }> {
  const token = randomSecret(random)
  const row: InvitationRow = {
    id: ids.next('invitation'),
    user_id: invitation.userId,
    hash: hashSecret(token),
    project: invitation.project,
    project_role: invitation.projectRole,
    expires_at: invitation.expiresAt,
    redeemed_at: null,
    created_at: clock.now(),
  }
  await deleteOpenInvitations(platform, invitation.userId)
  await platform.insertInto('invitations').values(row).execute()
  return { row, token }
}

export async function deleteOpenInvitations(platform: Kysely<PlatformTables>, userId: string): Promise<void> {
  await platform.deleteFrom('invitations').where('user_id', '=', userId).where('redeemed_at', 'is', null).execute()
}

/** @param token alone, or the link that ends with it. @throws InvitationMissing · InvitationUsed · InvitationExpired */
export async function getOpenInvitation(
  platform: Kysely<PlatformTables>,
  token: string,
  now: number,
): Promise<InvitationRow> {
  const hash = hashSecret(token.trim().replace(/^.*[/#]/s, ''))
  const row = await platform.selectFrom('invitations').selectAll().where('hash', '=', hash).executeTakeFirst()
  if (row === undefined) throw new InvitationMissing()
  if (row.redeemed_at !== null) throw new InvitationUsed()
  if (row.expires_at <= now) throw new InvitationExpired()
  return row
}

/** Takes the invitation for its one use. @throws InvitationUsed when somebody was faster */
export async function claimInvitation(platform: Kysely<PlatformTables>, id: string, now: number): Promise<void> {
  const claimed = await platform
    .updateTable('invitations')
    .set({ redeemed_at: now })
    .where('id', '=', id)
    .where('redeemed_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  if (claimed.numUpdatedRows !== 1n) throw new InvitationUsed()
}

/** The token stands after `#`, so that no server log and no proxy ever sees it. */
export function invitationLink(publicUrl: string, token: string): string {
  return `${publicUrl}/invite#${token}`
}
