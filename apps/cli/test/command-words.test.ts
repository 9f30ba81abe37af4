import { describe, expect, it } from 'vitest'
import { inCommandWords, withCommands } from '../src/render/command-words.ts'
import { renderFailure } from '../src/render/problem.ts'

const failure = (code: string, message: string, hint?: string) =>
  ({ code, kind: 'invalid', message, retryable: false, ...(hint === undefined ? {} : { hint }) }) as const
const said = (text: string, ...words: readonly string[]) => withCommands(text, { self: 'npx super-data', words })

describe('what every door says alike, at the command line', () => {
  it('names operations by their commands, as the reader starts them', () => {
    expect(said('`tools list` shows what there is.')).toBe('`npx super-data tools list` shows what there is.')
    expect(said('Vote: `functions vote f/0 approve --hash 12`.')).toContain(
      '`npx super-data functions vote f/0 approve',
    )
    expect(said('Run `super-data votes confirm CODE`.')).toBe('Run `npx super-data votes confirm CODE`.')
    expect(said('`tool list` and `tools` are no commands')).toBe('`tool list` and `tools` are no commands')
  })

  it('names fields by the flags of the command that was called', () => {
    expect(said('submit with `allowSimilar: true`.', 'tools', 'submit')).toBe('submit with `--allow-similar`.')
    expect(said('pass `mode: records`', 'queries', 'ask')).toBe('pass `--mode records`')
    expect(said('names no `source`', 'ask', '.[0]')).toBe('names no `--source`')
    expect(said('with `dryRun`; `onConflict: skip`', 'import', 'tools.json')).toBe(
      'with `--dry-run`; `--on-conflict skip`',
    )
    expect(said('`input` is forbidden', 'queries', 'ask')).toBe('`input` is forbidden')
    expect(said('a value in `params`', 'ask', '$x')).toBe('a value in `--param NAME=VALUE`')
    expect(said('a value in `params`', 'queries', 'ask')).toBe('a value in `--params`')
  })

  it('names wrong fields as they are typed, each of them', () => {
    const wrong = failure('INPUT_INVALID', '/maxRows: must be at most 10 (and 1 more)', 'maxRows: Most rows.')
    const fields = [
      { path: '/maxRows', problem: 'must be at most 10' },
      { path: '/text', problem: 'must not be empty' },
    ]
    const shown = inCommandWords({ ...wrong, details: { fields } }, { self: 'super-data', words: ['ask'] })
    expect(shown).toMatchObject({ message: 'max-rows: must be at most 10 (and 1 more)', hint: 'max-rows: Most rows.' })
    expect(renderFailure(shown, false)).toContain(
      '       max-rows: must be at most 10\n       text: must not be empty\n',
    )
  })

  it('says where a key is given, not which header carries it', () => {
    const refused = failure('UNAUTHENTICATED', 'no credential was presented', 'Send `Authorization: Bearer <key>`.')
    const { hint } = inCommandWords(refused, { self: 'super-data', words: ['tools', 'list'] })
    expect(hint).toContain('SUPER_DATA_API_KEY')
    expect(hint).not.toContain('Bearer')
  })
})
