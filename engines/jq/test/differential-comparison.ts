import type { NoOutcome, Outcome } from './differential-rivals.ts'

const relativeTolerance = 1e-12

/** Whether two engines made the same of a program: the same values in the same order and the same kind of end. */
export function agree(ours: Outcome, theirs: Outcome | NoOutcome): boolean {
  if ('refused' in theirs) return false
  if (!sameValue(ours.outputs, theirs.outputs)) return false
  if (!ours.error || !theirs.error) return ours.error === theirs.error
  return sameValue(ours.error.value, theirs.error.value)
}

/** The order of keys does not matter, nor the last digits of a number, nor the wording of an error. */
function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return sameNumber(a, b)
  if (typeof a === 'string' && typeof b === 'string') return a === b || sameMessage(a, b)
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, at) => sameValue(item, b[at]))
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a)
    return keys.length === Object.keys(b).length && keys.every(key => key in b && sameValue(a[key], b[key]))
  }
  return a === b
}

function sameNumber(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= relativeTolerance * Math.max(Math.abs(a), Math.abs(b))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const messageWords =
  /annot|must be|needs to|empty range|required|parsing|not |no length|no keys|Invalid|requires|xpected|Out of|rror|too |negative|divi|depth|supports|only|strptime|strftime|mktime|gmtime/

/** jq's own messages say which values and versions word them differently; what `error` was given must be the same. */
function sameMessage(a: string, b: string): boolean {
  return messageWords.test(a) && messageWords.test(b)
}
