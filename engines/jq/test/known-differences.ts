import type { NoOutcome, Outcome } from './differential-rivals.ts'

export interface Difference {
  readonly program: string
  readonly input: string
  readonly ours: Outcome
  readonly theirs: Outcome | NoOutcome
}

export type RivalName = 'jq-1.6' | 'jq-web'

export interface KnownDifference {
  readonly name: string
  readonly rivals: readonly RivalName[]
  readonly reason: string
  /** Programs that are not given to the rival, because it does not know them or never comes back from them. */
  readonly unsent?: RegExp
  /** Whether a difference is one of these. */
  readonly matches?: (difference: Difference) => boolean
}

/** A call of one of these functions. */
function calls(...names: readonly string[]): RegExp {
  const each = names.map(name => {
    const [word, arity] = name.split('/')
    return arity === '0' ? `(?<![.$"\\w])${word}(?![\\w(:"])` : `(?<![.$"\\w])${word}\\(`
  })
  return new RegExp(each.join('|'))
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    name: 'builtins newer than jq 1.7',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'the rival says that they are not defined',
    unsent: calls(
      'add/1',
      'ascii/0',
      'date/0',
      'dateadd/2',
      'have_literal_numbers/0',
      'ltrim/0',
      'rtrim/0',
      'skip/2',
      'toarray/0',
      'toboolean/0',
      'trim/0',
      'trimstr/1',
    ),
  },
  {
    name: 'builtins newer than jq 1.6',
    rivals: ['jq-1.6'],
    reason: 'the rival says that they are not defined',
    unsent: new RegExp(`${calls('abs/0', 'pick/1').source}|scan\\([^()]*;|@base32d`),
  },
  { name: 'leaf_paths', rivals: ['jq-web'], reason: '1.7 had dropped it for a while', unsent: calls('leaf_paths/0') },
  { name: '@urid', rivals: ['jq-1.6', 'jq-web'], reason: 'came with 1.8', unsent: /@urid/ },
  { name: 'pow10', rivals: ['jq-1.6', 'jq-web'], reason: 'not in every build', unsent: calls('pow10/0') },
  {
    name: 'if without else',
    rivals: ['jq-1.6'],
    reason: 'syntax of 1.7',
    unsent: /\bif \. then (?:(?!\belse\b).)*\bend\b/,
  },
  { name: 'keywords as keys', rivals: ['jq-1.6'], reason: 'syntax of 1.7', unsent: /\{if:/ },
]
