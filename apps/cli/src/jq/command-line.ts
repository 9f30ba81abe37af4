import { UsageWrong } from '../errors.ts'
import { parseJsonText } from '../fields.ts'

/** A jq command line, taken apart. */
export interface JqCommandLine {
  /** The program, or the file it is in. */
  readonly program: { readonly text: string } | { readonly file: string }
  readonly files: readonly string[]
  readonly input: { readonly none: boolean; readonly slurp: boolean; readonly raw: boolean }
  readonly output: JqOutput
  /** `-e`: the exit code says what the last output was. */
  readonly exitStatus: boolean
  readonly named: readonly NamedArgument[]
  readonly positional: readonly unknown[]
}

export interface JqOutput {
  readonly raw: boolean
  /** What follows each output: a line end, nothing (`-j`) or a NUL (`--raw-output0`). */
  readonly end: '\n' | '' | '\0'
  readonly ascii: boolean
  readonly sortKeys: boolean
  /** Spaces a level, or a tab; 0: all on one line. */
  readonly indent: number | '\t'
  /** Undefined: as the screen allows. */
  readonly colour: boolean | undefined
}

export interface NamedArgument {
  readonly name: string
  readonly from: 'text' | 'json' | 'slurpfile' | 'rawfile'
  /** The text, the JSON text, or the file. */
  readonly value: string
}

interface Draft {
  words: string[]
  positional: unknown[]
  named: NamedArgument[]
  flags: Set<string>
  indent: number | '\t'
  programFile: string | undefined
  /** What the words after `--args` and `--jsonargs` are. */
  rest: 'files' | 'args' | 'jsonargs'
}

const shortFlags: Readonly<Record<string, string>> = {
  n: 'null-input',
  r: 'raw-output',
  j: 'join-output',
  a: 'ascii-output',
  c: 'compact-output',
  s: 'slurp',
  S: 'sort-keys',
  e: 'exit-status',
  R: 'raw-input',
  f: 'from-file',
  h: 'help',
  C: 'color-output',
  M: 'monochrome-output',
}

const longFlags = new Set([
  ...Object.values(shortFlags),
  'raw-output0',
  'tab',
  'indent',
  'arg',
  'argjson',
  'args',
  'jsonargs',
  'slurpfile',
  'rawfile',
])

/**
 * Reads jq's own options: short ones may stand together, and options may stand anywhere.
 *
 * @throws UsageWrong
 */
export function parseJqCommandLine(words: readonly string[]): JqCommandLine | 'help' {
  const draft: Draft = {
    words: [],
    positional: [],
    named: [],
    flags: new Set(),
    indent: 2,
    programFile: undefined,
    rest: 'files',
  }
  const queue = [...words]
  let onlyWords = false
  while (queue.length > 0) {
    const word = queue.shift()!
    if (onlyWords || !/^-./.test(word)) takeWord(word, draft)
    else if (word === '--') onlyWords = true
    else if (word.startsWith('--')) takeFlag(word.slice(2), queue, draft)
    else for (const letter of word.slice(1)) takeFlag(shortFlags[letter] ?? unknown(`-${letter}`), queue, draft)
  }
  return draft.flags.has('help') ? 'help' : finish(draft)
}

/** The first word is the program, unless a file has it; the others are files or arguments. */
function takeWord(word: string, draft: Draft): void {
  const isProgram = draft.words.length === 0 && !draft.flags.has('from-file')
  if (isProgram || draft.rest === 'files') draft.words.push(word)
  else draft.positional.push(draft.rest === 'args' ? word : parseJsonText(word, 'an argument after --jsonargs'))
}

function takeFlag(flag: string, queue: string[], draft: Draft): void {
  if (!longFlags.has(flag)) unknown(`--${flag}`)
  const next = (what: string) => queue.shift() ?? missing(flag, what)
  if (flag === 'indent') draft.indent = parseIndent(next('a number'))
  else if (flag === 'tab') draft.indent = '\t'
  else if (flag === 'compact-output') draft.indent = 0
  else if (flag === 'args' || flag === 'jsonargs') draft.rest = flag
  else if (flag === 'from-file') takeProgramFile(queue, draft)
  else if (flag === 'arg') draft.named.push({ name: next('a name'), from: 'text', value: next('a value') })
  else if (flag === 'argjson') draft.named.push({ name: next('a name'), from: 'json', value: next('JSON') })
  else if (flag === 'slurpfile' || flag === 'rawfile') {
    draft.named.push({ name: next('a name'), from: flag, value: next('a file') })
  } else draft.flags.add(flag)
}

/** jq takes the first word as the file, wherever it stands. */
function takeProgramFile(queue: string[], draft: Draft): void {
  draft.flags.add('from-file')
  draft.programFile = draft.words.shift() ?? queue.shift() ?? missing('from-file', 'a file')
}

function finish(draft: Draft): JqCommandLine {
  const { flags } = draft
  const program = draft.programFile === undefined ? draft.words.shift() : undefined
  if (program === undefined && draft.programFile === undefined) {
    throw new UsageWrong('the program is missing', { hint: "e.g. super-data jq '.[0]' file.json" })
  }
  const nul = flags.has('raw-output0')
  return {
    program: draft.programFile === undefined ? { text: program! } : { file: draft.programFile },
    files: draft.words,
    input: { none: flags.has('null-input'), slurp: flags.has('slurp'), raw: flags.has('raw-input') },
    output: {
      raw: flags.has('raw-output') || flags.has('join-output') || nul,
      end: nul ? '\0' : flags.has('join-output') ? '' : '\n',
      ascii: flags.has('ascii-output'),
      sortKeys: flags.has('sort-keys'),
      indent: draft.indent,
      colour: flags.has('monochrome-output') ? false : flags.has('color-output') ? true : undefined,
    },
    exitStatus: flags.has('exit-status'),
    named: draft.named,
    positional: draft.positional,
  }
}

function parseIndent(text: string): number {
  const indent = Number(text)
  if (!Number.isInteger(indent) || indent < 0 || indent > 7) throw new UsageWrong('--indent takes a number from 0 to 7')
  return indent
}

function unknown(flag: string): never {
  throw new UsageWrong(`jq has no option ${flag} here`, { hint: '`super-data jq --help` lists them.' })
}

function missing(flag: string, what: string): never {
  throw new UsageWrong(`--${flag} needs ${what}`)
}
