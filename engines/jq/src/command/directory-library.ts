import { readFileSync } from 'node:fs'
import { join, posix, resolve } from 'node:path'
import type { ModuleLibrary } from '../modules/library.ts'

/** Modules in folders, as `-L` names them: `NAME.jq` or `NAME/NAME.jq`, data in `.json`. Nothing outside of them. */
export function directoryLibrary(folders: readonly string[], cwd: string): ModuleLibrary {
  return {
    resolve: (path, kind) => {
      if (path.split('/').includes('..')) return undefined
      const extension = kind === 'jq' ? '.jq' : '.json'
      const files = [`${path}${extension}`, `${path}/${posix.basename(path)}${extension}`]
      const candidates = folders.flatMap(folder => files.map(file => join(resolve(cwd, folder), file)))
      return candidates.map(readIfThere).find(text => text !== undefined)
    },
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
