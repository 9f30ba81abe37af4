import type { LibraryDocument } from '@super-data/contract'
import { contentHash } from '../canonical-json.ts'
import type { FunctionRow } from '../library/function-rows.ts'
import { functionVersions } from '../library/function-rows.ts'
import { functionHash, type Pin, pinsOf } from '../library/pinned-functions.ts'
import type { Reader } from '../library/reader.ts'
import { definitionHash } from '../library/saved-version.ts'
import type { ApprovedRow } from '../library/tools.ts'
import { DocumentInvalid } from './errors.ts'

type DocumentFunction = LibraryDocument['functions'][number]
type DocumentTool = LibraryDocument['tools'][number]

export const keyOf = (pin: Pick<Pin, 'name' | 'arity' | 'hash'>) => `${pin.name}/${pin.arity}@${pin.hash}`

/** A document of some tools and functions with all that they use; the same ones always make the same text. */
export async function writeDocument(
  reader: Reader,
  projectId: string,
  chosen: { readonly tools: readonly ApprovedRow[]; readonly functions: readonly FunctionRow[] },
): Promise<LibraryDocument> {
  const versions = await functionVersions(reader, projectId).orderBy('versions.version').execute()
  const byKey = new Map(versions.map(row => [keyOf(row), row]))
  const wanted = new Set(chosen.functions.map(keyOf))
  for (const tool of chosen.tools) for (const pin of pinsOf(tool)) wanted.add(keyOf(pin))
  // A Set that grows while it is walked: what is used is wanted too.
  for (const key of wanted) for (const pin of pinsOf(byKey.get(key) ?? { pins: '[]' })) wanted.add(keyOf(pin))
  const functions = [...wanted].sort().flatMap(key => {
    const row = byKey.get(key)
    return row ? [toDocumentFunction(row)] : []
  })
  const tools = chosen.tools.map(toDocumentTool).sort((a, b) => (a.name < b.name ? -1 : 1))
  const document = { format: 'super-data-library', version: 1, functions, tools } as const
  return { ...document, hash: contentHash(document) }
}

function toDocumentFunction(row: FunctionRow): DocumentFunction {
  const { name, arity, definition, description, hash } = row
  return { name, arity, definition, description, uses: pinsOf(row).map(toDocumentPin), hash }
}

function toDocumentTool(row: ApprovedRow): DocumentTool {
  const { name, hash } = row
  return { name, definition: JSON.parse(row.definition), functions: pinsOf(row).map(toDocumentPin), hash }
}

const toDocumentPin = ({ name, arity, hash }: Pin) => ({ name, arity, hash })

/**
 * Proves that a document is whole and unaltered: every hash is that of what it stands for, and everything used is in it.
 *
 * @returns the functions, each after what it uses.
 * @throws DocumentInvalid naming every mistake.
 */
export function verifyDocument(document: LibraryDocument): readonly DocumentFunction[] {
  const { hash, ...content } = document
  const mistakes: string[] = []
  const ordered = inOrder(document.functions, mistakes)
  for (const each of document.functions) {
    if (functionHash(each.definition, each.uses) !== each.hash) mistakes.push(`${each.name}/${each.arity} was altered`)
  }
  const present = new Set(document.functions.map(keyOf))
  for (const tool of document.tools) {
    if (definitionHash(tool.definition, tool.functions) !== tool.hash) mistakes.push(`${tool.name} was altered`)
    for (const pin of tool.functions)
      if (!present.has(keyOf(pin))) mistakes.push(`${pin.name} of ${tool.name} is missing`)
  }
  if (mistakes.length === 0 && contentHash(content) !== hash) mistakes.push('its own hash differs')
  if (mistakes.length > 0) throw new DocumentInvalid(mistakes)
  return ordered
}

function inOrder(functions: readonly DocumentFunction[], mistakes: string[]): readonly DocumentFunction[] {
  const waiting = new Map(functions.map(each => [keyOf(each), each]))
  const ordered = new Map<string, DocumentFunction>()
  for (let before = -1; ordered.size > before && waiting.size > 0; ) {
    before = ordered.size
    for (const [key, each] of waiting) {
      if (!each.uses.every(use => ordered.has(keyOf(use)))) continue
      ordered.set(key, each)
      waiting.delete(key)
    }
  }
  for (const { name, arity, uses } of waiting.values()) {
    const missing = uses.filter(use => !ordered.has(keyOf(use))).map(use => `${use.name}/${use.arity}`)
    mistakes.push(`${name}/${arity} uses ${missing.join(', ')}, which cannot be had`)
  }
  return [...ordered.values()]
}
