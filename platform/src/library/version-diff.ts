import type { Difference, JsonValue, ToolDefinition } from '@super-data/contract'
import { canonicalJson } from '../canonical-json.ts'
import { readVersionNumbers } from './function-rows.ts'
import { type Pin, pinsOf, readVersionTexts } from './pinned-functions.ts'
import type { Reader } from './reader.ts'
import { textDiff } from './text-diff.ts'
import type { VersionRow } from './version-rows.ts'

/** What differs between two versions, the functions they pin included. */
export async function diffVersions(reader: Reader, from: VersionRow, to: VersionRow): Promise<Difference> {
  const [before, after] = [contentOf(from), contentOf(to)]
  return {
    from: from.version,
    to: to.version,
    changes: changesOf(before.rest, after.rest),
    text: textDiff(before.text, after.text),
    functions: await diffFunctions(reader, from, to),
  }
}

function contentOf(version: VersionRow): { text: string; rest: Record<string, JsonValue | undefined> } {
  if (version.kind === 'function') return { text: version.definition, rest: { description: version.description } }
  const { text, ...rest } = JSON.parse(version.definition) as ToolDefinition
  return { text, rest: rest as Record<string, JsonValue | undefined> }
}

function changesOf(
  from: Record<string, JsonValue | undefined>,
  to: Record<string, JsonValue | undefined>,
  path = '',
): Difference['changes'] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
  return names.flatMap((name): Difference['changes'] => {
    const [before, after] = [from[name], to[name]]
    const at = `${path}/${name}`
    if (isObject(before) && isObject(after)) return changesOf(before, after, at)
    if (before === undefined && after === undefined) return []
    if (before !== undefined && after !== undefined && canonicalJson(before) === canonicalJson(after)) return []
    return [
      { path: at, ...(before === undefined ? {} : { from: before }), ...(after === undefined ? {} : { to: after }) },
    ]
  })
}

function isObject(value: JsonValue | undefined): value is Record<string, JsonValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function diffFunctions(reader: Reader, from: VersionRow, to: VersionRow): Promise<Difference['functions']> {
  const [before, after] = [byId(pinsOf(from)), byId(pinsOf(to))]
  const ids = [...new Set([...before.keys(), ...after.keys()])]
  const changed = ids.filter(id => before.get(id)?.hash !== after.get(id)?.hash)
  const pins = [...before.values(), ...after.values()].filter(pin => changed.includes(pin.id))
  const texts = await readVersionTexts(reader, pins)
  const numbers = await readVersionNumbers(reader, [from, to])
  const textOf = (pin: Pin | undefined) => (pin && texts(pin.id, pin.hash)?.definition) ?? ''
  const numberOf = (pin: Pin | undefined) => (pin ? numbers(pin.id, pin.hash) : null)
  return changed.map(id => {
    const [old, now] = [before.get(id), after.get(id)]
    const { name = '', arity = 0 } = now ?? old ?? {}
    return { name, arity, from: numberOf(old), to: numberOf(now), text: textDiff(textOf(old), textOf(now)) }
  })
}

const byId = (pins: readonly Pin[]) => new Map(pins.map(pin => [pin.id, pin]))
