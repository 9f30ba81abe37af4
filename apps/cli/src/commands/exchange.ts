import { rename, rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ImportChange, LibraryDocument } from '@super-data/contract'
import { Command, Option } from 'commander'
import { type CallOptions, withCallOptions } from '../call-options.ts'
import { DocumentNewer, NotADocument, OutputUnwritable } from '../errors.ts'
import { exitCodes } from '../exit-code.ts'
import { readText } from '../input-text.ts'
import { openConnection } from '../open-connection.ts'
import type { Outcome } from '../outcome.ts'
import { renderList } from '../render/output.ts'
import { renderProblem } from '../render/problem.ts'
import { print, type Shell, say } from '../terminal.ts'

interface ExportOptions extends CallOptions {
  readonly type: 'approved' | 'all'
  readonly output?: string
  readonly tools?: string
}

/** `export`: a project's tools and functions as one document, to a file or to standard output. */
export function exportCommand(shell: Shell): Command {
  const command = new Command('export').alias('export-tools').description('Write tools and functions to a file.')
  command
    .addOption(new Option('--type <type>', 'What to export.').choices(['approved', 'all']).default('approved'))
    .option('--tools <a,b>', 'Only these tools, with what they use.')
    .option('--output <file>', 'Where to; without it, standard output.')
  withCallOptions(command).addHelpText('after', '\nExample:\n  super-data export --output tools.json')
  return command.action(async () => {
    const { type, tools, output, project, ...options } = command.optsWithGlobals<ExportOptions>()
    await using connection = await openConnection(shell, options)
    const chosen = { ...(project === undefined ? {} : { project }), ...(tools ? { tools: tools.split(',') } : {}) }
    const document = await connection.call('library.export', { ...chosen, type })
    const text = `${JSON.stringify(document, null, 2)}\n`
    if (output === undefined) return print(shell, text)
    await writeWhole(resolve(shell.cwd, output), text).catch(failure => {
      throw new OutputUnwritable(output, failure)
    })
    const { tools: exported, functions } = document
    say(shell, `${counted(exported, 'tool')} and ${counted(functions, 'function')} in ${output}`)
  })
}

const counted = ({ length }: readonly unknown[], noun: string) => `${length} ${noun}${length === 1 ? '' : 's'}`

/** A reader of the file sees all of it or what was there before. */
async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.part`
  try {
    await writeFile(draft, text)
    await rename(draft, file)
  } catch (failure) {
    await rm(draft, { force: true })
    throw failure
  }
}

interface ImportOptions extends CallOptions {
  readonly input?: string
  readonly approve?: boolean
  readonly allowSimilar?: boolean
  readonly dryRun?: boolean
  readonly onConflict: 'version' | 'skip' | 'refuse'
}

/** `import FILE`: what another team exported; it waits for review unless an admin approves it. */
export function importCommand(shell: Shell, outcome: Outcome): Command {
  const command = new Command('import').alias('import-tools').description('Bring in tools and functions from a file.')
  command
    .argument('[file]', 'What was exported; - is standard input.')
    .option('--input <file>', 'The same.')
    .option('--dry-run', 'Say what would happen, with the differences.')
    .option('--approve', 'Approve at once; project admins only.')
    .option('--allow-similar', 'Although approved tools ask nearly the same.')
    .addOption(
      new Option('--on-conflict <way>', 'What is here under the same name and differs.')
        .choices(['version', 'skip', 'refuse'])
        .default('version'),
    )
  withCallOptions(command).addHelpText('after', '\nExample:\n  super-data import tools.json --dry-run')
  return command.action(async (given: string | undefined) => {
    const { input, approve, allowSimilar, dryRun, onConflict, project, json, ...options } =
      command.optsWithGlobals<ImportOptions>()
    const document = await readDocument(given ?? input ?? '-', shell)
    await using connection = await openConnection(shell, options)
    const { changes } = await connection.call('library.import', {
      ...(project === undefined ? {} : { project }),
      ...{ document, onConflict, approve: approve === true, dryRun: dryRun === true },
      allowSimilar: allowSimilar === true,
    })
    print(shell, json ? JSON.stringify({ changes }, null, 2) : rendered(changes, shell))
    const refused = changes.filter(change => change.action === 'refused').length
    if (refused > 0) outcome.exitCode = exitCodes.invalid
    if (refused > 0) say(shell, `${refused} of ${changes.length} refused.`)
    if (dryRun) say(shell, 'Nothing was changed. Without --dry-run it is.')
  })
}

/** @throws NotADocument · DocumentNewer · InputUnreadable */
async function readDocument(file: string, shell: Shell): Promise<LibraryDocument> {
  const document = parsed(await readText(file === '-' ? '-' : `@${file}`, shell), file)
  if (document?.format !== 'super-data-library') throw new NotADocument(file, 'a library document')
  if (document.version !== 1) throw new DocumentNewer(file, document.version)
  return document
}

function parsed(text: string, file: string): LibraryDocument | null {
  try {
    return JSON.parse(text) as LibraryDocument | null
  } catch {
    throw new NotADocument(file, 'JSON')
  }
}

function rendered(changes: readonly ImportChange[], { terminal: { width, colour } }: Shell): string {
  const rows = changes.map(({ kind, name, version, action, note }) => ({ kind, name, version, action, note }))
  const table = rows.length === 0 ? 'nothing\n' : renderList(rows, { width, colour })
  const differing = changes.filter(change => change.before !== null)
  return [
    table,
    ...changes.flatMap(({ name, problem }) => (problem ? [`\n${name}\n${renderProblem(problem)}`] : [])),
    ...differing.map(({ name, before, after }) => `\n${name}\n${difference(before ?? '', after ?? '')}`),
  ].join('')
}

/** Lines only one side has; enough to see what a version would change. */
function difference(before: string, after: string): string {
  const [old, fresh] = [before.split('\n'), after.split('\n')]
  const gone = old.filter(line => !fresh.includes(line)).map(line => `- ${line}\n`)
  const added = fresh.filter(line => !old.includes(line)).map(line => `+ ${line}\n`)
  return [...gone, ...added].join('')
}
