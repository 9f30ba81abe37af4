import { spawn } from 'node:child_process'

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, without a shell. */
export function runCommand(
  command: string,
  options: {
    readonly args: readonly string[]
    readonly cwd?: string
    readonly env?: NodeJS.ProcessEnv
    readonly input?: string
  },
): Promise<Finished> {
  const { promise, resolve, reject } = Promise.withResolvers<Finished>()
  const child = spawn(command, options.args, {
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
  child.once('error', reject)
  child.once('close', code => resolve({ code, stdout, stderr }))
  child.stdin.end(options.input ?? '')
  return promise
}
