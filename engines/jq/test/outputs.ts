import { type CompileOptions, compile, type RunOptions, type Value } from '../src/index.ts'

export type Options = CompileOptions & {
  readonly bind?: RunOptions['variables']
} & Omit<RunOptions, 'emit' | 'variables'>

/** Every output of a program, in order. */
export function outputs(text: string, input: Value = null, options: Options = {}): Value[] {
  const { variables, policy, bind, ...run } = options
  const program = compile(text, { ...(variables ? { variables } : {}), ...(policy ? { policy } : {}) })
  const found: Value[] = []
  program.run(input, { ...run, ...(bind ? { variables: bind } : {}), emit: output => void found.push(output) })
  return found
}

/** What a program throws, at compile time or while it runs. */
export function failure(text: string, input: Value = null, options: Options = {}): Error & { code?: string } {
  try {
    outputs(text, input, options)
  } catch (error) {
    return error as Error & { code?: string }
  }
  throw new Error(`${text} did not fail`)
}
