import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How to start a process that can read its own code and nothing else. */
export interface Sandbox {
  /** Arguments of Node itself. */
  readonly nodeArguments: readonly string[]
  readonly entry: string
}

const fromSource = import.meta.url.endsWith('.ts')
const entry = fileURLToPath(new URL(fromSource ? './child.ts' : './child.js', import.meta.url))
/** `src` or `dist` of this package: the folder all of its code is in. */
const code = dirname(dirname(entry))

/** @param memoryMb old space of the child; what lies outside the heap comes on top. */
export function openSandbox(memoryMb: number): Sandbox {
  const reads = [...packageFiles(code), ...basePackage()]
  return {
    entry,
    nodeArguments: [
      ...(fromSource ? ['--conditions=source'] : []),
      '--permission',
      '--allow-worker',
      ...reads.map(path => `--allow-fs-read=${path}`),
      '--disallow-code-generation-from-strings',
      '--no-warnings',
      `--max-old-space-size=${memoryMb}`,
    ],
  }
}

/** The code folder of a package and the file that says what kind of modules it holds. */
function packageFiles(codeFolder: string): string[] {
  return [codeFolder, join(dirname(codeFolder), 'package.json')]
}

/** The one package the child imports: where it is found from here, and where it really lies. */
function basePackage(): string[] {
  for (let folder = dirname(code); ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules/@super-data/base')
    if (existsSync(found)) return [found, ...packageFiles(join(realpathSync(found), fromSource ? 'src' : 'dist'))]
    if (folder === dirname(folder)) return []
  }
}
