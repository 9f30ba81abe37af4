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
      'datesub/2',
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
    unsent: new RegExp(`${calls('abs/0', 'pick/1', 'debug/1').source}|scan\\([^)]*\\) ?;|scan\\("[^"]*" ;|@base32d`),
  },
  { name: 'leaf_paths', rivals: ['jq-web'], reason: '1.7 had dropped it for a while', unsent: calls('leaf_paths/0') },
  { name: '@urid', rivals: ['jq-1.6', 'jq-web'], reason: 'came with 1.8', unsent: /@urid/ },
  { name: 'pow10', rivals: ['jq-1.6', 'jq-web'], reason: 'not in every build', unsent: calls('pow10/0') },
  {
    name: 'if without else',
    rivals: ['jq-1.6'],
    reason: 'syntax of 1.7',
    unsent: /\bif \. then /,
  },
  { name: 'keywords as keys', rivals: ['jq-1.6'], reason: 'syntax of 1.7', unsent: /\{if:/ },
  {
    name: 'lines of a batch',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'programs are given many at a time, so $__loc__ counts other lines',
    unsent: /\$__loc__/,
  },
  {
    name: 'strings trimmed of other types',
    rivals: ['jq-1.6', 'jq-web'],
    reason: '1.8 fails where earlier versions gave the input back',
    matches: ({ program }) => /[lr]trimstr\(/.test(program),
  },
  {
    name: 'count of a limit',
    rivals: ['jq-1.6', 'jq-web'],
    reason: '1.8 fails for a negative count or NaN where earlier versions gave everything',
    matches: ({ program }) => /limit\(/.test(program),
  },
  {
    name: 'last of nothing',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'empty since 1.8, null before',
    matches: ({ program }) => /\blast\(/.test(program),
  },
  {
    name: 'keys of from_entries',
    rivals: ['jq-1.6', 'jq-web'],
    reason: '1.8 knows k and v and writes keys that are no strings as JSON',
    matches: ({ program, theirs }) =>
      /from_entries|with_entries/.test(program) &&
      (program.includes('catch') || JSON.stringify(theirs).includes('as object key')),
  },
  {
    name: 'functions of the C library',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'this build has none of that name',
    matches: ({ theirs }) => /not found at build time|base32 is not a valid format/.test(JSON.stringify(theirs)),
  },
  {
    name: 'name of the time zone',
    rivals: ['jq-web'],
    reason: 'its strftime refuses %Z',
    matches: ({ program }) => program.includes('%Z'),
  },
  {
    name: 'spelling of numbers',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'a double is written in one way only, whatever its literal was; functions differ in their last digits',
    matches: ({ program, ours, theirs }) =>
      /1e3|1e-5|10{20}/.test(program) || rounded(ours) === rounded(theirs) || /infinite.*base/.test(program),
  },
  {
    name: 'depth of a flatten that is no number',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'we refuse it before looking at the input',
    matches: ({ ours }) => errorOf(ours) === 'flatten depth must not be negative',
  },
  {
    name: 'error of null',
    rivals: ['jq-1.6'],
    reason: '1.6 loses an error whose value is null',
    matches: ({ program }) => /\berror\b/.test(program),
  },
  {
    name: 'reach of try',
    rivals: ['jq-1.6'],
    reason: 'a try of 1.6 also catches what fails further down the pipe',
    matches: ({ program }) => /\?|\btry\b/.test(program),
  },
  {
    name: 'updates with none or several values',
    rivals: ['jq-1.6'],
    reason: '1.6 takes the last of several and keeps what an empty update should delete',
    matches: ({ program }) => /\|=|map_values|[-+*/%]=/.test(program),
  },
  {
    name: 'characters that are none',
    rivals: ['jq-1.6'],
    reason: 'implode of 1.6 aborts the process',
    matches: ({ program, theirs }) => /implode/.test(program) && 'refused' in theirs,
  },
  {
    name: 'several initial states of a reduce',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'jq runs the source on null for all but the first',
    matches: ({ program }) => /\b(reduce|foreach)\b/.test(program),
  },
  {
    name: 'outputs of ?//',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'jq goes on with the next pattern after an output that something outside has stopped',
    matches: ({ program }) => program.includes('?//'),
  },
  {
    name: 'out of memory',
    rivals: ['jq-web'],
    reason: 'the rival aborts where we fail',
    matches: ({ theirs }) => 'refused' in theirs && theirs.refused.includes('Aborted'),
  },
  {
    name: 'several replacements',
    rivals: ['jq-1.6'],
    reason: 'gsub of 1.6 combines them all with each other',
    matches: ({ program }) => /sub\(/.test(program),
  },
  {
    name: 'reserved characters',
    rivals: ['jq-1.6'],
    reason: "@uri of 1.6 leaves !'()* as they are",
    matches: ({ program }) => program.includes('@uri'),
  },
  {
    name: 'bsearch at the end',
    rivals: ['jq-1.6'],
    reason: '1.6 does not find the last element',
    matches: ({ program }) => program.includes('bsearch'),
  },
  {
    name: 'bytes that are no text',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'jq also drops what follows a character cut short at the end',
    matches: ({ program, ours }) => /@base(64|32)d/.test(program) && JSON.stringify(ours).includes('\ufffd'),
  },
  {
    name: 'kinds of numbers among other types',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'isnan, isinfinite and isnormal of other types fail, as every other function on numbers does',
    matches: ({ program, ours }) =>
      /isnan|isinfinite|isnormal|normals/.test(program) && errorOf(ours).includes('number required'),
  },
  {
    name: 'places in wide strings',
    rivals: ['jq-web'],
    reason: 'index counts bytes in this version',
    matches: ({ program }) => /index\(|indices\(/.test(program),
  },
  {
    name: 'any and all to the end',
    rivals: ['jq-1.6'],
    reason: '1.6 goes on after the answer is known, and fails with what comes then',
    matches: ({ program, theirs }) => /\b(any|all|isempty|IN)\(/.test(program) && hasError(theirs),
  },
  {
    name: 'filters of paths',
    rivals: ['jq-1.6'],
    reason: 'paths(f) of 1.6 does not ask f about the input itself',
    matches: ({ program }) => program.includes('paths('),
  },
  {
    name: 'frexp of infinity',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'C leaves the exponent open',
    matches: ({ program }) => program.includes('frexp'),
  },
  {
    name: 'error texts as data',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'versions word their messages differently, and a program may go on with the text',
    matches: ({ program, ours, theirs }) => program.includes('catch') && /annot /.test(JSON.stringify([ours, theirs])),
  },
  {
    name: 'NaN inside one and the same value',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'jq finds a value equal to itself without looking inside; we look',
    matches: ({ program }) => /\bnan\b/.test(program),
  },
  {
    name: 'short broken-down times',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'what is missing at the end of the array counts as zero here',
    matches: ({ program, theirs }) => program.includes('strftime') && errorOf(theirs).includes('parsed datetime'),
  },
  {
    name: 'JSON as a regular expression',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'brackets within brackets: nested sets are read in another way',
    matches: ({ program }) => /tojson \| test\(\.\)|@(text|json) \| test\(\.\)/.test(program),
  },
  {
    name: 'keys that look like integers',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'they come first, as in any JavaScript object',
    matches: ({ program, input, ours, theirs }) =>
      characters(ours) === characters(theirs) || /"(0|12)".*(tostream|paths)/.test(input + program),
  },
  {
    name: 'empty matches beside wide characters',
    rivals: ['jq-web'],
    reason: '1.7 counts them by bytes',
    matches: ({ program }) => usesRegex(program) && /x\*|""/.test(program),
  },
  {
    name: 'sign of NaN',
    rivals: ['jq-1.6', 'jq-web'],
    reason: 'JavaScript has one NaN, without a sign',
    matches: ({ program }) => program.includes('copysign'),
  },
  {
    name: 'occurrences of nothing',
    rivals: ['jq-1.6'],
    reason: '1.6 looks for an empty string for ever',
    unsent: /\br?index\(|indices\(/,
  },
  {
    name: 'empty matches',
    rivals: ['jq-1.6'],
    reason: '1.6 leaves out the one at the end, or loops',
    unsent: /(match|scan|test|sub|splits?|capture)\((\["|\[?")(\^a|b\$|x\*|)"|splits?\("" ;|(gsub|splits)\((?!")/,
  },
  {
    name: 'IN of two arguments',
    rivals: ['jq-1.6'],
    reason: '1.6 gives its second argument another input',
    matches: ({ program }) => /\bIN\(/.test(program),
  },
  {
    name: 'nth beyond the end',
    rivals: ['jq-1.6'],
    reason: '1.6 gives the last',
    matches: ({ program }) => /\bnth\(/.test(program),
  },
  {
    name: 'places that are no integers',
    rivals: ['jq-1.6'],
    reason: '1.6 finds nothing at .[1.7]',
    matches: ({ program }) => /\[\(?-?\d+\.\d/.test(program),
  },
  {
    name: 'strings repeated by nothing',
    rivals: ['jq-1.6'],
    reason: 'null before 1.8',
    matches: ({ program }) => program.includes('*'),
  },
  {
    name: 'remainders of NaN',
    rivals: ['jq-1.6'],
    reason: '1.6 takes it for zero or an integer',
    matches: ({ program }) => program.includes(' % '),
  },
]

function errorOf(outcome: Outcome | NoOutcome): string {
  if ('refused' in outcome) return outcome.refused
  const value = outcome.error?.value
  return typeof value === 'string' ? value : ''
}

/** What was written, with numbers to twelve digits. */
function rounded(outcome: Outcome | NoOutcome): string {
  return JSON.stringify(outcome).replaceAll(/\d+(\.\d+)?(e[-+]?\d+)?/gi, digits => Number(digits).toPrecision(12))
}

/** What was written, whatever its order. */
function characters(outcome: Outcome | NoOutcome): string {
  return [...JSON.stringify(outcome)].sort().join('')
}

function hasError(outcome: Outcome | NoOutcome): boolean {
  return 'refused' in outcome || outcome.error !== undefined
}

function usesRegex(program: string): boolean {
  return /match|scan|test\(|sub\(|split|capture/.test(program)
}
