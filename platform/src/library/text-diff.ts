/** Longer texts are compared as wholes: the comparison takes time by lines times lines. */
const linesMax = 2_000

/** The lines of two texts, with `- ` and `+ ` before those that went and came; empty when they are the same. */
export function textDiff(from: string, to: string): string {
  if (from === to) return ''
  const [a, b] = [linesOf(from), linesOf(to)]
  if (a.length > linesMax || b.length > linesMax) return [...a.map(minus), ...b.map(plus)].join('\n')
  return merged(a, b, commonLengths(a, b)).join('\n')
}

const linesOf = (text: string) => (text === '' ? [] : text.split('\n'))
const minus = (line: string) => `- ${line}`
const plus = (line: string) => `+ ${line}`

/** For each pair of ends, how many lines the rests have in common. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint16Array[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const down = lengths[i + 1]!
      lengths[i]![j] = a[i] === b[j] ? down[j + 1]! + 1 : Math.max(down[j]!, lengths[i]![j + 1]!)
    }
  }
  return lengths
}

function merged(a: readonly string[], b: readonly string[], lengths: readonly Uint16Array[]): string[] {
  const lines: string[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(`  ${a[i]}`)
      i++
      j++
    } else if (j >= b.length || (i < a.length && lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) {
      lines.push(minus(a[i++]!))
    } else {
      lines.push(plus(b[j++]!))
    }
  }
  return lines
}
