/**
 * Where a value may come from, as far as that is known before a program runs: places in the input, and for what the
 * program builds itself the same of its parts.
 */
export interface PathShape {
  /** Paths such as `.[].a`; none for what is computed. */
  readonly places: ReadonlySet<string>
  /** What the elements or values may be. */
  readonly elements?: PathShape | undefined
  readonly fields?: ReadonlyMap<string, PathShape> | undefined
}

export const computed: PathShape = { places: new Set() }
export const wholeInput: PathShape = { places: new Set(['.']) }

export function arrayOf(elements: PathShape): PathShape {
  return { places: new Set(), elements }
}

export function objectOf(fields: ReadonlyMap<string, PathShape>, elements?: PathShape): PathShape {
  return { places: new Set(), fields, elements }
}

const plainName = /^[a-zA-Z_][a-zA-Z_0-9]*$/

/** The path of a field below a path. */
export function fieldPath(path: string, key: string): string {
  const base = path === '.' ? '' : path
  return plainName.test(key) ? `${base}.${key}` : `${base || '.'}[${JSON.stringify(key)}]`
}

/** The path of the elements below a path. */
export function elementPath(path: string): string {
  return `${path}[]`
}

/** Nested no deeper than this, so that programs that build on themselves come to an end. */
const nestingMax = 6

export function merge(a: PathShape, b: PathShape, depth = 0): PathShape {
  if (a === b || b === computed) return a
  if (a === computed) return b
  const places = new Set([...a.places, ...b.places])
  if (depth > nestingMax) return { places }
  return {
    places,
    elements: mergeOptional(a.elements, b.elements, depth),
    fields: a.fields || b.fields ? mergeFields(a.fields ?? new Map(), b.fields ?? new Map(), depth) : undefined,
  }
}

function mergeOptional(a: PathShape | undefined, b: PathShape | undefined, depth: number): PathShape | undefined {
  return a && b ? merge(a, b, depth + 1) : (a ?? b)
}

function mergeFields(
  a: ReadonlyMap<string, PathShape>,
  b: ReadonlyMap<string, PathShape>,
  depth: number,
): ReadonlyMap<string, PathShape> {
  const merged = new Map(a)
  for (const [key, shape] of b) merged.set(key, mergeOptional(merged.get(key), shape, depth) ?? shape)
  return merged
}
