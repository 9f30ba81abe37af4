/** A jq command line, taken apart. */
export interface CommandLine {
  /** What to do with the program. */
  readonly action: 'run' | 'format' | 'lint'
  /** The program, or the file it is in; `undefined`: none was given. */
  readonly program: { readonly text: string } | { readonly file: string } | undefined
  /** `-f`, which needs a program to be named. */
  readonly fromFile: boolean
  readonly files: readonly string[]
  readonly input: InputStyle
  readonly output: OutputStyle
  /** `-e`: the exit code says what the last output was. */
  readonly exitStatus: boolean
  readonly named: readonly NamedArgument[]
  readonly positional: readonly PositionalArgument[]
  /** Folders of modules. */
  readonly libraryPaths: readonly string[]
}

export interface InputStyle {
  readonly none: boolean
  readonly slurp: boolean
  readonly raw: boolean
  readonly seq: boolean
  /** Events instead of values; `errors`: a broken text ends in an event too. */
  readonly stream: false | 'events' | 'errors'
}

export interface OutputStyle {
  readonly raw: boolean
  /** What follows each output: a line end, nothing (`-j`) or a NUL (`--raw-output0`). */
  readonly end: '\n' | '' | '\0'
  readonly ascii: boolean
  readonly sortKeys: boolean
  readonly seq: boolean
  /** Spaces a level, or a tab; 0: all on one line. */
  readonly indent: number | '\t'
  /** Undefined: as the screen allows. */
  readonly colour: boolean | undefined
  readonly unbuffered: boolean
}

export interface NamedArgument {
  readonly name: string
  readonly from: 'arg' | 'argjson' | 'slurpfile' | 'rawfile'
  /** The text, the JSON text, or the file. */
  readonly value: string
}

export interface PositionalArgument {
  readonly json: boolean
  readonly text: string
}

/** The command line is wrong; the message is jq's. */
export class UsageMistake extends Error {}

/** Short and long names of the options that are on or off. */
const switches: readonly (readonly [letter: string, name: string])[] = [
  ['s', 'slurp'],
  ['r', 'raw-output'],
  ['', 'raw-output0'],
  ['j', 'join-output'],
  ['c', 'compact-output'],
  ['C', 'color-output'],
  ['M', 'monochrome-output'],
  ['a', 'ascii-output'],
  ['', 'unbuffered'],
  ['S', 'sort-keys'],
  ['R', 'raw-input'],
  ['n', 'null-input'],
  ['f', 'from-file'],
  ['b', 'binary'],
  ['', 'tab'],
  ['', 'seq'],
  ['', 'stream'],
  ['', 'stream-errors'],
  ['e', 'exit-status'],
  ['', 'args'],
  ['', 'jsonargs'],
  ['', 'fmt'],
  ['', 'lint'],
  ['h', 'help'],
  ['V', 'version'],
  ['', 'build-configuration'],
]
const letters = new Map(switches.filter(([letter]) => letter !== '').map(([letter, name]) => [letter, name]))
const names = new Set(switches.map(([, name]) => name))

export type Question = 'help' | 'version' | 'build-configuration'
const questions: ReadonlySet<string> = new Set<Question>(['help', 'version', 'build-configuration'])

/**
 * Reads jq's own options: short ones may stand together, and options may stand anywhere.
 *
 * @throws UsageMistake
 */
export function parseCommandLine(words: readonly string[]): CommandLine | Question {
  const reader = new CommandLineReader(words)
  return reader.read()
}

class CommandLineReader {
  readonly #queue: string[]
  readonly #on = new Set<string>()
  readonly #words: string[] = []
  readonly #positional: PositionalArgument[] = []
  readonly #named: NamedArgument[] = []
  readonly #libraryPaths: string[] = []
  #indent: number | '\t' = 2
  /** What words after the program are. */
  #rest: 'files' | 'args' | 'jsonargs' = 'files'

  constructor(words: readonly string[]) {
    this.#queue = [...words]
  }

  read(): CommandLine | Question {
    let onlyWords = false
    for (let word = this.#queue.shift(); word !== undefined; word = this.#queue.shift()) {
      if (onlyWords || !/^-(?:-|[A-Za-z])/.test(word)) this.#word(word)
      else if (word === '--') onlyWords = true
      else if (word.startsWith('--')) this.#long(word.slice(2))
      else this.#short(word.slice(1))
      const question = [...this.#on].find(each => questions.has(each))
      if (question) return question as Question
    }
    return this.#finish()
  }

  /** The first word is the program, or the file it is in; the others are files or arguments. */
  #word(word: string): void {
    if (this.#words.length === 0 || this.#rest === 'files') this.#words.push(word)
    else this.#positional.push({ json: this.#rest === 'jsonargs', text: word })
  }

  #short(text: string): void {
    for (const [at, letter] of [...text].entries()) {
      if (letter === 'L') {
        const rest = text.slice(at + 1)
        this.#libraryPaths.push(
          rest === '' ? this.#value('-L takes a parameter: (e.g. -L /search/path or -L/search/path)') : rest,
        )
        return
      }
      const name = letters.get(letter)
      if (name === undefined) throw new UsageMistake(`jq: Unknown option -${letter}`)
      this.#switch(name)
    }
  }

  #long(name: string): void {
    if (names.has(name)) this.#switch(name)
    else if (name === 'indent') this.#setIndent(this.#value('jq: --indent takes one parameter'))
    else if (name === 'library-path') {
      this.#libraryPaths.push(this.#value('-L takes a parameter: (e.g. -L /search/path or -L/search/path)'))
    } else if (name === 'arg' || name === 'argjson') this.#namedArgument(name, name === 'arg' ? 'value' : 'text')
    else if (name === 'slurpfile' || name === 'rawfile') this.#namedArgument(name, 'filename')
    else throw new UsageMistake(`jq: Unknown option --${name}`)
  }

  #switch(name: string): void {
    if (name === 'args' || name === 'jsonargs') this.#rest = name
    else if (name === 'tab') this.#indent = '\t'
    else if (name === 'compact-output') this.#indent = 0
    else this.#on.add(name)
  }

  #setIndent(text: string): void {
    const indent = Number.parseInt(text, 10) || 0
    if (indent > 7) throw new UsageMistake('jq: Cannot indent more than 7 characters')
    if (indent < -1) throw new UsageMistake('jq: Cannot indent less than -1')
    this.#indent = indent === -1 ? '\t' : indent
  }

  #namedArgument(from: NamedArgument['from'], what: string): void {
    const problem = `jq: --${from} takes two parameters (e.g. --${from} varname ${what})`
    const name = this.#value(problem)
    this.#named.push({ name, from, value: this.#value(problem) })
  }

  #value(problem: string): string {
    const value = this.#queue.shift()
    if (value === undefined) throw new UsageMistake(problem)
    return value
  }

  #finish(): CommandLine {
    const on = (name: string) => this.#on.has(name)
    const [program, ...files] = this.#words
    const nul = on('raw-output0')
    return {
      action: on('fmt') ? 'format' : on('lint') ? 'lint' : 'run',
      program: program === undefined ? undefined : on('from-file') ? { file: program } : { text: program },
      fromFile: on('from-file'),
      files,
      input: {
        none: on('null-input'),
        slurp: on('slurp'),
        raw: on('raw-input'),
        seq: on('seq'),
        stream: on('stream-errors') ? 'errors' : on('stream') ? 'events' : false,
      },
      output: {
        raw: on('raw-output') || on('join-output') || nul,
        end: nul ? '\0' : on('join-output') ? '' : '\n',
        ascii: on('ascii-output'),
        sortKeys: on('sort-keys'),
        seq: on('seq'),
        indent: this.#indent,
        colour: on('monochrome-output') ? false : on('color-output') ? true : undefined,
        unbuffered: on('unbuffered'),
      },
      exitStatus: on('exit-status'),
      named: this.#named,
      positional: this.#positional,
      libraryPaths: this.#libraryPaths,
    }
  }
}
