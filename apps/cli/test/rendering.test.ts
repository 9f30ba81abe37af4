import type { ReviewedFunction, Tool } from '@super-data/contract'
import { describe, expect, it } from 'vitest'
import { renderDatasetProblems } from '../src/render/dataset-problems.ts'
import { renderDifference } from '../src/render/difference.ts'
import { renderHistory } from '../src/render/history.ts'
import { renderImpact } from '../src/render/impact.ts'
import { renderInbox } from '../src/render/inbox.ts'
import { renderFunctions, renderTools } from '../src/render/lists.ts'
import { renderOutput } from '../src/render/output.ts'
import { renderFailure } from '../src/render/problem.ts'
import { progressText } from '../src/render/progress.ts'
import { showResult } from '../src/render/result.ts'
import { shellQuote } from '../src/render/shell-quote.ts'
import { renderTable } from '../src/render/table.ts'
import { cutText, textWidth } from '../src/render/text-width.ts'
import { toldState } from '../src/render/tool.ts'
import { caughtShell } from './shell.ts'

const wide = { width: undefined, colour: false }

it('a sync that was refused says how to go on, as it is typed here', () => {
  const { shell, out } = caughtShell()
  const told = { code: 'SYNC_LIBRARY_GONE', message: 'it is gone', hint: 'Use `super-data sync now --recreate`.' }
  showResult({ ...shell, env: { npm_lifecycle_event: 'npx' } }, told, {
    operation: 'sync.status',
    words: [],
    json: false,
  })
  expect(out()).toMatch(/hint +Use `npx super-data sync now --recreate`\./)
})

describe('a table', () => {
  it('aligns numbers to the right and text to the left', () => {
    const text = renderTable(
      ['name', 'n'],
      [
        ['anna', 5],
        ['b', 1200],
      ],
      { ...wide, absent: '' },
    )
    expect(text.split('\n')).toEqual(['name     n', '────  ────', 'anna     5', 'b     1200', ''])
  })

  it('fits the screen by cutting the longest cells', () => {
    const text = renderTable(['id', 'text'], [[1, 'x'.repeat(100)]], { width: 30, colour: false, absent: '' })
    for (const line of text.trimEnd().split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(30)
    expect(text).toContain('…')
  })

  it('keeps the first column whole, because it names the row', () => {
    const row = ['user_01m7ybzrygp44kmthw4h1f3mnx', 'x'.repeat(60), 'y'.repeat(60)]
    expect(renderTable(['id', 'a', 'b'], [row], { width: 60, colour: false, absent: '' })).toContain(row[0])
  })

  it('leaves out columns that have no room, and says which', () => {
    const headings = Array.from({ length: 12 }, (_, index) => `column${index}`)
    const text = renderTable(headings, [headings], { width: 40, colour: false, absent: '' })
    expect(text).toMatch(/… \d+ more columns \(.*column11\): --json shows all/)
  })

  it('shows everything when the output is not a screen', () => {
    expect(renderTable(['a'], [['x'.repeat(5_000)]], { ...wide, absent: '' })).toContain('x'.repeat(5_000))
  })

  it('never lets data steer the terminal', () => {
    const text = renderTable(['a\u001b[31m'], [['\u001b]0;evil\u0007\nline'], ['\u202egnp.exe']], {
      ...wide,
      absent: '',
    })
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
    expect(text).toContain('\\u001b]0;evil\\u0007\\nline')
  })

  it('counts wide characters as two columns', () => {
    expect(textWidth('日本')).toBe(4)
    expect(textWidth('e\u0301')).toBe(1)
    expect(textWidth('👩‍👩‍👧')).toBe(2)
    expect(cutText('日本語です', 6)).toBe('日本…')
  })
})

describe('an output', () => {
  const answer = {
    count: 2,
    truncated: false,
    source: [],
    elapsedMs: 1.2,
    runId: 'run_1',
  }

  it('is a table when the answer is table-shaped, with nulls shown', () => {
    const columns = [
      { name: 'day', type: 'VARCHAR' },
      { name: 'n', type: 'BIGINT' },
    ]
    const text = renderOutput(
      {
        ...answer,
        columns,
        rows: [
          ['mon', 1],
          ['tue', null],
        ],
      },
      wide,
    )
    expect(text).toBe('day     n\n───  ────\nmon     1\ntue  null\n')
  })

  it('is indented JSON when the answer is a value', () => {
    expect(renderOutput({ ...answer, value: { a: [1] } }, wide)).toBe('{\n  "a": [\n    1\n  ]\n}\n')
    expect(renderOutput({ ...answer, value: null }, wide)).toBe('null\n')
  })

  it('is a table for a list, without columns that are empty everywhere, instants as text', () => {
    const items = [{ name: 'a', createdAt: Date.UTC(2026, 0, 2, 3, 4, 5), email: null }]
    expect(renderOutput({ items, cursor: null }, wide).split('\n')).toEqual([
      'name  createdAt',
      '────  ────────────────────',
      'a     2026-01-02 03:04:05Z',
      '',
    ])
  })

  it('says so when a list is empty', () => {
    expect(renderOutput({ items: [], cursor: null }, wide)).toBe('nothing\n')
  })

  it('shows an object field by field, large ones below', () => {
    const text = renderOutput({ name: 'top', state: 'draft', text: 'a\nb', votes: [{ user: 'anna' }] }, wide)
    expect(text).toBe('name   top\nstate  draft\n\ntext\n  a\n  b\n\nvotes\n  user\n  ────\n  anna\n')
  })

  it('shows rows of a page one a line', () => {
    expect(renderOutput({ items: [[1, 'a'], { b: 2 }], count: 2, cursor: null }, wide)).toBe('[1,"a"]\n{"b":2}\n')
  })
})

describe('a list of datasets', () => {
  it('tells of broken files below, and is silent when there are none', () => {
    const problems = [{ file: 'bad.json', name: 'bad', problem: 'not JSON at line 3' }]
    expect(renderDatasetProblems({ items: [], problems }, wide)).toMatch(/Not readable:[\s\S]*bad\.json +bad +not JSON/)
    expect(renderDatasetProblems({ items: [] }, wide)).toBe('')
  })
})

describe('the impact of a function', () => {
  it('shows each user with what would change for it, line by line', () => {
    const user = { kind: 'tool', name: 'total', version: 3, state: 'approved', answers: true } as const
    const users = [
      { ...user, pinned: 1, current: false, text: '- def fee: 10;\n+ def fee:\n+   99;\n' },
      { ...user, name: 'newer', pinned: 2, current: true, text: '' },
    ]
    expect(renderImpact({ function: 'fee', arity: 0, version: 2, users }).split('\n')).toEqual([
      'fee/0 version 2 compared:',
      'tool total version 3 (approved, answers): was saved with version 1',
      '  - def fee: 10;',
      '  + def fee:',
      '  +   99;',
      'tool newer version 3 (approved, answers): has this one',
      '',
    ])
    expect(renderImpact({ function: 'fee', arity: 0, version: 2, users: [] })).toBe('nothing uses fee/0\n')
  })
})

describe('an inbox', () => {
  it('shows commands whole, and what was said under what it belongs to', () => {
    const event = { id: 'e', project: 'default', subject: 'total', by: 'ada', key: null, at: 0, seen: false }
    const todo = `Read version 2: super-data tools get total. Then: super-data tools vote total approve --hash ${'0'.repeat(12)} (or reject, with --comment TEXT).`
    const items = [
      { ...event, type: 'tool.submitted', version: 2, hash: '0'.repeat(64), comment: null, todo: 'vote' },
      {
        ...event,
        type: 'tool.rejected',
        version: 1,
        hash: null,
        comment: 'No.\n\u001b[31mWhy?',
        todo: null,
        seen: true,
      },
    ] as const
    expect(renderInbox({ items: [...items], cursor: null, unseen: 1 }, 'super-data').split('\n')).toEqual([
      '1970-01-01 00:00:00Z  tool.submitted  total version 2, by ada  (new)',
      `  ${todo}`,
      '1970-01-01 00:00:00Z  tool.rejected  total version 1, by ada',
      '  No.',
      '  \\u001b[31mWhy?',
      '',
    ])
    expect(renderInbox({ items: [], cursor: null, unseen: 0 }, 'super-data')).toBe('nothing\n')
  })
})

describe('what a proposal came to', () => {
  const common = { state: 'pending', version: 2, votesNeeded: 1, hash: 'a'.repeat(64) }

  it('is a sentence with the command for those who vote, for tools and functions', () => {
    expect(toldState({ ...common, name: 'total' } as Tool, 'super-data')).toBe(
      'total is pending, version 2.\n1 of your colleagues has to approve: super-data tools vote total approve --hash aaaaaaaaaaaa',
    )
    expect(toldState({ ...common, name: 'tax', arity: 1 } as ReviewedFunction, 'super-data')).toContain(
      'super-data functions vote tax/1 approve --hash aaaaaaaaaaaa',
    )
  })

  it('is compared line by line, and no line steers the terminal', () => {
    const difference = { from: 1, to: 2, changes: [], functions: [] }
    expect(renderDifference({ ...difference, text: '-1\n+2\u001b[31m\n' })).toEqual([
      ...['from version 1 to 2:', '-1', '+2\\u001b[31m'],
    ])
    expect(renderDifference({ ...difference, text: '' })).toEqual(['nothing is different from version 1 to 2'])
    const used = { name: 'vips', arity: 0, from: 1, to: 3, text: '' }
    expect(renderDifference({ ...difference, text: '', functions: [used] })).toEqual([
      ...['from version 1 to 2:', 'vips/0: the same text in version 3 as in 1, with other functions'],
    ])
    expect(renderDifference({ ...difference, to: 1, text: '' })).toEqual([
      'version 1 is the first: there is nothing to compare it with',
    ])
  })
})

describe('the history of a tool', () => {
  it('tells of what was withdrawn in the order in which it happened', () => {
    const at = 1_800_000_000_000
    const cast = (user: string, vote: 'approve' | 'reject', comment: string) => ({
      ...{ user, vote, comment, at, confirmed: true, lapsed: false, confirmedBy: null },
    })
    const text = renderHistory({
      cursor: null,
      items: [
        {
          ...{ version: 1, state: 'pending', answers: false, hash: 'a'.repeat(64), follows: null, review: null },
          ...{ createdBy: 'ann', createdAt: at, submittedBy: 'ann', submittedAt: at, expiresAt: at, approvedAt: null },
          ...{ approvedBy: [], votesNeeded: 2, checks: null, justification: 'Better now.' },
          votes: [cast('bob', 'approve', '')],
          earlier: [
            {
              ...{ submittedBy: 'ann', submittedAt: at, justification: '', withdrawnBy: 'ann', withdrawnAt: at },
              votes: [cast('bob', 'reject', 'Too short.')],
            },
          ],
        },
      ],
    })
    expect(text.replaceAll(/ 2027-.*?Z/g, '')).toBe(
      [
        'version 1: pending, 1 of 2 approvals\n  saved by ann,, hash aaaaaaaaaaaa\n',
        '  submitted by ann,\n  reject by bob,\n    Too short.\n  withdrawn by ann,\n',
        '  submitted by ann,\n    Better now.\n  approve by bob,\n',
      ].join(''),
    )
  })
})

describe('the library as lists', () => {
  const common = { state: 'approved', version: 1, approvedVersion: 1, description: 'x' } as const

  it('names the parameters a caller gives, not their schema', () => {
    const parameters = {
      type: 'object',
      properties: { city: { type: 'string' }, limit: { type: 'integer' }, me: { type: 'string', fromCaller: 'user' } },
      required: ['city', 'me'],
    }
    const tools = [{ ...common, name: 'mine', engine: 'jq', parameters, origin: 'manual' } as const]
    expect(renderTools({ items: tools, cursor: null }, wide)).toMatch(/ city, limit\?\n$/)
  })

  it('shows functions by name with what they use', () => {
    const used = { ...common, name: 'vips', arity: 0, definition: 'def vips: 1;', active: true, createdBy: 'ann' }
    const items = [{ ...used, id: 'function_1', hash: 'aa', createdAt: 0, uses: [{ name: 'f', arity: 1, version: 2 }] }]
    const text = renderFunctions({ items, cursor: null }, wide)
    expect(text).toContain('f/1')
    expect(text).not.toMatch(/function_1|hash/)
  })
})

describe('a list without pages', () => {
  it('says when nothing is in it', () => {
    expect(renderOutput({ items: [] }, wide)).toBe('nothing\n')
  })
})

describe('a failure', () => {
  it('says what, how to go on, and what to quote', () => {
    const failure = {
      code: 'TOOL_MISSING',
      kind: 'missing',
      message: 'there is no tool `x`',
      hint: '`tools list` shows them.',
      retryable: false,
      requestId: 'req_1',
    } as const
    expect(renderFailure(failure, false)).toBe(
      'error: there is no tool `x`\nhint:  `tools list` shows them.\ncode:  TOOL_MISSING (request req_1)\n',
    )
  })
})

describe('a failed test case', () => {
  it('is shown with what was expected and what came', () => {
    const failed = [
      { name: 'test 1', passed: false, expected: [['a', 1]], got: [['a', 2]] },
      { name: 'empty', passed: false, expected: [], problem: 'column x is not there' },
    ]
    const hint = 'Correct it.'
    const problem = { code: 'TOOL_TEST_FAILED', kind: 'invalid', message: 'total fails test 1, empty', hint } as const
    expect(renderFailure({ ...problem, retryable: false, details: { failed } }, false).split('\n')).toEqual([
      'error: total fails test 1, empty',
      '       test 1',
      '         expected [["a",1]]',
      '         got      [["a",2]]',
      '       empty',
      '         expected []',
      '         got      column x is not there',
      'hint:  Correct it.',
      'code:  TOOL_TEST_FAILED',
      '',
    ])
  })
})

describe('progress', () => {
  it('is a bar when the total is known, and a count while it is not', () => {
    expect(progressText({ done: 1, total: 2 })).toBe('[############............] 50% 1/2')
    expect(progressText({ done: 7, message: 'reading' })).toBe('7 reading')
  })
})

describe('printed commands', () => {
  it('can be pasted into a shell', () => {
    expect(shellQuote('orders')).toBe('orders')
    expect(shellQuote("it's $HOME")).toBe(`'it'\\''s $HOME'`)
  })
})
