import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { JqInvalidJson } from '../errors.ts'
import { parseJson, parseJsonSequence } from '../value/json-parse.ts'
import { type JqObject, setOwn, type Value } from '../value/value.ts'
import { type CommandLine, type NamedArgument, UsageMistake } from './command-line.ts'
import { reasonOf } from './text-source.ts'

/** A file that an option names cannot be used; the message is jq's. */
export class FileMistake extends Error {}

/**
 * The variables of a program: named arguments, and `$ARGS` with all of them. The first of a name counts.
 *
 * @throws UsageMistake · FileMistake
 */
export function bindArguments({ named, positional }: CommandLine, cwd: string, build: string): JqObject {
  const byName: JqObject = {}
  for (const argument of named) {
    if (!Object.hasOwn(byName, argument.name)) setOwn(byName, argument.name, argumentValue(argument, cwd))
  }
  const list = positional.map(({ json, text }) => (json ? parsed(text, '--jsonargs') : text))
  return { JQ_BUILD_CONFIGURATION: build, ...byName, ARGS: { positional: list, named: byName } }
}

function argumentValue({ from, name, value }: NamedArgument, cwd: string): Value {
  if (from === 'arg') return value
  if (from === 'argjson') return parsed(value, '--argjson')
  try {
    const text = readFileSync(resolve(cwd, value), 'utf8')
    return from === 'rawfile' ? text : parseJsonSequence(text)
  } catch (error) {
    const isJson = error instanceof JqInvalidJson
    const reason = isJson ? error.message : `Could not open ${value}: ${reasonOf(error)}`
    throw new FileMistake(`jq: Bad JSON in --${from} ${name} ${value}: ${reason}`)
  }
}

function parsed(text: string, option: string): Value {
  try {
    return parseJson(text)
  } catch (error) {
    if (error instanceof JqInvalidJson) throw new UsageMistake(`jq: Invalid JSON text passed to ${option}`)
    throw error
  }
}
