import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InternalError } from '@super-data/base/errors'

/** How to start a process that can read its own code and nothing else. */
export interface Sandbox {
  /** Arguments of Node itself. */
  readonly nodeArguments: readonly string[]
  readonly entry: string
  readonly env: Readonly<Record<string, string>>
}

const fromSource = import.meta.url.endsWith('.ts')
const entry = fileURLToPath(new URL(fromSource ? './child.ts' : './child.js', import.meta.url))
/** `src` or `dist` of this package: the folder all of its code is in. */
const code = dirname(dirname(entry))

/** @param memoryMb old space of the child; what lies outside the heap comes on top. */
export function openSandbox(memoryMb: number): Sandbox {
  const modules = findModules()
  const stripped = fromSource ? openStrippedCode(modules) : undefined
  return {
    entry,
    nodeArguments: [
      ...(fromSource ? ['--conditions=source'] : []),
      '--permission',
      '--allow-worker',
      ...[...packageFiles(code), ...basePackage(modules)].map(path => `--allow-fs-read=${path}`),
      ...(stripped ? [`--allow-fs-read=${stripped}`, `--allow-fs-write=${stripped}`] : []),
      '--disallow-code-generation-from-strings',
      '--no-warnings',
      `--max-old-space-size=${memoryMb}`,
      `--max-semi-space-size=${semiSpaceMb}`,
      ...stackArguments(),
    ],
    // The zone is fixed so that the same program gives the same answer on every machine.
    env: { TZ: 'UTC', ...(stripped ? { NODE_COMPILE_CACHE: stripped } : {}) },
  }
}

/**
 * Room for young values. Documents are parsed as fast as with twice of it, which Node gives by itself, and take half the
 * memory; with less they take longer.
 */
const semiSpaceMb = 8

/** JavaScript stack of a child in KB: recursion some 5,000 to 10,000 calls deep, four times what Node gives by itself. */
const stackKb = 4_000
/** Stack that the system must give the main thread: twice as much, for what native code takes on top. */
const systemStackBytes = 8_000_000

/** Promising JavaScript more stack than the thread has would end in a crash, so it is made sure of first. */
function stackArguments(): string[] {
  return systemStack() >= systemStackBytes ? [`--stack-size=${stackKb}`] : []
}

/** Bytes the main thread of a child gets; children inherit the limit of this process. */
function systemStack(): number {
  if (process.platform === 'darwin') return 8_372_224
  if (process.platform !== 'linux') return 0
  try {
    const limit = /^Max stack size +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit ?? 0)
  } catch {
    return 0
  }
}

/** The code folder of a package and the file that says what kind of modules it holds. */
function packageFiles(codeFolder: string): string[] {
  return [codeFolder, join(dirname(codeFolder), 'package.json')]
}

/** The one package the child imports: where it is found from here, and where it really lies. */
function basePackage(modules: string): string[] {
  const found = join(modules, '@super-data/base')
  return [found, ...packageFiles(join(realpathSync(found), fromSource ? 'src' : 'dist'))]
}

/** The `node_modules` that holds the base package. */
function findModules(): string {
  for (let folder = dirname(code); ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules')
    if (existsSync(join(modules, '@super-data/base'))) return modules
    if (folder === dirname(folder)) throw new InternalError(new Error('the base package is not installed'))
  }
}

/**
 * In a checkout only: taking the types out of the sources costs a process five times what starting costs otherwise, so
 * the result is kept between processes. Built packages have no such folder and may write nowhere.
 */
function openStrippedCode(modules: string): string {
  const folder = join(modules, '.cache/super-data-jq')
  mkdirSync(folder, { recursive: true })
  return folder
}
