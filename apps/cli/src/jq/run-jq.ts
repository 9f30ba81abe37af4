import { text as readStream } from 'node:stream/consumers'
import { PlatformError } from '@super-data/base/errors'
import { type CompiledProgram, compile, JqHalted, parseJson, parseJsonSequence, printJson, type Value } from '@super-data/jq'
import { readInput } from '../input-text.ts'
import { print, type Shell, say } from '../terminal.ts'
import { type JqCommandLine, type JqOutput, parseJqCommandLine } from './command-line.ts'
import { jqHelp } from './help.ts'
import { fileTexts, type InputText, JqInputs } from './inputs.ts'
import { OutputText } from './output-text.ts'

/** jq's own exit codes. */
const exit = { done: 0, falsy: 1, noInput: 2, doesNotCompile: 3, noOutput: 4, failed: 5 } as const

/**
 * Runs one jq command line.
 *
 * @returns jq's exit code.
 * @throws UsageWrong for wrong options, InputUnreadable for a file that an option names.
 */
export async function runJq(words: readonly string[], shell: Shell): Promise<number> {
  const line = parseJqCommandLine(words)
  if (line === 'help') {
    print(shell, jqHelp.trimStart())
    return exit.done
  }
  const text = 'text' in line.program ? line.program.text : await readInput(line.program.file, shell)
  const variables = await bindVariables(line, shell)
  let program: CompiledProgram
  try {
    program = compile(text, { variables: Object.keys(variables) })
  } catch (error) {
    return complain(shell, `error: ${messageOf(error)}\njq: 1 compile error`, exit.doesNotCompile)
  }
  const inputs = new JqInputs(await findTexts(line, text, shell), line.input)
  return new JqRun(shell, line, program, variables, inputs).run()
}
