import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Cancelled, PlatformError } from '@super-data/base/errors'
import { JqHalted } from '../errors.ts'
import { compile, type Program } from '../program.ts'
import { format } from '../syntax/format.ts'
import { parse } from '../syntax/parser.ts'
import { compactJson, defaultPalette, type Palette } from '../value/json-print.ts'
import type { JqObject, Value } from '../value/value.ts'
import { bindArguments, FileMistake } from './bindings.ts'
import { readColours } from './colours.ts'
import { type CommandLine, parseCommandLine, type Question, UsageMistake } from './command-line.ts'
import { compileErrorText } from './compile-error.ts'
import { directoryLibrary } from './directory-library.ts'
import { helpText, shortHelp } from './help.ts'
import { BrokenInput } from './input-error.ts'
import { Inputs } from './inputs.ts'
import { lintText } from './lint-text.ts'
import { NulInText, Output } from './output.ts'
import { reasonOf, TextSource } from './text-source.ts'
import { type CommandWorld, OutputGone } from './world.ts'

/** jq's own exit codes. */
const exit = {
  done: 0,
  falsy: 1,
  system: 2,
  doesNotCompile: 3,
  nothing: 4,
  failed: 5,
  cancelled: 130,
  pipe: 141,
} as const

const version = 'jq-1.8'
const build = 'super-data typescript'

/**
 * Runs one command line as jq 1.8 would, from its first input to its last; returns when it is done.
 *
 * @returns jq's exit code. What went wrong has been written to standard error, in jq's words.
 */
export function runCommand(words: readonly string[], world: CommandWorld): number {
  try {
    const line = parseCommandLine(words)
    return typeof line === 'string' ? answer(line, world) : act(line, world)
  } catch (error) {
    return reportEnd(error, world)
  }
}

function answer(question: Question, { name, stdout }: CommandWorld): number {
  const answers = { help: helpText(name), version: `${version}\n`, 'build-configuration': `${build}\n` }
  stdout.write(answers[question])
  return exit.done
}

function reportEnd(error: unknown, { name, stderr }: CommandWorld): number {
  if (error instanceof OutputGone) return exit.pipe
  if (error instanceof Cancelled) return exit.cancelled
  if (error instanceof FileMistake) {
    stderr.write(`${error.message}\n`)
    return exit.system
  }
  if (!(error instanceof UsageMistake)) throw error
  stderr.write(`${error.message}\nUse ${name} --help for help with command-line options.\n`)
  return exit.system
}

function act(line: CommandLine, world: CommandWorld): number {
  const bindings = bindArguments(line, world.cwd, build)
  const text = programText(line, world)
  if (text === undefined) {
    world.stderr.write(shortHelp(world.name))
    return exit.system
  }
  if (line.action === 'lint') return tellIssues(text, Object.keys(bindings), world)
  try {
    if (line.action === 'format') {
      world.stdout.write(`${format(parse(text))}\n`)
      return exit.done
    }
    const functions = directoryLibrary([programFolder(line), ...line.libraryPaths], world.cwd)
    const program = compile(text, { variables: Object.keys(bindings), functions })
    return new CommandRun(line, world, program, bindings).run()
  } catch (error) {
    if (!(error instanceof PlatformError) || error instanceof Cancelled) throw error
    world.stderr.write(compileErrorText(error, text))
    return exit.doesNotCompile
  }
}

/** Without a program it is `.`, unless somebody sits at both ends and wants to be told how to use this. */
function programText({ program, fromFile }: CommandLine, { cwd, terminal }: CommandWorld): string | undefined {
  if (program === undefined) return fromFile || (terminal.stdin && terminal.stdout) ? undefined : '.'
  if ('text' in program) return program.text
  try {
    return readFileSync(resolve(cwd, program.file), 'utf8')
  } catch (error) {
    throw new FileMistake(`jq: Could not open ${program.file}: ${reasonOf(error)}`)
  }
}

/** Modules are looked for beside the program first. */
function programFolder({ program }: CommandLine): string {
  return program && 'file' in program ? dirname(program.file) : '.'
}

function tellIssues(program: string, variables: readonly string[], { stdout }: CommandWorld): number {
  const { text, canRun } = lintText(program, variables)
  stdout.write(text)
  return canRun ? exit.done : exit.doesNotCompile
}

/** What the last input came to: an exit code, or one of the two good ends that only `-e` tells apart. */
type Result = 'output' | 'falsy' | 'nothing' | number

/** One program over all inputs. A failed input is reported, and the next one is taken. */
class CommandRun {
  readonly #line: CommandLine
  readonly #world: CommandWorld
  readonly #program: Program
  readonly #bindings: JqObject
  readonly #output: Output
  readonly #source: TextSource
  readonly #inputs: Inputs
  readonly #env: Readonly<Record<string, string>>
  /** Files that could not be read. */
  #unreadable = 0
  #isHalted = false

  constructor(line: CommandLine, world: CommandWorld, program: Program, bindings: JqObject) {
    this.#line = line
    this.#world = world
    this.#program = program
    this.#bindings = bindings
    this.#env = definedOnly(world.env)
    this.#output = new Output(world.stdout, line.output, choosePalette(line, world))
    this.#source = new TextSource(world, line.files, problem => {
      this.#unreadable++
      this.#tell(`${problem}\n`)
    })
    this.#inputs = new Inputs(this.#source, line.input, problem => this.#tell(`${problem}\n`))
  }

  run(): number {
    try {
      const { result, last } = this.#line.input.none ? { result: this.#once(null), last: undefined } : this.#all()
      this.#output.flush()
      return this.#exitCode(this.#unreadable > 0 ? exit.system : result, last)
    } finally {
      this.#source.close()
    }
  }

  /** `last`: what the last input with an output came to. */
  #all(): { result: Result; last: Result | undefined } {
    let result: Result = 'nothing'
    let last: Result | undefined
    while (this.#unreadable === 0 && !this.#isHalted) {
      const input = this.#nextInput()
      if (input === 'broken') return { result: exit.failed, last }
      if (input === undefined) break
      result = this.#once(input.value)
      if (typeof result === 'string' && result !== 'nothing') last = result
    }
    return { result, last }
  }

  #nextInput(): { value: Value } | 'broken' | undefined {
    try {
      const value = this.#inputs.next()
      return value === undefined ? undefined : { value }
    } catch (error) {
      if (!(error instanceof BrokenInput)) throw error
      this.#tell(`jq: parse error: ${error.message}\n`)
      return 'broken'
    }
  }

  #once(input: Value): Result {
    let result: Result = 'nothing'
    try {
      this.#program.run(input, {
        variables: this.#bindings,
        env: this.#env,
        inputs: () => this.#inputs.nextForProgram(),
        inputPlace: () => this.#inputs.place,
        onDebug: message => this.#tell(`${this.#output.onOneLine(['DEBUG:', message])}\n`),
        onStderr: message => this.#tell(typeof message === 'string' ? message : compactJson(message)),
        onHalt: () => {
          this.#isHalted = true
        },
        emit: output => {
          result = output === null || output === false ? 'falsy' : 'output'
          this.#output.write(output)
        },
        ...(this.#world.signal ? { signal: this.#world.signal } : {}),
      })
    } catch (error) {
      return this.#failed(error)
    }
    return this.#isHalted ? exit.done : result
  }

  #failed(error: unknown): number {
    if (error instanceof JqHalted) return this.#halted(error)
    const isTold = (error instanceof PlatformError && !(error instanceof Cancelled)) || error instanceof NulInText
    if (!isTold) throw error
    const text = error.message.startsWith('(not a string): ') ? ` ${error.message}` : `: ${error.message}`
    this.#tell(`jq: error (at ${this.#inputs.placeText})${text}\n`)
    return exit.failed
  }

  /** `halt_error`: a text as it is, anything else as JSON, and its own exit code. */
  #halted({ message, value, exitCode }: JqHalted): number {
    this.#isHalted = true
    if (value !== null) this.#tell(typeof value === 'string' ? value : `${message}\n`)
    return Math.trunc(exitCode) & 0xff
  }

  /** What was written before comes first, also when both streams go to one screen. */
  #tell(text: string): void {
    this.#output?.flush()
    this.#world.stderr.write(text)
  }

  #exitCode(result: Result, last: Result | undefined): number {
    if (typeof result === 'number') return result
    if (!this.#line.exitStatus) return exit.done
    const decisive = result === 'nothing' ? last : result
    if (decisive === undefined) return exit.nothing
    return decisive === 'falsy' ? exit.falsy : exit.done
  }
}

function choosePalette({ output }: CommandLine, { env, terminal, stderr }: CommandWorld): Palette | undefined {
  const asked = env['JQ_COLORS']
  const palette = asked === undefined ? defaultPalette : readColours(asked)
  if (!palette) stderr.write('Failed to set $JQ_COLORS\n')
  const isColoured = output.colour ?? (terminal.stdout && !env['NO_COLOR'])
  return isColoured ? (palette ?? defaultPalette) : undefined
}

function definedOnly(env: CommandWorld['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
