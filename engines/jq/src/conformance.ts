import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { compile } from './program.ts'
import { parseJson } from './value/json-parse.ts'
import { compactJson } from './value/json-print.ts'
import { equals } from './value/order.ts'
import { Raised } from './value/raised.ts'
import type { Value } from './value/value.ts'

/** One case of jq's own test format. */
export interface Case {
  readonly program: string
  readonly line: number
  /** `undefined` for a program that must not compile. */
  readonly input: string | undefined
  /** The outputs, or what the compiler should say. */
  readonly expected: readonly string[]
}

/** Cuts a test file into its cases: blocks between blank lines, `#` lines left out. */
export function readCases(text: string): Case[] {
  const cases: Case[] = []
  let block: string[] = []
  let start = 0
  const finish = () => {
    if (block.length > 0) cases.push(toCase(block, start))
    block = []
  }
  for (const [at, line] of text.split('\n').entries()) {
    if (/^\s*#/.test(line)) continue
    if (line.trim() === '') finish()
    else {
      if (block.length === 0) start = at + 1
      block.push(line)
    }
  }
  finish()
  return cases
}

function toCase(block: readonly string[], line: number): Case {
  const [first = '', second = '', ...rest] = block
  if (first.startsWith('%%FAIL')) return { program: second, line, input: undefined, expected: rest }
  return { program: first, line, input: second, expected: rest }
}

/** `undefined` when the case passes, else what came instead. */
export function checkCase(each: Case): string | undefined {
  if (each.input === undefined) return checkRefusal(each)
  const outputs: Value[] = []
  try {
    const program = compile(each.program)
    program.run(parseJson(each.input), {
      env: { PAGER: 'less' },
      budget: { steps: 50_000_000 },
      emit: output => void outputs.push(output),
    })
  } catch (error) {
    if (each.expected.length > outputs.length || !(error instanceof Error)) return `raised ${String(error)}`
  }
  return sameOutputs(outputs, each.expected.map(parseJson)) ? undefined : outputs.map(compactJson).join('\n')
}

function checkRefusal(each: Case): string | undefined {
  try {
    compile(each.program)
  } catch {
    return undefined
  }
  return 'compiled'
}

function sameOutputs(actual: readonly Value[], expected: readonly Value[]): boolean {
  if (actual.length !== expected.length) return false
  try {
    return actual.every((value, at) => equals(value, expected[at]!))
  } catch (error) {
    if (error instanceof Raised) return false
    throw error
  }
}

/** Runs whole files and prints every failure. */
function main(files: readonly string[]): void {
  let passed = 0
  let failed = 0
  for (const file of files) {
    for (const each of readCases(readFileSync(file, 'utf8'))) {
      const got = checkCase(each)
      if (got === undefined) {
        passed++
        continue
      }
      failed++
      console.log(`${basename(file)}:${each.line}: ${each.program}`)
      if (each.input !== undefined) console.log(`  input:    ${each.input}`)
      console.log(`  expected: ${each.expected.join('\n            ')}`)
      console.log(`  got:      ${got.replaceAll('\n', '\n            ')}`)
    }
  }
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

if (import.meta.main) main(process.argv.slice(2))
