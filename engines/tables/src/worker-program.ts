import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const fromSources = import.meta.url.endsWith('.ts')

/** The file a worker process starts from: TypeScript beside sources, JavaScript beside a build. */
export const workerEntry = join(here, 'worker', fromSources ? 'main.ts' : 'main.js')

/** Enough for the rows on their way out; the data itself is outside JavaScript's memory. */
const heapMb = 256

/**
 * What Node is started with in a worker: no access to files but code and data, no child processes, no threads.
 *
 * The permission covers JavaScript only; DuckDB's own locks keep SQL away from files.
 */
export function workerArguments(readableFolders: readonly string[]): string[] {
  const readable = [...codeFolders(), ...readableFolders]
  return [
    ...(fromSources ? ['--conditions=source'] : []),
    `--max-old-space-size=${heapMb}`,
    '--permission',
    '--allow-addons',
    '--disable-warning=SecurityWarning',
    '--disable-warning=ExperimentalWarning',
    ...readable.map(folder => `--allow-fs-read=${folder}${sep}`),
  ]
}

/** This package and the ones it stands on. */
function codeFolders(): string[] {
  const folders = ['@super-data/base', '@duckdb/node-api', '@duckdb/node-bindings'].flatMap(packageFolders)
  return [...new Set([realpathSync(resolve(here, '..')), ...folders])]
}

/** Where a package is found from here: the folder it is linked in, and the folder it and its neighbours really are in. */
function packageFolders(name: string): string[] {
  for (let folder = here; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules')
    if (existsSync(join(modules, name))) return [modules, installFolder(realpathSync(join(modules, name)))]
    if (dirname(folder) === folder) return []
  }
}

/** Installers that link packages keep all of them below one `node_modules`. */
function installFolder(path: string): string {
  const end = path.indexOf(`${sep}node_modules${sep}`)
  return end === -1 ? path : join(path.slice(0, end), 'node_modules')
}
