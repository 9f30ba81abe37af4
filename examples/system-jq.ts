import { spawn } from 'node:child_process'
import type { Explanation, JsonValue } from '@super-data/contract'

/** The jq that is installed on this machine, as a second opinion on answers. */
export interface SystemJq {
  readonly version: string
  /** Runs a tool's whole program, as `tools explain` shows it, over a document. Answers as the platform does. */
  ask(question: JqQuestion): Promise<JsonValue>
}

export interface JqQuestion {
  readonly program: Explanation['program']
  readonly params: Readonly<Record<string, JsonValue>>
  readonly mode: 'document' | 'records'
  /** JSON text. */
  readonly document: string
}

/** The installed jq ran and said no. */
export class SystemJqFailed extends Error {}

/** @returns undefined when no jq is installed. */
export async function findSystemJq(): Promise<SystemJq | undefined> {
  const version = await run(['--version'], '').catch(() => undefined)
  return version === undefined ? undefined : { version: version.trim(), ask }
}

async function ask({ program, params, mode, document }: JqQuestion): Promise<JsonValue> {
  const bound = Object.entries(params).flatMap(([name, value]) => ['--argjson', name, JSON.stringify(value)])
  const input = mode === 'document' ? document : (JSON.parse(document) as JsonValue[]).map(toLine).join('')
  const outputs = (await run(['-c', ...bound, program], input)).split('\n').filter(line => line !== '')
  const values = outputs.map(line => JSON.parse(line) as JsonValue)
  return values.length === 1 ? values[0]! : values
}

const toLine = (record: JsonValue) => `${JSON.stringify(record)}\n`

function run(args: readonly string[], input: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = spawn('jq', args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
  child.once('error', reject)
  child.once('close', code => (code === 0 ? resolve(stdout) : reject(new SystemJqFailed(firstLine(stderr)))))
  // A program that fails early closes its end; what it says is in stderr.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return promise
}

const firstLine = (text: string) => text.trim().split('\n')[0] ?? ''
