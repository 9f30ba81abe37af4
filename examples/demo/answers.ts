import { isDeepStrictEqual } from 'node:util'
import type { Answer, JsonValue } from '@super-data/contract'

/** The answer itself: without what differs from one run to the next. */
export function contentOf(answer: Answer): Partial<Answer> {
  const { elapsedMs: _elapsed, runId: _run, cached: _cached, ...content } = answer
  return content
}

/** Answers that should have been the same and were not. */
export class Differences {
  readonly #found: string[] = []

  /** @returns whether they are the same; otherwise keeps what to say about it. */
  compare(what: string, [one, other]: readonly [Named, Named]): boolean {
    if (isDeepStrictEqual(one.value, other.value)) return true
    this.#found.push(`${what}: ${one.name} and ${other.name} differ.\n  ${firstDifference(one, other)}`)
    return false
  }

  /** Keeps something else that should not have happened. */
  add(text: string): void {
    this.#found.push(text)
  }

  get found(): readonly string[] {
    return this.#found
  }
}

export interface Named {
  readonly name: string
  readonly value: unknown
}

/** The first place where two values differ, with both sides. */
function firstDifference(one: Named, other: Named, path = '.'): string {
  if (!isTree(one.value) || !isTree(other.value)) {
    return `at ${path}: ${one.name} has ${brief(one.value)}, ${other.name} has ${brief(other.value)}`
  }
  const [left, right] = [one.value, other.value]
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])]
  const key = keys.find(each => !isDeepStrictEqual(left[each], right[each]))
  if (key === undefined) return `at ${path}: one is a list, the other is not`
  const place = path === '.' ? `.${key}` : `${path}.${key}`
  return firstDifference({ ...one, value: left[key] }, { ...other, value: right[key] }, place)
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

/** The first thing an answer says, in a few words. */
export function glimpse(answer: Answer, width: number): string {
  const first = answer.rows ? answer.rows[0] : firstOf(answer.value)
  const words = Object.values((first ?? []) as JsonValue[])
    .filter(value => typeof value !== 'object' || value === null)
    .map(value => (value === null ? '–' : String(value)))
  const text = words.join(' · ')
  return text.length > width ? `${text.slice(0, width - 1)}…` : text
}

function firstOf(value: JsonValue | undefined): JsonValue | undefined {
  return Array.isArray(value) ? value[0] : value
}
