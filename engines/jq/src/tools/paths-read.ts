import type { Ast, Definition } from '../syntax/ast.ts'
import { guardDepth } from '../syntax/nesting.ts'
import { PathReader } from './path-reader.ts'

/** What a program takes from its input. */
export interface PathsRead {
  /** Such as `.[].name` or `.["a b"]`, sorted. `.` alone is the whole input. What lies below a path is read too. */
  readonly paths: readonly string[]
  /** The program also reads what cannot be told before it runs: computed keys, further inputs, its own recursion. */
  readonly unknown: boolean
}

/**
 * The paths a program, or a function on its input, reads. Careful: branches that never run count, and so does everything
 * that is handed on whole.
 */
export function pathsRead(ast: Ast | Definition): PathsRead {
  const reader = new PathReader()
  guardDepth('', () => reader.read(ast))
  const touched = new Set(reader.accesses.map(access => access.path))
  const ends = [...touched].filter(path => ![...touched, ...reader.used].some(other => isBelow(other, path)))
  return { paths: [...new Set([...reader.used, ...ends])].sort(), unknown: reader.unknown }
}

/** Whether a path leads through another one. */
export function isBelow(path: string, parent: string): boolean {
  if (path === parent) return false
  if (parent === '.') return true
  return path.startsWith(parent) && (path[parent.length] === '.' || path[parent.length] === '[')
}
