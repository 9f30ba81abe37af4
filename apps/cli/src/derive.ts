import { type Operation, type OperationName, operations } from '@super-data/contract'
import { Argument, Command, Option } from 'commander'
import { type CallOptions, callAndShow, withCallOptions } from './call-options.ts'
import { exampleOf } from './examples.ts'
import { exitCodes } from './exit-code.ts'
import { type Field, fieldsOf, parseField, wordsOf } from './fields.ts'
import type { Outcome } from './outcome.ts'
import type { Shell } from './terminal.ts'

/**
 * `area verb` for every declared operation: one command for an area, one below it for each verb.
 *
 * @param called only this area's verbs are made, which takes time; the others are listed. Undefined: all are made.
 */
export function deriveCommands(shell: Shell, outcome: Outcome, called?: string): readonly Command[] {
  const names = Object.keys(operations) as OperationName[]
  const areas = Map.groupBy(names, name => name.slice(0, name.indexOf('.')))
  return [...areas].map(([area, ofArea]) => {
    const command = new Command(area).description(ofArea.map(name => wordsOf(name).at(-1)).join(' · '))
    if (called !== undefined && called !== area) return command
    for (const name of ofArea) command.addCommand(deriveCommand(name, shell, outcome))
    return command
  })
}

/** Some answers tell of a failure: a script must notice it too. */
function hasFailed(output: unknown): boolean {
  const outcome = (output as { outcome?: unknown } | null)?.outcome
  return outcome === 'failed' || outcome === 'refused'
}

export function deriveCommand(name: OperationName, shell: Shell, outcome: Outcome): Command {
  const operation: Operation = operations[name]
  const command = new Command(wordsOf(name).at(-1)).description(operation.summary)
  const fields = fieldsOf(operation)
  const positional = positionalFields(operation, fields)
  for (const field of positional) command.addArgument(toArgument(field))
  for (const field of optionFields(operation, fields)) command.addOption(toOption(field))
  withCallOptions(command)
  command.addHelpText('after', `\nExample:\n  ${exampleOf(operation, fields)}`)
  return command.action(async () => {
    const options = command.optsWithGlobals<CallOptions & Record<string, string | boolean>>()
    const typed = { ...typedOptions(fields, options), ...typedArguments(positional, command.args) }
    const input = await parseFields(fields, typed, shell)
    const output = await callAndShow(shell, name, input, options, wordsAgain(name, positional, options, command.args))
    if (hasFailed(output)) outcome.exitCode = exitCodes.unavailable
  })
}

/** Fields that are neither by position nor common to all commands. */
export function optionFields(operation: Operation, fields: readonly Field[]): readonly Field[] {
  return fields.filter(field => field.name !== 'project' && !operation.positional?.includes(field.name))
}

function positionalFields(operation: Operation, fields: readonly Field[]): readonly Field[] {
  return (operation.positional ?? []).map(name => {
    const field = fields.find(candidate => candidate.name === name)
    if (field === undefined) throw new Error(`${operation.name} has no field ${name}`)
    return field
  })
}

function toArgument(field: Field): Argument {
  const argument = new Argument(field.required ? `<${field.flag}>` : `[${field.flag}]`, describeField(field, true))
  return field.choices === undefined ? argument : argument.choices([...field.choices])
}

export function toOption(field: Field): Option {
  const flags = field.kind === 'boolean' ? `--${field.flag}` : `--${field.flag} <${placeholder(field)}>`
  const option = new Option(flags, describeField(field, false)).makeOptionMandatory(field.required)
  return field.choices === undefined ? option : option.choices([...field.choices])
}

function placeholder(field: Field): string {
  const byKind = { number: 'number', word: 'value', text: 'text', list: 'a,b', json: 'json', boolean: '' }
  return byKind[field.kind]
}

function describeField(field: Field, isPositional: boolean): string {
  const parts = [field.about]
  if (field.kind === 'text' || field.kind === 'json') parts.push('@file and - (standard input) work too.')
  if (field.required && !isPositional) parts.push('(needed)')
  if (field.byDefault !== undefined && field.kind !== 'json' && field.byDefault !== '') {
    parts.push(`(default: ${field.byDefault})`)
  }
  return parts.filter(part => part !== '').join(' ')
}

type Typed = Readonly<Record<string, string | boolean>>

function typedOptions(fields: readonly Field[], options: Typed): Typed {
  return Object.fromEntries(fields.flatMap(({ name }) => (options[name] === undefined ? [] : [[name, options[name]]])))
}

function typedArguments(positional: readonly Field[], args: readonly string[]): Typed {
  return Object.fromEntries(
    positional.flatMap((field, index) => (args[index] === undefined ? [] : [[field.name, args[index]]])),
  )
}

/** What was typed, as the operation's input. Fields that were not typed stay out: their defaults are the contract's. */
export async function parseFields(
  fields: readonly Field[],
  typed: Typed,
  shell: Shell,
): Promise<Record<string, unknown>> {
  const input: Record<string, unknown> = {}
  for (const field of fields) {
    const value = typed[field.name]
    if (value !== undefined) input[field.name] = await parseField(field, value, shell)
  }
  return input
}

/** The words that would call it again, without a cursor and without a key. */
function wordsAgain(
  name: OperationName,
  positional: readonly Field[],
  options: Typed,
  args: readonly string[],
): readonly string[] {
  const fields = fieldsOf(operations[name])
  const repeated = fields.filter(
    ({ name }) => name !== 'cursor' && options[name] !== undefined && !positional.some(field => field.name === name),
  )
  const flags = repeated.flatMap(({ name, flag }) =>
    options[name] === true ? [`--${flag}`] : [`--${flag}`, String(options[name])],
  )
  const place = (['home', 'url'] as const).flatMap(flag =>
    options[flag] === undefined ? [] : [`--${flag}`, String(options[flag])],
  )
  return [...wordsOf(name), ...args, ...flags, ...place]
}
