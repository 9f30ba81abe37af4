/** Where things lie in the bucket. */
export interface BucketKeys {
  readonly database: string
  readonly lock: string
  /** For people; the truth is in the database itself. */
  readonly version: string
  /** What all backups start with. */
  readonly backups: string
  readonly approvedTools: string
  readonly functions: string
  probe(tail: string): string
  backup(at: number, tail: string): string
}

/** The layout around the database's own key, e.g. `databases/tools.db`. */
export function bucketKeys(database: string): BucketKeys {
  const parts = database.split('/')
  const name = parts.at(-1) ?? database
  const folder = parts
    .slice(0, -1)
    .map(part => `${part}/`)
    .join('')
  const root = parts
    .slice(0, -2)
    .map(part => `${part}/`)
    .join('')
  const backups = `${root}backups/${name}.`
  return {
    database,
    lock: `${folder}.lock`,
    version: `${folder}.version`,
    backups,
    approvedTools: `${root}exports/approved_tools.json`,
    functions: `${root}exports/functions.json`,
    probe: tail => `${folder}.probe-${tail}`,
    backup: (at, tail) => `${backups}${compactTime(at)}-${tail}`,
  }
}

/** e.g. `20260102-030405`, in UTC. */
export function compactTime(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
}

/** The time in the name of a backup; undefined when it is none. */
export function parseCompactTime(text: string): number | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)[-T](\d\d)(\d\d)(\d\d)/.exec(text)
  if (!found) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map(Number)
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
