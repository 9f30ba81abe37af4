import type { Tool } from '@super-data/contract'
import { Command } from 'commander'
import { type CallOptions, withCallOptions } from '../call-options.ts'
import type { Connection } from '../connection.ts'
import { UsageWrong } from '../errors.ts'
import { parseNumber, type ValueSchema } from '../fields.ts'
import { openConnection } from '../open-connection.ts'
import { collectParam, type Params, type TypedFlag, typeParams } from '../params.ts'
import type { OutputStyle } from '../render/output.ts'
import { ProgressLine } from '../render/progress.ts'
import { showResult } from '../render/result.ts'
import { renderTable } from '../render/table.ts'
import { print, type Shell } from '../terminal.ts'

/** `run TOOL --name value …`: `tools run`, with the tool's own parameters as flags. */
export function runCommand(shell: Shell): Command {
  const command = new Command('run').description('Call a tool; its parameters are flags.')
  command.argument('<tool>', 'Name of the tool.').argument('[flags...]', 'Its parameters: --name value.')
  withCallOptions(command).passThroughOptions().allowUnknownOption()
  command.addHelpText('after', help)
  return command.action(async (tool: string, rest: string[]) => {
    const said = splitFlags(rest)
    const options: RunOptions = { ...command.optsWithGlobals<CallOptions>(), ...said.common }
    await using connection = await openConnection(shell, options)
    if (said.common.help) print(shell, renderParameters(await getTool(connection, tool, options), shell.terminal))
    else await runTool(shell, connection, tool, said, options)
  })
}

interface RunOptions extends CallOptions {
  readonly help?: boolean
  readonly maxRows?: string
  readonly maxBytes?: string
}

interface SaidFlags {
  readonly common: RunOptions
  readonly params: Params
  readonly flags: readonly TypedFlag[]
}

async function runTool(
  shell: Shell,
  connection: Connection,
  tool: string,
  said: SaidFlags,
  options: RunOptions,
): Promise<void> {
  const declared = said.flags.length === 0 ? {} : parametersOf(await getTool(connection, tool, options))
  const params = { ...said.params, ...typeParams(said.flags, declared) }
  const line = new ProgressLine(shell.terminal)
  const input = { tool, params, ...projectOf(options), ...limitsOf(options) }
  try {
    const answer = await connection.call('tools.run', input, { onProgress: progress => line.show(progress) })
    showResult(shell, answer, { json: options.json ?? false, operation: 'tools.run', words: ['run', tool] })
  } finally {
    line.clear()
  }
}

function getTool(connection: Connection, tool: string, options: RunOptions): Promise<Tool> {
  return connection.call('tools.get', { tool, ...projectOf(options) })
}

function projectOf(options: RunOptions): { project?: string } {
  return options.project === undefined ? {} : { project: options.project }
}

function limitsOf({ maxRows, maxBytes }: RunOptions): { maxRows?: number; maxBytes?: number } {
  return {
    ...(maxRows === undefined ? {} : { maxRows: parseNumber(maxRows, '--max-rows') }),
    ...(maxBytes === undefined ? {} : { maxBytes: parseNumber(maxBytes, '--max-bytes') }),
  }
}

/** Those that callers give: the server fills in who calls. */
function parametersOf(tool: Tool): ValueSchema {
  const { properties = {}, ...schema } = tool.definition.parameters as ValueSchema
  const given = Object.entries(properties).filter(([, property]) => !('fromCaller' in property))
  return { ...schema, properties: Object.fromEntries(given) }
}

/** Flags of ours that work after the tool's name too, and whether they take a value. */
const ownFlags: Readonly<Record<string, { name: keyof RunOptions; takes: 'value' | 'nothing' }>> = {
  '--project': { name: 'project', takes: 'value' },
  '--url': { name: 'url', takes: 'value' },
  '--key': { name: 'key', takes: 'value' },
  '--home': { name: 'home', takes: 'value' },
  '--max-rows': { name: 'maxRows', takes: 'value' },
  '--max-bytes': { name: 'maxBytes', takes: 'value' },
  '--json': { name: 'json', takes: 'nothing' },
  '--verbose': { name: 'verbose', takes: 'nothing' },
  '-v': { name: 'verbose', takes: 'nothing' },
  '--help': { name: 'help', takes: 'nothing' },
  '-h': { name: 'help', takes: 'nothing' },
}

/** Everything after the tool's name: our flags, `--param name=value`, and the tool's parameters. */
export function splitFlags(words: readonly string[]): SaidFlags {
  const common: Record<string, string | boolean> = {}
  const flags: TypedFlag[] = []
  let params: Params = {}
  for (let index = 0; index < words.length; index++) {
    const { flag, attached } = splitWord(words[index]!)
    const own = ownFlags[flag]
    const following = () => attached ?? words[++index] ?? needsValue(flag)
    if (own?.takes === 'nothing') common[own.name] = true
    else if (own !== undefined) common[own.name] = following()
    else if (flag === '--param') params = collectParam(following(), params)
    else if (attached === undefined && isFlag(words[index + 1])) flags.push({ name: flag.slice(2) })
    else flags.push({ name: flag.slice(2), value: following() })
  }
  return { common: common as RunOptions, params, flags }
}

function splitWord(word: string): { flag: string; attached: string | undefined } {
  if (!/^--./.test(word) && !(word in ownFlags)) {
    throw new UsageWrong(`'${word}' is not a parameter`, { hint: 'Parameters are written --name value.' })
  }
  const equals = word.indexOf('=')
  return equals < 0
    ? { flag: word, attached: undefined }
    : { flag: word.slice(0, equals), attached: word.slice(equals + 1) }
}

/** The next word starts another flag, or there is none; `-5` is a value. */
function isFlag(word: string | undefined): boolean {
  return word === undefined || word.startsWith('--') || word in ownFlags
}

function needsValue(flag: string): never {
  throw new UsageWrong(`${flag} needs a value`)
}

/** What a tool takes, as a page of help. */
function renderParameters(tool: Tool, style: OutputStyle): string {
  const { properties = {}, required = [] } = parametersOf(tool)
  const begin = `${tool.name}: ${tool.definition.description}\n\n`
  const rows = Object.entries(properties).map(([name, schema]) => [
    `--${name}`,
    [schema.type ?? 'any'].flat().join(' or '),
    required.includes(name) ? 'needed' : defaultText(schema),
    schema.description ?? '',
  ])
  if (rows.length === 0) return `${begin}It takes no parameters.`
  return begin + renderTable(['parameter', 'type', '', 'meaning'], rows, { ...style, absent: '' })
}

function defaultText(schema: ValueSchema): string {
  return schema.default === undefined ? '' : `default ${JSON.stringify(schema.default)}`
}

const help = `
Examples:
  super-data run top_customers --min 100
  super-data run top_customers --param min=100 --json
  super-data run top_customers --help        (the tool's own parameters)`
