import type { Output } from '@super-data/contract'
import { type FunctionRow, readVersionNumbers } from './function-rows.ts'
import { pinsOf, readVersionTexts } from './pinned-functions.ts'
import type { Reader } from './reader.ts'
import { textDiff } from './text-diff.ts'
import { stateOf, type VersionRow, versionRows } from './version-rows.ts'

type User = Output<'functions.impact'>['users'][number]

interface Using {
  readonly kind: 'function' | 'tool'
  readonly name: string
  readonly disabled_at: number | null
  readonly approved_version: number | null
  readonly version: VersionRow
}

/** The tools and functions of a project that use a function: what answers, and the newest version of each. */
export async function usersOf(reader: Reader, projectId: string, functionId: string): Promise<Using[]> {
  // The text of the pins holds the id only where the function is pinned.
  const versions = await versionRows(reader).where('versions.pins', 'like', `%"${functionId}"%`).execute()
  const tools = await reader.selectFrom('tools').selectAll().where('project_id', '=', projectId).execute()
  const functions = await reader.selectFrom('functions').selectAll().where('project_id', '=', projectId).execute()
  const owners = new Map<string, Omit<Using, 'version'> & { readonly version: number }>([
    ...tools.map(tool => [tool.id, { ...tool, kind: 'tool' as const }] as const),
    ...functions.map(
      each => [each.id, { ...each, kind: 'function' as const, name: `${each.name}/${each.arity}` }] as const,
    ),
  ])
  return versions.flatMap((version): Using[] => {
    const owner = owners.get(version.owner_id)
    if (!owner || !pinsOf(version).some(pin => pin.id === functionId)) return []
    const current = version.version === owner.approved_version || version.version === owner.version
    if (!current || version.state === 'rejected' || version.state === 'expired') return []
    const { kind, name, disabled_at, approved_version } = owner
    return disabled_at === null ? [{ kind, name, disabled_at, approved_version, version }] : []
  })
}

/** What moving to a version of a function would change for whatever uses it. */
export async function viewImpact(
  reader: Reader,
  projectId: string,
  target: FunctionRow,
  now: number,
): Promise<Output<'functions.impact'>> {
  const users = await usersOf(reader, projectId, target.owner_id)
  const pins = users.flatMap(({ version }) => pinsOf(version).filter(pin => pin.id === target.owner_id))
  const texts = await readVersionTexts(reader, pins)
  const numbers = await readVersionNumbers(
    reader,
    users.map(user => user.version),
  )
  const toUser = ({ version, ...owner }: Using): User => {
    const hash = pinsOf(version).find(pin => pin.id === target.owner_id)?.hash ?? ''
    return {
      kind: owner.kind,
      name: owner.name,
      version: version.version,
      state: stateOf(owner, version, now),
      answers: version.version === owner.approved_version,
      pinned: numbers(target.owner_id, hash),
      current: hash === target.hash,
      text: textDiff(texts(target.owner_id, hash)?.definition ?? '', target.definition),
    }
  }
  const { name, arity, version } = target
  return { function: name, arity, version, users: users.map(toUser).sort(byName) }
}

const byName = (one: User, other: User) => `${one.name} ${one.version}`.localeCompare(`${other.name} ${other.version}`)
