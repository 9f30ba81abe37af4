import type { Tree } from './parser.ts'

/** Every object below, with the key it stands under: its type, or the name of its field. */
export function* nodesOf(tree: Tree): Iterable<readonly [string, Tree]> {
  const rest: (readonly [string, unknown])[] = [['', tree]]
  for (let next = rest.pop(); next; next = rest.pop()) {
    const [key, value] = next
    if (Array.isArray(value)) for (const part of value) rest.push([key, part])
    else if (typeof value === 'object' && value !== null) {
      yield [key, value as Tree]
      for (const [name, part] of Object.entries(value)) rest.push([name, part])
    }
  }
}
