import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Cancelled, InternalError, PlatformError } from '@super-data/base/errors'
import type { FileProblem } from '../dataset.ts'
import { DatasetInvalid } from '../errors.ts'
import { parseFileName } from './dataset-name.ts'
import { datasetsFile, type NamedEntry, type NamedObject, parseDatasetsYml } from './datasets-yml.ts'
import { type FileState, openInside, stateOf } from './jail.ts'

/** Folders within folders are followed this deep. */
const depthMax = 8

/** A data file as it lies in the folder now. */
export interface FoundFile extends NamedEntry {
  readonly state: FileState
}

/** What a look at the folder found. */
export interface Found {
  readonly files: readonly FoundFile[]
  /** What `datasets.yml` names in buckets: nobody has looked whether it is there. */
  readonly objects: readonly NamedObject[]
  /** Files that are there but cannot be read as what they are, by dataset name. */
  readonly unusable: ReadonlyMap<string, FileProblem>
  /** Everything else that is wrong in the folder. */
  readonly problems: readonly FileProblem[]
}

/** Looks for data files, by their names or by the names `datasets.yml` gives them. */
export class DatasetFiles {
  readonly #folder: string
  readonly #filesMax: number
  readonly #ignored: string | undefined
  /** The last `datasets.yml` that made sense, and the file state it was read at. */
  #named: { mark: string; entries: readonly NamedEntry[]; problem: string | null } = {
    mark: '',
    entries: [],
    problem: null,
  }

  /**
   * @param folder a real path.
   * @param ignored a real path that is not looked into, should it lie within the folder.
   */
  constructor(folder: string, filesMax: number, ignored?: string) {
    this.#folder = folder
    this.#filesMax = filesMax
    this.#ignored = ignored
  }

  /** @param ownerOf the file that answers under a name now: it keeps the name when others want it too. */
  async find(ownerOf: (name: string) => string | undefined): Promise<Found> {
    const problems: FileProblem[] = []
    const named = await this.#readNamed(problems)
    const taken = new Set(named.map(entry => join(entry.file)))
    const loose = (await this.#list('', 0)).filter(entry => !taken.has(entry.file))
    const candidates = this.#limit([...named, ...loose], problems)
    const files: FoundFile[] = []
    const objects: NamedObject[] = []
    const unusable = new Map<string, FileProblem>()
    for (const entry of uniqueNames(candidates, problems, { taken, ownerOf })) {
      if (isObject(entry)) {
        objects.push(entry)
        continue
      }
      const looked = await this.#look(entry)
      if (looked === undefined) {
        if (taken.has(join(entry.file)))
          problems.push({ file: entry.file, name: entry.name, problem: 'there is no such file' })
      } else if ('problem' in looked) unusable.set(entry.name, looked)
      else files.push(looked)
    }
    return { files, objects, unusable, problems }
  }

  /** One file as it is now; `undefined` when it is gone or unusable. */
  async lookAgain(file: FoundFile): Promise<FoundFile | undefined> {
    const looked = await this.#look(file)
    return looked && 'state' in looked ? looked : undefined
  }

  /** @returns undefined when it is gone. */
  async #look(entry: NamedEntry): Promise<FoundFile | FileProblem | undefined> {
    try {
      return { ...entry, state: await stateOf(this.#folder, entry.file) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      return { file: entry.file, name: entry.name, problem: reasonOf(error) }
    }
  }

  /** By path, so that the same folder always gives the same names. */
  async #list(folder: string, depth: number): Promise<NamedEntry[]> {
    const found: NamedEntry[] = []
    const entries = await readdir(join(this.#folder, folder), { withFileTypes: true }).catch(() => [] as Dirent[])
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) {
        if (depth < depthMax && join(this.#folder, path) !== this.#ignored)
          found.push(...(await this.#list(path, depth + 1)))
        continue
      }
      const named = parseFileName(entry.name)
      if (named) found.push({ ...named, file: path, description: null })
    }
    return found
  }

  #limit(entries: readonly NamedEntry[], problems: FileProblem[]): readonly NamedEntry[] {
    for (const { file, name } of entries.slice(this.#filesMax)) {
      problems.push({ file, name, problem: `only ${this.#filesMax} files are looked at` })
    }
    return entries.slice(0, this.#filesMax)
  }

  /** A `datasets.yml` with a mistake changes nothing: the last good one keeps naming. */
  async #readNamed(problems: FileProblem[]): Promise<readonly NamedEntry[]> {
    const state = await stateOf(this.#folder, datasetsFile).catch(error => {
      if (error instanceof DatasetInvalid) problems.push({ file: datasetsFile, name: null, problem: error.message })
      return undefined
    })
    if (state === undefined) this.#named = { mark: '', entries: [], problem: null }
    else if (state.mark !== this.#named.mark) this.#named = { mark: state.mark, ...(await this.#parseNamed()) }
    if (this.#named.problem !== null) problems.push({ file: datasetsFile, name: null, problem: this.#named.problem })
    return this.#named.entries
  }

  async #parseNamed(): Promise<{ entries: readonly NamedEntry[]; problem: string | null }> {
    try {
      const { handle } = await openInside(this.#folder, datasetsFile)
      await using _ = handle
      return { entries: parseDatasetsYml(await handle.readFile('utf8')), problem: null }
    } catch (error) {
      return { entries: this.#named.entries, problem: reasonOf(error) }
    }
  }
}

const isObject = (entry: NamedEntry): entry is NamedObject => entry.object !== undefined

/** A name belongs to the file `datasets.yml` gives it to, else to the one that answers already, else to the first by path. */
function uniqueNames(
  entries: readonly NamedEntry[],
  problems: FileProblem[],
  claims: { readonly taken: ReadonlySet<string>; readonly ownerOf: (name: string) => string | undefined },
): NamedEntry[] {
  const owners = new Map<string, string>()
  for (const { name, file } of entries) {
    const owner = owners.get(name)
    const answers = claims.ownerOf(name) === file && owner !== undefined && !claims.taken.has(join(owner))
    if (owner === undefined || answers) owners.set(name, file)
  }
  return entries.filter(({ name, file }) => {
    const owner = owners.get(name)
    if (owner === file) return true
    problems.push({
      file,
      name,
      problem: `${owner} is called ${name} already; give this file a name in ${datasetsFile}`,
    })
    return false
  })
}

/** Why a file or an object cannot be used, without a machine path. */
export function reasonOf(error: unknown): string {
  if (error instanceof Cancelled) return 'it could not be read in time'
  if (error instanceof PlatformError && !(error instanceof InternalError)) return error.message
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file'
    case 'EACCES':
    case 'EPERM':
      return 'the server may not read it'
    case 'ELOOP':
    case 'ENXIO':
      return 'it is not a regular file'
    case 'ENOSPC':
      return 'there is no room for a copy of it'
    default:
      return 'it cannot be read'
  }
}
