import { type OperationName, operations } from '@super-data/contract'
import { fieldsOf, toFlag, wordsOf } from '../fields.ts'
import type { Failure } from './problem.ts'

/** What was typed, and how the reader starts this program. */
export interface CommandLine {
  readonly self: string
  readonly words: readonly string[]
}

/**
 * A failure as the command line says it. Every door tells the same facts, and writes operations and fields between
 * backticks: here they are commands and flags.
 */
export function inCommandWords(failure: Failure, line: CommandLine): Failure {
  const hint = hintOf(failure, line)
  return {
    ...failure,
    message: withCommands(unslashed(failure, failure.message), line),
    ...(hint === undefined ? {} : { hint: withCommands(unslashed(failure, hint), line) }),
  }
}

/** The text with every `area verb` as a command, and every `field` or `field: value` as a flag. */
export function withCommands(text: string, { self, words }: CommandLine): string {
  const flags = flagsOf(words)
  return text.replace(/`([^`]+)`/g, (quoted, said: string) => {
    const [first, second, ...rest] = said.split(' ')
    if (first === 'super-data') return `\`${[self, second, ...rest].join(' ')}\``
    if (commands.has(`${first} ${second}`)) return `\`${self} ${said}\``
    const [, field = '', value] = /^([a-zA-Z]+)(?:: (\S+))?$/.exec(said) ?? []
    const flag = flags.get(field)
    if (flag === undefined) return quoted
    return `\`${value === undefined || value === 'true' ? flag : `${flag} ${value}`}\``
  })
}

const commands: ReadonlySet<string> = new Set(Object.keys(operations).map(name => wordsOf(name).join(' ')))

/** Commands with a name of their own, and what they call. */
const ownCommands: Readonly<Record<string, readonly OperationName[]>> = {
  ask: ['queries.ask'],
  import: ['library.import'],
  'import-tools': ['library.import'],
  run: ['tools.run'],
  save: ['tools.create', 'tools.submit'],
}

/** The flags of the command that was typed, by the field each fills in. */
function flagsOf([area = '', verb]: readonly string[]): ReadonlyMap<string, string> {
  const own = ownCommands[area]?.map(name => operations[name])
  const called = own ?? Object.values(operations).filter(({ name }) => wordsOf(name).join(' ') === `${area} ${verb}`)
  const flags = new Map(called.flatMap(fieldsOf).map(({ name, flag }) => [name, `--${flag}`]))
  return area === 'ask' ? flags.set('params', '--param NAME=VALUE') : flags
}

/** Some hints are about the wire: a person at the command line does something else. */
function hintOf({ code, hint }: Failure, { self }: CommandLine): string | undefined {
  if (code !== 'UNAUTHENTICATED') return hint
  return `Give a key with --key or SUPER_DATA_API_KEY, or join with a link from an admin: \`${self} join LINK\`.`
}

/** Of a wrong field: its name as it is typed, e.g. `max-rows` of `/maxRows`. */
function unslashed({ code }: Failure, text: string): string {
  if (code !== 'INPUT_INVALID') return text
  return text.replace(/^\/?([a-z][a-zA-Z]*)(?=[/:])/, (_, field: string) => toFlag(field))
}
