import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { compile, JqRuntimeError, parseJson, printJson, type Value } from '../src/index.ts'
import type { GeneratedCase } from './generated-programs.ts'

/** What came of one program: outputs in order and, if it ended in an error, the error's value. */
export interface Outcome {
  readonly outputs: readonly unknown[]
  readonly error?: { readonly value: unknown }
}

/** No outcome: the engine does not compile the program, crashed, or ran for too long. */
export interface NoOutcome {
  readonly refused: string
}

export interface Rival {
  readonly name: string
  /** One outcome for each case, in order. */
  run(cases: readonly GeneratedCase[]): Promise<(Outcome | NoOutcome)[]>
}

const budget = { steps: 100_000, depth: 5_000, outputs: 100 }
const charactersMax = 20_000

/** What our engine makes of a case. */
export function ours({ program, input }: GeneratedCase): Outcome | NoOutcome {
  const texts: string[] = []
  try {
    const compiled = compile(program)
    compiled.run(parseJson(input), { budget, emit: output => void texts.push(printJson(output)) })
  } catch (error) {
    if (!(error instanceof JqRuntimeError)) return { refused: (error as { code?: string }).code ?? String(error) }
    return toOutcome(texts, error)
  }
  return toOutcome(texts)
}

function toOutcome(texts: readonly string[], error?: JqRuntimeError): Outcome | NoOutcome {
  if (texts.join().length > charactersMax) return { refused: 'too much output' }
  const outputs = texts.map(text => JSON.parse(text))
  if (!error) return { outputs }
  const { value } = error.details as { value?: Value }
  if (value === undefined) return { refused: 'too large an error' }
  return { outputs, error: { value: JSON.parse(printJson(value)) } }
}

/** The output of the whole program, or why there is none. */
type Answer = { readonly text: string } | { readonly failed: string }
type RunProgram = (program: string, input: string) => Answer | Promise<Answer>

const batchSize = 50

/** Cases run many at a time; when one breaks its batch, halves are tried until it stands alone. */
function inBatches(name: string, run: RunProgram): Rival {
  const together = async (cases: readonly GeneratedCase[]): Promise<(Outcome | NoOutcome)[]> => {
    const answer = await run(batchProgram(cases), `[${cases.map(({ input }) => input).join(',')}]`)
    if ('text' in answer) return (JSON.parse(answer.text) as unknown[][]).map(fromBatch)
    if (cases.length === 1) return [{ refused: answer.failed }]
    const half = cases.length >> 1
    return [...(await together(cases.slice(0, half))), ...(await together(cases.slice(half)))]
  }
  return {
    name,
    async run(cases) {
      const outcomes: (Outcome | NoOutcome)[] = []
      for (let at = 0; at < cases.length; at += batchSize)
        outcomes.push(...(await together(cases.slice(at, at + batchSize))))
      return outcomes
    },
  }
}

/** Each program sees its own element of the input; outputs travel as JSON texts, an error as an object. */
function batchProgram(cases: readonly GeneratedCase[]): string {
  const wrapped = cases.map(({ program }, at) => `[.[${at}]|try ((${program}\n)|[tojson]) catch {e: tojson}]`)
  return `[${wrapped.join(',\n')}]`
}

function fromBatch(items: readonly unknown[]): Outcome {
  const last = items.at(-1)
  const failed = last !== undefined && !Array.isArray(last)
  const outputs = (failed ? items.slice(0, -1) : items) as [string][]
  return {
    outputs: outputs.map(([json]) => JSON.parse(json)),
    ...(failed ? { error: { value: JSON.parse((last as { e: string }).e) } } : {}),
  }
}

/** The `jq` on the path, if there is one. */
export function systemJq(): Rival | undefined {
  const { stdout, status } = spawnSync('jq', ['--version'], { encoding: 'utf8' })
  if (status !== 0) return undefined
  return inBatches(stdout.trim(), (program, input) => {
    const ran = spawnSync('jq', ['-c', program], { input, encoding: 'utf8', env: {}, maxBuffer: 1e8, timeout: 1_500 })
    if (ran.status === 0) return { text: ran.stdout }
    return { failed: ran.signal ? `signal ${ran.signal}` : ran.stderr.slice(0, 300) }
  })
}

export interface JqWeb {
  raw(input: string, program: string, flags: readonly string[]): string
}

/** jq compiled to WebAssembly. An instance that aborted is thrown away. */
export function webJq(): Rival {
  let instance: JqWeb | undefined
  return inBatches('jq-web', async (program, input) => {
    instance ??= await openWeb()
    try {
      return { text: instance.raw(input, program, ['-c']) }
    } catch (failure) {
      const message = failure instanceof Error ? failure.message : String(failure)
      if (!/^Non-zero exit code: [235]/.test(message)) instance = undefined
      return { failed: message.slice(0, 300) }
    }
  })
}

export async function openWeb(): Promise<JqWeb> {
  const require = createRequire(import.meta.url)
  const file = require.resolve('jq-web')
  delete require.cache[file]
  return (await require(file)) as JqWeb
}
