import { createHash } from 'node:crypto'
import { chmodSync, chownSync, cpSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PostgresNotStarted } from './errors.ts'
import { type Programs, programsIn } from './programs.ts'

/** The user that runs PostgreSQL; nothing when it is whoever asks. */
export interface RunAs {
  readonly uid?: number
  readonly gid?: number
}

/** Where a demonstration keeps its data, reachable by whoever runs PostgreSQL. */
export interface Place {
  readonly folder: string
  readonly programs: Programs
  readonly user: RunAs
}

/**
 * In the home. PostgreSQL refuses to run as root, so root runs it as another user, who may not be able to enter the
 * home's folders: then it is a folder below /var/tmp.
 */
export function choosePlace(home: string, programs: Programs): Place {
  const user = runAs()
  mkdirSync(home, { recursive: true, mode: 0o700 })
  if (user.uid !== undefined && isOpen(dirname(home))) chmodSync(home, statSync(home).mode | 0o001)
  const reachable = user.uid === undefined || isOpen(home)
  const folder = reachable ? join(home, 'postgres-demo') : elsewhere(home)
  makeOwned(folder, user)
  return { folder, programs: readable(programs, folder, user), user }
}

/** The distribution's own user is best, `nobody` will do. */
function runAs(): RunAs {
  if (process.getuid?.() !== 0) return {}
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'))
  const found = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  if (found) return { uid: Number(found[2]), gid: Number(found[3]) }
  throw new PostgresNotStarted('does not run as root', '', 'Add a user for it: `adduser --system postgres`.')
}

function isOpen(folder: string): boolean {
  const mayEnter = (statSync(folder).mode & 0o001) !== 0
  return mayEnter && (dirname(folder) === folder || isOpen(dirname(folder)))
}

function elsewhere(home: string): string {
  return join('/var/tmp', `super-data-postgres-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`)
}

/** Anybody may make folders in /var/tmp: one that is there must be the one made here before. */
function makeOwned(folder: string, { uid, gid }: RunAs): void {
  if (!existsSync(folder)) {
    mkdirSync(folder, { mode: 0o700 })
    if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid)
  }
  const found = lstatSync(folder)
  const owner = uid ?? process.getuid?.() ?? found.uid
  if (found.isDirectory() && found.uid === owner) return
  throw new PostgresNotStarted(
    'cannot use its folder',
    folder,
    'It belongs to somebody else. Look at it, and remove it.',
  )
}

/** The programs as the other user can reach them: copied once when a folder above them is closed. */
function readable(programs: Programs, folder: string, user: RunAs): Programs {
  if (user.uid === undefined || isOpen(programs.root)) return programs
  const copy = join(folder, 'programs')
  if (!existsSync(copy)) cpSync(programs.root, copy, { recursive: true, verbatimSymlinks: true })
  return programsIn(copy)
}
