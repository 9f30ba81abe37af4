import { expect, it } from 'vitest'
import { renderStats, renderSuggestions } from '../src/render/learning.ts'
import { renderOutput } from '../src/render/output.ts'

const wide = { width: undefined, colour: false }

const usage = {
  ...{ calls: 3, users: 2, failed: 1, cancelled: 0, cached: 1, p50Ms: 1.5, p95Ms: 9, p99Ms: 9, rows: 10, bytes: 200 },
  errors: [{ code: 'JQ_RUNTIME', count: 1 }],
}

it('statistics are a summary, a line for each tool, and those that nobody calls', () => {
  const tools = [{ ...usage, tool: 'sums', lastAt: 1_800_000_000_000 }]
  const unused = [{ tool: 'idle', lastAt: null }]
  const text = renderStats({ since: 1_700_000_000_000, at: 1_800_000_000_000, overall: usage, tools, unused }, wide)
  const lines = text.split('\n').map(line => line.trimEnd())
  expect(lines[0]).toBe('since      2023-11-14 22:13:20Z')
  expect(lines).toContain('errors     JQ_RUNTIME 1')
  expect(lines.find(line => line.startsWith('sums '))).toMatch(/3 +2 +1 +0 +1 .*JQ_RUNTIME 1 +2027/)
  expect(text).toContain('Not called:\n\ntool\n────\nidle\n')
})

it('suggestions show what was asked, and the id to accept them by', () => {
  const evidence = { asked: 3, users: 1, firstAt: 1, lastAt: 2, lastRun: 'run_1', p95Ms: null, bytes: null }
  const about = { id: 'suggestion_1', title: 'Asked 3 times by one person: make it a tool?', tool: 'by_city', evidence }
  const definition = {
    description: 'x',
    engine: 'jq',
    sources: [],
    text: '.a == $city',
    mode: 'document',
    parameters: {},
  } as const
  const items = [{ ...about, kind: 'make_tool' as const, definition: { ...definition, sources: [] }, canAccept: true }]
  const text = renderSuggestions({ items, cursor: null }, wide)
  expect(text).toMatch(/by_city +Asked 3 times by one person: make it a tool\? +\.a == \$city +suggestion_1/)
  expect(renderSuggestions({ items: [], cursor: null }, wide)).toBe('nothing\n')
})

it('times and durations are as people read them, except in data', () => {
  const items = [
    { at: 1_700_000_000_000, elapsedMs: 36.423 },
    { at: 1_700_000_060_000, elapsedMs: 90_500 },
  ]
  const activity = { from: 1_700_000_000_000, people: [], items, intervalMs: 5_000 }
  const text = renderOutput(activity, wide)
  expect(text).toMatch(/^from +2023-11-14 22:13:20Z$/m)
  expect(text).toMatch(/^intervalMs +5\.0 s$/m)
  expect(text).toMatch(/^ *2023-11-14 22:14:20Z +1 min 31 s$/m)
  expect(text).toContain('36.4 ms')
  const data = renderOutput({ items, count: 2, cursor: null, complete: true }, wide)
  expect(data).toContain('1700000000000')
  expect(data).toContain('90500')
})

it('rows that are read on stand under their headings', () => {
  const columns = [
    { name: 'id', type: 'BIGINT' },
    { name: 'city', type: 'VARCHAR' },
  ]
  const items = [
    [1, 'a'],
    [2, null],
  ]
  expect(renderOutput({ columns, items, count: 2, cursor: null, complete: true }, wide)).toBe(
    'id  city\n──  ────\n 1  a\n 2  null\n',
  )
})
