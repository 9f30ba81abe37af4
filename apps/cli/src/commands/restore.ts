import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Restored } from '@super-data/platform'
import { Command } from 'commander'
import type { SettingChanges } from '../settings.ts'
import { print, type Shell } from '../terminal.ts'

interface RestoreOptions extends SettingChanges {
  readonly from?: string
  readonly dryRun?: boolean
  readonly json?: boolean
  readonly verbose?: boolean
}

/** `restore`: an earlier state of the library takes the place of the present one, which is kept aside. */
export function restoreCommand(shell: Shell): Command {
  const command = new Command('restore').description('Put a backup of the library in its place; the server is stopped.')
  command
    .option('--home <folder>', 'The home folder (SUPER_DATA_HOME).')
    .option('--from <name>', 'A backup at hand, a key in the bucket, or a file; `latest` is the newest sound one.')
    .option('--dry-run', 'Read and check the backup, say what would be given up, and list the others.')
    .option('--json', 'Print exact JSON.')
    .option('-v, --verbose', 'Say more, and the cause of a failure.')
    .addHelpText('after', '\nExample:\n  super-data restore --dry-run\n  super-data restore --from latest')
  return command.action(async () => {
    const options = command.optsWithGlobals<RestoreOptions>()
    const done = await restore(shell, options)
    print(shell, options.json ? JSON.stringify(done) : report(done, options.dryRun === true))
  })
}

async function restore(shell: Shell, options: RestoreOptions) {
  const { settle } = await import('../settings.ts')
  const { openLibraryPlace, serverOf } = await import('../library-place.ts')
  const { listCopies, restoreLibrary } = await import('@super-data/platform')
  const { ServerRuns, UsageWrong } = await import('../errors.ts')
  if (options.from === undefined && !options.dryRun) {
    throw new UsageWrong('say which backup: --from NAME, or --from latest', { hint: '--dry-run lists them.' })
  }
  const settings = settle(shell.env, options)
  const url = options.dryRun ? undefined : await serverOf(settings.home)
  if (url !== undefined) throw new ServerRuns(url)
  const place = { signal: shell.signal, verbose: options.verbose, bucket: true }
  await using opened = await openLibraryPlace(settings, place)
  const copies = options.dryRun ? await listCopies(opened.parts) : []
  const wanted = { ...named(options.from, shell.cwd), dryRun: options.dryRun === true }
  return { ...(await restoreLibrary(opened.parts, wanted)), copies }
}

/** A file of that name comes before a backup: `backup --output` may have written it anywhere. */
function named(from: string | undefined, cwd: string): { readonly from?: string; readonly file?: string } {
  if (from === undefined || from === 'latest') return {}
  const file = resolve(cwd, from)
  return existsSync(file) ? { file } : { from }
}

type Done = Restored & { readonly copies: readonly Restored['copy'][] | readonly Omit<Restored['copy'], 'upTo'>[] }

function report({ copy, rowsGiven, setAside, copies }: Done, dryRun: boolean): string {
  const upTo = copy.upTo === null ? 'holds nothing' : `holds everything up to ${new Date(copy.upTo).toISOString()}`
  const given =
    rowsGiven === null ? 'What is newer cannot be counted.' : `Rows only the present library has: ${rowsGiven}.`
  const lines = [`${copy.name} (${copy.place}) is sound and ${upTo}.`, given]
  if (!dryRun)
    lines.push(setAside === null ? 'Restored.' : `Restored. What was there is in database/quarantine/${setAside}.`)
  if (dryRun) lines.push('', 'Nothing was changed. Backups, newest first:', ...copies.map(each => `  ${each.name}`))
  return lines.join('\n')
}
