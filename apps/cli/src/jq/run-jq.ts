import { text as readStream } from 'node:stream/consumers'
import { compile, JqHalted, type Program, parseJson, parseJsonSequence, printJson, type Value } from '@super-data/jq'
import { JsonInvalid } from '../errors.ts'
import { readInput } from '../input-text.ts'
import { print, type Shell, say } from '../terminal.ts'
import { type JqCommandLine, type NamedArgument, parseJqCommandLine } from './command-line.ts'
import { jqHelp } from './help.ts'
import { fileTexts, type InputText, JqInputs } from './inputs.ts'
import { OutputText } from './output-text.ts'

/** jq's own exit codes. */
const exit = { done: 0, falsy: 1, unreadable: 2, doesNotCompile: 3, nothing: 4, failed: 5 } as const

type Bindings = Readonly<Record<string, Value>>

/**
 * Runs one jq command line.
 *
 * @returns jq's exit code.
 * @throws UsageWrong for wrong options; InputUnreadable for a file that an option names.
 */
export async function runJq(words: readonly string[], shell: Shell): Promise<number> {
  const line = parseJqCommandLine(words)
  if (line === 'help') {
    print(shell, jqHelp.trimStart())
    return exit.done
  }
  const text = 'text' in line.program ? line.program.text : await readInput(line.program.file, shell)
  const bindings = await bind(line, shell)
  const program = compileOrSay(text, bindings, shell)
  if (program === undefined) return exit.doesNotCompile
  const inputs = new JqInputs(await findTexts(line, text, shell), line.input)
  return new JqRun(shell, line, { program, bindings, inputs }).run()
}

function compileOrSay(text: string, bindings: Bindings, shell: Shell): Program | undefined {
  try {
    return compile(text, { variables: Object.keys(bindings) })
  } catch (error) {
    say(shell, `jq: error: ${(error as Error).message}\njq: 1 compile error`)
    return undefined
  }
}

/** The variables of a program: named arguments, and `$ARGS` with all of them. The first of a name counts. */
async function bind({ named, positional }: JqCommandLine, shell: Shell): Promise<Bindings> {
  const byName: Record<string, Value> = {}
  for (const argument of named) {
    if (!Object.hasOwn(byName, argument.name)) byName[argument.name] = await argumentValue(argument, shell)
  }
  return { ...byName, ARGS: { positional: positional as Value[], named: byName } }
}

async function argumentValue({ from, name, value }: NamedArgument, shell: Shell): Promise<Value> {
  if (from === 'text') return value
  if (from === 'json') return parsed(() => parseJson(value), `--argjson ${name}`)
  const text = await readInput(value, shell)
  return from === 'rawfile' ? text : parsed(() => parseJsonSequence(text), `--slurpfile ${name}`)
}

function parsed(parse: () => Value, where: string): Value {
  try {
    return parse()
  } catch (error) {
    throw new JsonInvalid(where, error as Error)
  }
}

/** Files, else standard input; a program that needs no input must not wait for somebody to type one. */
async function findTexts(
  { files, input }: JqCommandLine,
  program: string,
  shell: Shell,
): Promise<readonly InputText[]> {
  if (files.length > 0) return fileTexts(files, shell.cwd)
  if (input.none && !/\binputs?\b/.test(program)) return []
  const text = await readStream(shell.terminal.stdin)
  return [{ name: '<stdin>', text: () => text }]
}

interface RunParts {
  readonly program: Program
  readonly bindings: Bindings
  readonly inputs: JqInputs
}

/** One program over all inputs. A failed input is reported, and the next one is taken. */
class JqRun {
  readonly #shell: Shell
  readonly #line: JqCommandLine
  readonly #parts: RunParts
  readonly #output: OutputText
  #last: Value | undefined
  #code: number = exit.done

  constructor(shell: Shell, line: JqCommandLine, parts: RunParts) {
    this.#shell = shell
    this.#line = line
    this.#parts = parts
    this.#output = new OutputText(shell, line.output)
  }

  run(): number {
    try {
      if (this.#line.input.none) this.#once(null)
      else this.#all()
    } catch (error) {
      return this.#halted(error)
    }
    this.#output.flush()
    this.#sayProblems()
    if (this.#code !== exit.done || !this.#line.exitStatus) return this.#code
    if (this.#last === undefined) return exit.nothing
    return this.#last === null || this.#last === false ? exit.falsy : exit.done
  }

  #all(): void {
    for (let input = this.#parts.inputs.next(); input !== undefined; input = this.#parts.inputs.next()) {
      this.#once(input)
    }
  }

  #once(input: Value): void {
    const { program, bindings, inputs } = this.#parts
    try {
      program.run(input, {
        variables: bindings,
        env: definedOnly(this.#shell.env),
        inputs: () => inputs.next(),
        onDebug: message => this.#note(printJson(['DEBUG:', message])),
        emit: output => this.#emit(output),
      })
    } catch (error) {
      if (error instanceof JqHalted) throw error
      this.#note(`jq: error: ${(error as Error).message}`)
      this.#code = exit.failed
    }
  }

  /** `false` ends the run: the reader gave up. */
  #emit(output: Value): boolean {
    this.#last = output
    this.#output.write(output)
    return !this.#shell.signal.aborted
  }

  /** `halt_error`: its message as it is, and its own exit code. */
  #halted(error: unknown): number {
    if (!(error instanceof JqHalted)) throw error
    this.#output.flush()
    this.#shell.terminal.stderr.write(error.message)
    return error.exitCode
  }

  /** What was written before comes first, also when both streams go to one screen. */
  #note(text: string): void {
    this.#output.flush()
    say(this.#shell, text)
  }

  #sayProblems(): void {
    for (const problem of this.#parts.inputs.problems()) {
      this.#note(`jq: ${problem}`)
      this.#code = this.#code === exit.failed ? exit.failed : exit.unreadable
    }
  }
}

function definedOnly(env: Shell['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
