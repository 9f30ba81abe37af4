import { FunctionNotApproved } from './errors.ts'
import { pinsOf } from './pinned-functions.ts'
import type { Reader } from './reader.ts'
import type { VersionRow } from './version-rows.ts'

/** The versions of functions it pins that the team has not approved. */
export async function unapprovedPins(reader: Reader, version: VersionRow) {
  const pins = pinsOf(version)
  if (pins.length === 0) return []
  const rows = await reader
    .selectFrom('versions')
    .select(['owner_id', 'hash', 'state', 'created_by'])
    .where(
      'owner_id',
      'in',
      pins.map(pin => pin.id),
    )
    .execute()
  return pins.flatMap(pin => {
    const versions = rows.filter(row => row.owner_id === pin.id && row.hash === pin.hash)
    if (versions.some(row => row.state === 'approved')) return []
    const isPending = versions.some(row => row.state === 'pending')
    return [{ name: `${pin.name}/${pin.arity}`, isPending, authors: versions.map(row => row.created_by) }]
  })
}

/** @throws FunctionNotApproved naming all */
export function requireApproved(
  owner: { readonly name: string },
  unapproved: readonly { readonly name: string; readonly isPending: boolean }[],
  { together }: { readonly together?: boolean | undefined },
): void {
  const missing = unapproved.filter(pin => together !== true || !pin.isPending).map(pin => pin.name)
  if (missing.length > 0) throw new FunctionNotApproved(owner.name, missing)
}
