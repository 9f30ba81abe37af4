import { afterAll, describe, expect, it } from 'vitest'
import { builtinNames } from '../src/index.ts'
import { agree } from './differential-comparison.ts'
import { type NoOutcome, type Outcome, ours, type Rival, systemJq, webJq } from './differential-rivals.ts'
import { phrases } from './generated-phrases.ts'
import { type GeneratedCase, generatedCases } from './generated-programs.ts'
import { type Difference, type KnownDifference, knownDifferences, type RivalName } from './known-differences.ts'

const torture = process.env['SUPER_DATA_TORTURE'] !== undefined
const count = torture ? 12_000 : 700
/** The same programs every time, unless another seed is given to look for new differences. */
const seed = Number(process.env['TEST_SEED'] ?? 20_260)

interface Prepared {
  readonly each: GeneratedCase
  readonly outcome: Outcome
}

/** The cases of this seed that our engine finishes, with what it makes of them. */
function prepare(): Prepared[] {
  return generatedCases(seed, count).flatMap(each => {
    const outcome = ours(each)
    return 'refused' in outcome ? [] : [{ each, outcome }]
  })
}

const prepared = prepare()
const tallies: string[] = []
afterAll(() => console.log([`seed ${seed}: TEST_SEED=${seed} gives the same programs`, ...tallies].join('\n')))

/** Differences nobody has explained yet; the explained ones are counted. */
async function unexplained(rival: Rival): Promise<Difference[]> {
  const known = knownDifferences.filter(({ rivals }) => rivals.includes(rival.name as RivalName))
  const sent = prepared.filter(({ each }) => !known.some(({ unsent }) => unsent?.test(each.program)))
  const theirs = await rival.run(sent.map(({ each }) => each))
  const differences = sent.flatMap(({ each, outcome }, at) =>
    agree(outcome, theirs[at]!) ? [] : [{ ...each, ours: outcome, theirs: theirs[at]! }],
  )
  const names = differences.map(difference => known.find(({ matches }) => matches?.(difference))?.name)
  tallies.push(tally(rival, sent.length, names))
  return differences.filter((_, at) => names[at] === undefined)
}

function tally(rival: Rival, sent: number, names: readonly (string | undefined)[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name ?? 'UNEXPLAINED', (counts.get(name ?? 'UNEXPLAINED') ?? 0) + 1)
  const lines = [...counts].sort((a, b) => b[1] - a[1]).map(([name, times]) => `  ${times} ${name}`)
  return [`${rival.name}: ${sent} programs, ${sent - names.length} agree`, ...lines].join('\n')
}

function toText({ program, input, ours: own, theirs }: Difference): string {
  const short = (outcome: Outcome | NoOutcome) => JSON.stringify(outcome).slice(0, 500)
  return `${program}\n  on     ${input}\n  ours   ${short(own)}\n  theirs ${short(theirs)}`
}

describe('programs written by a grammar', () => {
  it('nearly all of them run to an end, and most of those without an error', () => {
    expect(prepared.length).toBeGreaterThan(count * 0.97)
    expect(prepared.filter(({ outcome }) => !outcome.error).length).toBeGreaterThan(prepared.length * 0.6)
  })

  it('the grammar has every builtin but those that ask for something outside the program', () => {
    const text = phrases.map(phrase => phrase.text).join('\n')
    const outside = /^(debug|stderr|halt|input_|get_search_list|modulemeta|builtins|have_decnum|env)/
    const missing = builtinNames()
      .map(name => name.split('/')[0]!)
      .filter(name => !outside.test(name) && !new RegExp(`\\b${name}\\b`).test(text))
    expect(missing).toEqual([])
  })
})

describe('jq-web', () => {
  it('agrees with us on every generated program, listed differences aside', { timeout: 300_000 }, async () => {
    expect((await unexplained(webJq())).map(toText).join('\n\n')).toBe('')
  })
})

const system = systemJq()

describe.skipIf(system?.name !== ('jq-1.6' satisfies RivalName))('the system jq', () => {
  it('agrees with us on every generated program, listed differences aside', { timeout: 600_000 }, async () => {
    expect((await unexplained(system!)).map(toText).join('\n\n')).toBe('')
  })
})

describe('the list of differences', () => {
  it('names each of them once and gives its reason', () => {
    const names = knownDifferences.map(({ name }: KnownDifference) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { name, reason, unsent, matches } of knownDifferences) {
      expect(reason, name).not.toBe('')
      expect(unsent ?? matches, name).toBeDefined()
    }
  })
})
