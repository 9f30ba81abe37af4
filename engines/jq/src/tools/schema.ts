import { isBelow } from './paths-read.ts'

/** A path the input has, as `.[].a.b`, and what lies there. */
export interface SchemaPath {
  readonly path: string
  /** Such as `string`, `number` or `object`; several with `|` between them. */
  readonly type?: string
}

const scalars: ReadonlySet<string> = new Set(['null', 'boolean', 'number', 'integer', 'string'])

/** What is known about the shape of an input. */
export class Schema {
  readonly #types: ReadonlyMap<string, string | undefined>

  constructor(paths: readonly SchemaPath[]) {
    this.#types = new Map(paths.map(({ path, type }) => [path, type]))
  }

  /** Whether the path itself, or something below it, is listed. */
  has(path: string): boolean {
    return path === '.' || this.#types.has(path) || [...this.#types.keys()].some(each => isBelow(each, path))
  }

  typeOf(path: string): string | undefined {
    return this.#types.get(path)
  }

  /** Nothing can lie below it. */
  isScalar(path: string): boolean {
    const type = this.#types.get(path)
    return type?.split('|').every(each => scalars.has(each.trim())) ?? false
  }

  /** The names of the fields at a path. */
  fieldsOf(path: string): string[] {
    const names = [...this.#types.keys()].flatMap(each => {
      const rest = each.startsWith(path === '.' ? '' : path) ? each.slice(path === '.' ? 0 : path.length) : ''
      const name = /^\.([a-zA-Z_]\w*)|^\.?\[("(?:[^"\\]|\\.)*")\]/.exec(rest)
      return name ? [name[1] ?? (JSON.parse(name[2]!) as string)] : []
    })
    return [...new Set(names)]
  }
}
