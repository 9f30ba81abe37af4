import type { Tool } from '@super-data/contract'
import { Command } from 'commander'
import { type CallOptions, withCallOptions } from '../call-options.ts'
import type { Connection } from '../connection.ts'
import { NothingToSave } from '../errors.ts'
import { openConnection } from '../open-connection.ts'
import { cutText, visible } from '../render/text-width.ts'
import { toldState } from '../render/tool.ts'
import { ownCommand } from '../self.ts'
import { print, type Shell } from '../terminal.ts'

interface SaveOptions extends CallOptions {
  readonly description: string
  readonly fromRun?: string
  readonly submit?: boolean
  readonly allowSimilar?: boolean
}

/** `save NAME`: the caller's last question becomes a tool; `tools create` and `tools submit` in one. */
export function saveCommand(shell: Shell): Command {
  const command = new Command('save').description('Save your last question as a tool.')
  command
    .argument('<tool>', 'Name of the tool.')
    .requiredOption('--description <text>', 'What it answers; agents read it.')
    .option('--from-run <run>', 'Another question than your last one, by its run id.')
    .option('--submit', 'Put it before the team at once.')
    .option('--allow-similar', 'Although an approved tool asks nearly the same.')
  withCallOptions(command).addHelpText('after', help)
  return command.action(async (tool: string) => {
    const options = command.optsWithGlobals<SaveOptions>()
    await using connection = await openConnection(shell, options)
    const saved = await save(connection, tool, options)
    print(shell, options.json ? JSON.stringify(saved, null, 2) : told(saved, ownCommand(shell), shell.terminal.width))
  })
}

async function save(connection: Connection, tool: string, options: SaveOptions): Promise<Tool> {
  const project = options.project === undefined ? {} : { project: options.project }
  const fromRun = options.fromRun ?? (await lastQuestion(connection, project))
  const created = await connection.call('tools.create', { ...project, tool, description: options.description, fromRun })
  const allowSimilar = options.allowSimilar ?? false
  return options.submit ? connection.call('tools.submit', { ...project, tool, allowSimilar }) : created
}

const runsLookedAt = 200

/** @throws NothingToSave */
async function lastQuestion(connection: Connection, project: { project?: string }): Promise<string> {
  const { user } = await connection.call('identity.whoami', {})
  const { items } = await connection.call('queries.runs', { ...project, limit: runsLookedAt })
  const run = items.find(each => each.user === user.name && each.tool === null && each.outcome === 'ok')
  if (!run) throw new NothingToSave()
  return run.id
}

/** The question first: it may be an older one than the reader thinks. */
function told(tool: Tool, own: string, width: number | undefined): string {
  return `Saved ${cutText(visible(oneLine(tool.definition.text)), (width ?? 100) - 'Saved '.length)}\n${toldState(tool, own)}`
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ')
}

const help = `
Example:
  super-data ask 'SELECT region, sum(amount) FROM orders GROUP BY 1'
  super-data save revenue_by_region --description 'Revenue by region.' --submit`
