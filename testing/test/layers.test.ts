import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/** The layers, top to bottom. A package may import only packages below its own line. */
const layers = [
  ['testing', 'bench', 'examples', 'scripts'],
  ['apps/cli'],
  ['apps/server'],
  ['platform'],
  ['contract', 'engines/jq', 'engines/datasets', 'engines/tables'],
  ['stores/objects', 'stores/metadata'],
  ['base'],
]

const root = fileURLToPath(new URL('../..', import.meta.url))
const folders = layers.flat()
const packages = folders.filter(folder => statSync(join(root, folder, 'package.json'), { throwIfNoEntry: false }))
const manifests = new Map(packages.map(folder => [folder, manifestOf(folder)]))
const folderOf = new Map([...manifests].map(([folder, manifest]) => [manifest.name, folder]))
const sources = packages.filter(folder => !layers[0]?.includes(folder)).flatMap(folder => sourcesOf(folder))

interface Source {
  readonly folder: string
  readonly file: string
  readonly text: string
  readonly imports: readonly string[]
}

function manifestOf(folder: string): { name: string; dependencies?: Record<string, string> } {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
}

function sourcesOf(folder: string): Source[] {
  const place = join(root, folder, 'src')
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => {
      const text = readFileSync(join(place, name), 'utf8')
      return { folder, file: relative(root, join(place, name)), text, imports: importsOf(text) }
    })
}

function importsOf(text: string): string[] {
  return [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^'"]*?\bfrom\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g,
    ),
  ].map(match => match[1] ?? match[2] ?? match[3] ?? '')
}

const depth = (folder: string) => layers.findIndex(layer => layer.includes(folder))
const packageName = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

describe('the house', () => {
  it('every folder of the diagram has sources', () => {
    expect(sources.length).toBeGreaterThan(50)
  })

  it('packages import only downwards', () => {
    const upward = sources.flatMap(({ folder, file, imports }) =>
      imports.flatMap(specifier => {
        const target = folderOf.get(packageName(specifier))
        return target === undefined || target === folder || depth(folder) < depth(target)
          ? []
          : [`${file} -> ${specifier}`]
      }),
    )
    expect(upward).toEqual([])
  })

  it('every import is declared in the package that makes it', () => {
    const undeclared = sources.flatMap(({ folder, file, imports }) =>
      imports
        .filter(specifier => !specifier.startsWith('.') && !specifier.startsWith('node:'))
        .filter(specifier => !(packageName(specifier) in (manifests.get(folder)?.dependencies ?? {})))
        .map(specifier => `${file} -> ${specifier}`),
    )
    expect(undeclared).toEqual([])
  })

  it('no file imports itself through others', () => {
    const importsByFile = new Map(
      sources.map(({ file, imports }) => [
        file,
        imports.filter(each => each.startsWith('.')).map(each => relative(root, resolve(root, dirname(file), each))),
      ]),
    )
    expect(cyclesIn(importsByFile)).toEqual([])
  })

  it('below the apps nothing reads the environment, the clock or chance by itself', () => {
    const components = ['base/src/clock.ts', 'base/src/ids.ts']
    const hidden = /process\.env|Date\.now\(|Math\.random\(|new Date\(\)|performance\.now\(/
    const found = sources
      .filter(({ folder, file }) => !folder.startsWith('apps/') && !components.includes(file))
      .flatMap(({ file, text }) =>
        text.split('\n').flatMap((line, index) => (hidden.test(uncommented(line)) ? [`${file}:${index + 1}`] : [])),
      )
    expect(found).toEqual([])
  })

  it('the contract runs in a browser', () => {
    const browserSafe = ['contract', 'base/src/errors.ts', 'base/src/ids.ts', 'base/src/clock.ts']
    const node = sources
      .filter(({ folder, file }) => browserSafe.includes(folder) || browserSafe.includes(file))
      .flatMap(({ file, imports }) =>
        imports.filter(each => each.startsWith('node:')).map(each => `${file} -> ${each}`),
      )
    expect(node).toEqual([])
  })

  it('no name says Manager, Service, Helper, utils or common', () => {
    const vague = /(^|[-/])(manager|service|helpers?|utils?|common|lib|core|misc)([-./]|$)/
    expect(sources.map(({ file }) => file).filter(file => vague.test(file))).toEqual([])
  })
})

const uncommented = (line: string) => line.replace(/^\s*(\/\/|\*|\/\*).*$/, '').replace(/'[^']*'|`[^`]*`/g, "''")

/** Every cycle once, as the files it goes through. */
function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (path.includes(file) || done.has(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return found
}
