import { describe, expect, it } from 'vitest'
import { outcomeOf, type ReviewPolicy, type SubmissionRow } from '../src/library/review.ts'
import { Roster } from '../src/library/roster.ts'
import { requireLegal, transitions } from '../src/library/transitions.ts'
import { transitionsChart } from '../src/library/transitions-chart.ts'
import { versionStates } from '../src/state/library-schema.ts'

describe('the moves of a version', () => {
  it('are those of the table and no others', () => {
    const here = transitions.filter(move => move.merge === undefined).map(({ from, to }) => `${from} ${to}`)
    for (const from of versionStates)
      for (const to of versionStates) {
        if (from === to || here.includes(`${from} ${to}`)) expect(() => requireLegal(from, to)).not.toThrow()
        else expect(() => requireLegal(from, to)).toThrow(/cannot go/)
      }
  })

  it('never lead from a decision back by what is done here', () => {
    const decided = new Set(['approved', 'rejected', 'expired', 'conflict'])
    expect(transitions.filter(move => decided.has(move.from) && move.merge === undefined)).toEqual([])
  })

  it('are all in the chart', () => {
    const chart = transitionsChart()
    for (const { from, to } of transitions) expect(chart).toContain(`  ${from} --> ${to} : `)
  })
})

describe('what became of a submission', () => {
  /** As stamps of the first milliseconds are written. */
  const at = (digit: string) => `00000000${digit}`
  const change = (stamp: string, value: 'editor' | 'admin' | null) => ({ stamp: at(stamp), value })
  const people = ['ann', 'ben', 'cat']
  const active = new Map(people.map(id => [id, [{ stamp: at('0'), value: 'active' }]]))
  const rosterOf = (ben: ReturnType<typeof change>[] = [change('1', 'editor')]) =>
    new Roster(
      new Map([
        ['ann', [change('1', 'admin')]],
        ['ben', ben],
        ['cat', [change('1', 'editor')]],
      ]),
      active,
    )
  const submissionOf = (policy: Partial<ReviewPolicy> = {}, more: Partial<SubmissionRow> = {}): SubmissionRow => {
    const whole = { threshold: 2, hours: 1, excluded: [], autoApprove: false, voteConfirmation: 'none', ...policy }
    return {
      ...{ id: 's', version_id: 'v', hash: 'h', review: null, votes_needed: 2, policy: JSON.stringify(whole) },
      ...{ justification: '', checks: 'null', submitted_by: 'x', submitted_at: 10, expires_at: 100, stamp: at('5') },
      ...more,
    }
  }
  const vote = (userId: string, stamp: string, how: 'approve' | 'reject' = 'approve', time = 50) =>
    ({ userId, stamp: at(stamp), vote: how, at: time }) as const
  const stateOf = (
    votes: ReturnType<typeof vote>[],
    more: { now?: number; roster?: Roster; submission?: SubmissionRow; expired?: boolean } = {},
  ) =>
    outcomeOf(more.submission ?? submissionOf(), votes, {
      roster: more.roster ?? rosterOf(),
      now: more.now ?? 60,
      expired: more.expired ?? false,
    }).state

  it('is decided by those who could vote when it was proposed and when they voted', () => {
    expect(stateOf([vote('ben', '6'), vote('cat', '7')])).toBe('approved')
    expect(stateOf([vote('ben', '6'), vote('dan', '7')])).toBe('pending')
    const joinedLate = rosterOf([change('6', 'editor')])
    expect(stateOf([vote('ben', '7'), vote('cat', '8')], { roster: joinedLate })).toBe('pending')
    const left = rosterOf([change('1', 'editor'), change('7', null)])
    expect(stateOf([vote('ben', '6'), vote('cat', '8')], { roster: left })).toBe('pending')
    const leftAfterwards = rosterOf([change('1', 'editor'), change('9', null)])
    expect(stateOf([vote('ben', '6'), vote('cat', '8')], { roster: leftAfterwards })).toBe('approved')
  })

  it('is a rejection when a reject that was cast elsewhere arrives after the approval', () => {
    const approved = [vote('ben', '6'), vote('cat', '7')]
    expect(stateOf([...approved, vote('ann', '8', 'reject')])).toBe('rejected')
    expect(stateOf([...approved, vote('dan', '8', 'reject')])).toBe('approved')
  })

  it('is expiry without a decision, also for a clock that was set back, and no late vote changes that', () => {
    expect(stateOf([vote('ben', '6')], { now: 100 })).toBe('expired')
    expect(stateOf([vote('ben', '6')], { now: 60, expired: true })).toBe('expired')
    expect(stateOf([vote('ben', '6'), vote('cat', '7', 'approve', 100)], { now: 200 })).toBe('expired')
  })

  it('is approval at the deadline only where that was agreed, with an approval and no reject', () => {
    const submission = submissionOf({ autoApprove: true })
    expect(stateOf([vote('ben', '6')], { submission, now: 100 })).toBe('approved')
    expect(stateOf([], { submission, now: 100 })).toBe('expired')
    expect(stateOf([vote('ben', '6'), vote('cat', '7', 'reject')], { submission, now: 100 })).toBe('expired')
    expect(stateOf([vote('ben', '6')], { submission, now: 99 })).toBe('pending')
  })

  it('does not count the votes of its authors', () => {
    const submission = submissionOf({ excluded: ['ben'] })
    expect(stateOf([vote('ben', '6'), vote('cat', '7')], { submission })).toBe('pending')
  })
})
