/** JSON of an object within a size: its longest lists are cut in half until it fits, and it then says so. */
export function boundedJson(facts: object, bytesMax: number): string {
  let shown: Record<string, unknown> = { ...facts }
  let text = JSON.stringify(shown)
  while (Buffer.byteLength(text) > bytesMax) {
    const [longest] = listsOf(shown).sort(([, a], [, b]) => sizeOf(b) - sizeOf(a))
    if (longest === undefined) return JSON.stringify({ truncated: true, hint: 'It is too long to be shown here.' })
    const [name, list] = longest
    shown = { ...shown, [name]: list.slice(0, list.length >> 1), truncated: true, hint: 'The tools show the rest.' }
    text = JSON.stringify(shown)
  }
  return text
}

function listsOf(facts: Record<string, unknown>): [name: string, list: readonly unknown[]][] {
  return Object.entries(facts).filter(
    (entry): entry is [string, readonly unknown[]] => Array.isArray(entry[1]) && entry[1].length > 0,
  )
}

const sizeOf = (list: readonly unknown[]) => JSON.stringify(list).length
