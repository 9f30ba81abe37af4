import type { ToolDefinition } from '@super-data/contract'
import { jqShape } from '../learning/jq-shape.ts'
import { sqlShape } from '../learning/sql-shape.ts'

/** Shorter programs are alike by chance. */
const wordsMin = 12
/** Runs of so many words are compared. */
const runLength = 4
const alike = 0.9

/** What two questions that ask nearly the same have in common: the text without values, cut into words. */
interface Fingerprint {
  readonly place: string
  readonly shape: string
  readonly runs: ReadonlySet<string>
}

/** Of the tools given, those that ask nearly the same: the same but for values and names of parameters, or almost. */
export function similarTools(
  definition: ToolDefinition,
  tools: readonly { readonly name: string; readonly definition: ToolDefinition }[],
): string[] {
  const own = fingerprintOf(definition)
  if (own === undefined) return []
  return tools.filter(tool => isAlike(own, fingerprintOf(tool.definition))).map(tool => tool.name)
}

function isAlike(one: Fingerprint, other: Fingerprint | undefined): boolean {
  if (other === undefined || one.place !== other.place) return false
  if (one.shape === other.shape) return true
  const shared = [...one.runs].filter(run => other.runs.has(run)).length
  return shared / (one.runs.size + other.runs.size - shared) >= alike
}

/** Approved tools keep their definitions, and a document holds its own against the same ones: each is read once. */
const fingerprints = new WeakMap<ToolDefinition, { readonly print: Fingerprint | undefined }>()

function fingerprintOf(definition: ToolDefinition): Fingerprint | undefined {
  const known = fingerprints.get(definition) ?? { print: newFingerprint(definition) }
  fingerprints.set(definition, known)
  return known.print
}

/** Undefined for what is too short to tell, or cannot be read. */
function newFingerprint({ engine, source, sources, mode, text }: ToolDefinition): Fingerprint | undefined {
  const shape = shapeOf(engine, text)
  const words = shape?.match(/"(?:[^"\\]|\\.)*"|[\w$]+|[^\s\w]/g) ?? []
  if (shape === undefined || words.length < wordsMin) return undefined
  const runs = words.slice(0, 1 - runLength).map((_, at) => words.slice(at, at + runLength).join(' '))
  return { place: [engine, mode, source ?? '', ...sources].join(' '), shape, runs: new Set(runs) }
}

function shapeOf(engine: ToolDefinition['engine'], text: string): string | undefined {
  try {
    return engine === 'jq' ? jqShape(text).text : sqlShape(text).text
  } catch {
    return undefined
  }
}
