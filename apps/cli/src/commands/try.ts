import { mkdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Dataset } from '@super-data/contract'
import type { Installation, ServerSettings } from '@super-data/server'
import { Command } from 'commander'
import { answersEnd } from '../answers-end.ts'
import { clientSettings, type Endpoint, mcpEntry } from '../client-settings.ts'
import type { Connection } from '../connection.ts'
import { DataMissing, InputUnreadable } from '../errors.ts'
import { type FirstQuestion, firstQuestion } from '../first-question.ts'
import { isPortFree } from '../free-port.ts'
import { rememberDatasets } from '../home-settings.ts'
import { InstallationConnection } from '../installation-connection.ts'
import { mergeMcpFile } from '../mcp-file.ts'
import { readProfile, writeProfile } from '../profile.ts'
import { renderDatasetProblems } from '../render/dataset-problems.ts'
import { renderOutput } from '../render/output.ts'
import { shellQuote } from '../render/shell-quote.ts'
import { renderTable } from '../render/table.ts'
import { ownCommand } from '../self.ts'
import { aborted, print, type Shell, say } from '../terminal.ts'

interface TryOptions {
  readonly port?: string
  readonly once?: boolean
  readonly yes?: boolean
  readonly no?: boolean
  readonly verbose?: boolean
}

/** `try FOLDER`: from a folder of files to a first answer, a running server and a connected agent. */
export function tryCommand(shell: Shell): Command {
  const command = new Command('try').description('Try it on a folder of your own files.')
  command
    .argument('<folder>', 'Folder with .json, .ndjson, .csv or .parquet files.')
    .option('--port <number>', 'TCP port; without it, the usual one or any free one.')
    .option('--once', 'Do everything, then stop instead of serving.')
    .option('-y, --yes', 'Write .mcp.json into the current folder without asking.')
    .option('-n, --no', 'Do not write it.')
    .option('-v, --verbose', 'Say more, and the cause of a failure.')
    .addHelpText('after', '\nExample:\n  super-data try ./exports')
  return command.action(async (given: string) => {
    const { listen, openInstallation } = await import('../local.ts')
    const options = command.opts<TryOptions>()
    const folder = await existingFolder(shell, given)
    const settings = await settingsFor(shell, folder, options)
    await using installation = await openInstallation(settings, options.verbose ? 'debug' : 'silent')
    await rememberDatasets(settings.home, folder)
    const connection = new InstallationConnection(installation, shell)
    const { datasets, listed } = await findDatasets(connection, given)
    print(shell, renderDatasets(shell, datasets) + renderDatasetProblems(listed, shell.terminal))
    const server = await listen(installation, settings)
    const endpoint = await saveConnection(shell, { installation, connection, settings, folder, url: server.url })
    print(shell, `\nThe server answers at ${server.url}. Everything it keeps is in ${settings.home}.`)
    const question = await answerFirst(shell, connection, datasets[0]!)
    await offerSettings(shell, endpoint, options)
    print(shell, nextCommands(ownCommand(shell), question))
    if (options.once) return
    print(shell, '\nServing until Ctrl-C.')
    await aborted(shell.signal)
    say(shell, 'Stopping: running calls finish first.')
  })
}

async function existingFolder(shell: Shell, given: string): Promise<string> {
  const folder = resolve(shell.cwd, given)
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    throw new InputUnreadable(given, error)
  })
  if (!found.isDirectory()) {
    throw new InputUnreadable(
      given,
      Object.assign(new Error(), { code: 'ENOTDIR' }),
      'That is a file; give its folder.',
    )
  }
  return folder
}

/** A home of its own inside the folder, apart from any library that is set, and a port that is free. */
async function settingsFor(shell: Shell, folder: string, options: TryOptions): Promise<ServerSettings> {
  const home = join(folder, '.super-data')
  await mkdir(home, { recursive: true })
  const { settle } = await import('../settings.ts')
  const changes = { home, datasets: folder, port: options.port }
  const env = { ...shell.env, SUPER_DATA_DATABASE_PATH: '', SUPER_DATA_S3_BUCKET: '' }
  const settings = settle(env, changes)
  if (options.port !== undefined || (await isPortFree(settings.host, settings.port))) return settings
  return settle(env, { ...changes, port: '0' })
}

/** @throws DataMissing */
async function findDatasets(connection: Connection, given: string) {
  await connection.call('datasets.refresh', {})
  const listed = await connection.call('datasets.list', { limit: 1000 })
  const { items } = listed
  if (!items.some(isUsable)) throw new DataMissing(given)
  return { listed, datasets: [...items.filter(isUsable), ...items.filter(dataset => !isUsable(dataset))] }
}

function isUsable(dataset: Dataset): boolean {
  return dataset.problem === null
}

function renderDatasets(shell: Shell, datasets: readonly Dataset[]): string {
  const { width, colour } = shell.terminal
  const rows = datasets.map(({ name, format, records, sizeBytes, problem }) => [
    name,
    format,
    records,
    sizeBytes,
    problem,
  ])
  const found = `Found ${datasets.length} ${datasets.length === 1 ? 'dataset' : 'datasets'}:\n\n`
  return found + renderTable(['dataset', 'format', 'records', 'bytes', 'problem'], rows, { width, colour, absent: '' })
}

interface Started {
  readonly installation: Installation
  readonly connection: Connection
  readonly settings: ServerSettings
  readonly folder: string
  readonly url: string
}

/** Saves the connection, so that the next commands come here. */
async function saveConnection(shell: Shell, started: Started): Promise<Endpoint & { over: 'http' }> {
  const { settings, folder, url } = started
  const key = await findKey(shell, started)
  await writeProfile(shell.env, { url, key, home: settings.home, datasets: folder })
  return { over: 'http', url, key }
}

/** The owner's key on the first start, the saved one on later ones, else a new one. */
async function findKey(shell: Shell, { installation, connection, settings }: Started): Promise<string> {
  if (installation.firstStart !== undefined) return installation.firstStart.ownerKey
  const saved = await readProfile(shell.env).catch(() => undefined)
  if (saved !== undefined && saved.home === settings.home) return saved.key
  return (await connection.call('keys.create', { label: 'try' })).secret
}

/** Connects an MCP client, with consent: without somebody to ask, the settings are only printed. */
async function offerSettings(shell: Shell, endpoint: Endpoint, options: TryOptions): Promise<void> {
  if (!(await mayWrite(shell, options))) {
    print(shell, connectText(shell, endpoint))
    return
  }
  const merged = await mergeMcpFile(join(shell.cwd, '.mcp.json'), mcpEntry(endpoint))
  const said = {
    written:
      '\nAdded super-data to .mcp.json: agents started in this folder find it. It holds your key: keep it out of git.',
    same: '\n.mcp.json has super-data already.',
    'other entry there': `\n.mcp.json has another super-data already, and keeps it.\n${connectText(shell, endpoint)}`,
    'not JSON': `\n.mcp.json is not what MCP clients write, and stays as it is.\n${connectText(shell, endpoint)}`,
  }
  print(shell, said[merged])
}

/** One client's settings in full; the others are a command away. */
function connectText(shell: Shell, endpoint: Endpoint): string {
  const [claude] = clientSettings(endpoint)
  const others = `For Cursor, VS Code and others: ${ownCommand(shell)} mcp config`
  return `\nConnect an MCP client, e.g. Claude Code:\n  ${claude!.content}\n${others}`
}

async function mayWrite(shell: Shell, options: TryOptions): Promise<boolean> {
  if (options.yes) return true
  if (options.no || !shell.terminal.interactive) return false
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({
    message: 'Add super-data to .mcp.json in the current folder, so that agents started here find it?',
    signal: answersEnd(shell),
  })
  return !isCancel(answer) && answer
}

async function answerFirst(shell: Shell, connection: Connection, dataset: Dataset): Promise<FirstQuestion> {
  const { fields } = await connection.call('datasets.describe', { dataset: dataset.name })
  const question = firstQuestion(dataset, fields)
  const answer = await connection.call('queries.ask', { engine: 'sql', text: question.text })
  const { width, colour } = shell.terminal
  print(shell, `\nA first question:\n  ${question.text}\n\n${renderOutput(answer, { width, colour })}`)
  return question
}

/** The loop, as commands to paste. */
function nextCommands(self: string, question: FirstQuestion): string {
  const { text, toolName, description } = question
  const lines = [
    ['ask', `ask ${shellQuote(text)}`],
    ['save as a tool', `save ${toolName} --description ${shellQuote(description)} --submit`],
    ['call', `run ${toolName}`],
    ['invite a colleague', 'users invite anna'],
  ]
  return `\nNext, in another terminal:\n${lines.map(([what, rest]) => `  ${self} ${rest}   # ${what}`).join('\n')}`
}
